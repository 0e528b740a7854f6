"""Which specc this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def specc_version() -> str:
    """The installed version; `unknown` where specc runs from a checkout that nobody installed."""
    try:
        return version("specc")
    except PackageNotFoundError:
        return "unknown"
