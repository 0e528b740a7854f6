"""specc compiles and runs declarative model specs: one `.dn` file, one trained network, one ONNX file that takes raw rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specc.api import Spec as Spec
    from specc.api import build as build
    from specc.api import check as check
    from specc.api import load as load
    from specc.api import train as train
    from specc.diagnostics import SpecError as SpecError
    from specc.runs.run import Run as Run
    from specc.runs.run import open_run as open_run

_PLACES = {
    "Run": "specc.runs.run",
    "Spec": "specc.api",
    "SpecError": "specc.diagnostics",
    "build": "specc.api",
    "check": "specc.api",
    "load": "specc.api",
    "open_run": "specc.runs.run",
    "train": "specc.api",
}


def __getattr__(name: str) -> Any:
    """The interface is imported when it is first used, so that the command line starts at once."""
    if name not in _PLACES:
        raise AttributeError(f"module 'specc' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(_PLACES)
