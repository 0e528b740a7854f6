"""The Python interface: `specc.check`, `load`, `build`, `train`, `open_run`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc import ir
from specc.diagnostics import Diagnostic, Report, SpecError, fail
from specc.loading import bind_spec, load_spec

if TYPE_CHECKING:
    from torch import nn

    from specc.data.bind import Dataset
    from specc.runs.run import Run


class Spec:
    """A checked spec and where it lies. `ir` holds it as data; `bound` the same with the sizes that its data has."""

    def __init__(self, path: Path | str, overrides: list[str] | None = None, root: Path | str | None = None) -> None:
        self.path, self.overrides = Path(path), list(overrides or [])
        self.root = Path(root) if root is not None else None
        self.ir, self._report = load_spec(self.path, self.overrides, self.root)

    @cached_property
    def bound(self) -> ir.Spec:
        """The spec bound to its data. Raises `SpecError` where the data does not fit."""
        return self._bound[0]

    @cached_property
    def _bound(self) -> tuple[ir.Spec, Dataset]:
        return bind_spec(self.ir, self._report, self.path.parent, self.root)

    def __repr__(self) -> str:
        return f"Spec({str(self.path)!r})"

    def _repr_html_(self) -> str:
        """The layer table, for a notebook."""
        from specc.showing import as_html

        try:
            return as_html(self.bound)
        except SpecError:  # without its data the sizes stay symbols
            return as_html(self.ir)


def check(path: Path | str) -> Report:
    """Everything that is wrong with a spec, and advice. Raises `OSError` where it cannot be opened."""
    try:
        return load_spec(Path(path))[1]
    except SpecError as error:
        return error.report


def load(path: Path | str, **overrides: Any) -> Spec:
    """The checked spec of a file, with other values of hyperparameters or settings: `load("iris.dn", rate=3e-4)`.

    A setting's path goes in by `**{"train.epochs": 5}`. Raises `SpecError`, which carries the report.
    """
    return Spec(path, [f"{name}={value_text(value)}" for name, value in overrides.items()])


def build(spec: Spec | Path | str) -> nn.Module:
    """The PyTorch module of a spec, with starting weights drawn by its seed, those of other runs' parts in their place."""
    from specc.pytorch.source import build_module
    from specc.training.pretrained import start
    from specc.training.streams import new_generator

    spec = spec if isinstance(spec, Spec) else load(spec)
    module = build_module(spec.bound)
    seed = spec.bound.phases[0].settings.seed if spec.bound.phases else 0
    start(module, new_generator(seed, "weights"), spec._bound[1].pretrained)
    return module


def train(
    spec: Spec | Path | str,
    run: Path | str | None = None,
    *,
    device: str = "auto",
    threads: int | None = None,
    seed: int | None = None,
    resume: bool = False,
) -> Run:
    """Trains a spec into a run folder (`run`, else the next one beside it).

    Other values of settings go into `load`: `train(load("iris.dn", **{"train.epochs": 5}))`. Raises `SpecError`, and what
    `specc.runs.train` says of runs that end early.
    """
    from specc.runs.train import Order, train_spec

    spec = spec if isinstance(spec, Spec) else load(spec)
    if folds := spec.ir.rounds:
        message = f"the split asks for a run on each of {folds} folds, and this trains one"
        way_out = 'name it, as in `load(path, **{"data.split.fold": 1})`; `specc train` takes each in turn'
        raise fail(spec._report.source, Diagnostic("E0505", message, spec.ir.spans.get("data.split"), help=way_out))
    folder = Path(run) if run is not None else None
    return train_spec(Order(spec.path, spec.overrides, folder, spec.root, device, threads, seed, resume))


def value_text(value: Any) -> str:
    """A Python value as a spec writes it; a text stands as it is (`"relu"` is the word `relu`)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    return str(value)
