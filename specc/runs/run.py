"""One run, opened from its folder: its record, metrics, module and answers."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.ir import Spec
from specc.runs.folder import RunFolder, newest_run, runs_beside

if TYPE_CHECKING:
    from torch import nn


class NotARun(Exception):
    """The folder holds no run, or one that is not finished."""


class Run:
    """A trained spec. `path` is its folder."""

    def __init__(self, path: Path | str) -> None:
        self.folder = RunFolder(Path(path))
        self.path = self.folder.path

    @cached_property
    def record(self) -> dict[str, Any]:
        """`run.json`."""
        return self.folder.record

    @cached_property
    def spec(self) -> Spec:
        """The bound spec that was trained."""
        return Spec.model_validate(self.record["ir"])

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """What was measured at the end: `metrics["test"]["accuracy"]`."""
        return self.record.get("metrics", {})

    @property
    def history(self) -> list[dict[str, Any]]:
        """What was measured each epoch: the lines of `metrics.jsonl`."""
        return self.folder.events()

    @cached_property
    def module(self) -> nn.Module:
        """The trained module, on the CPU, in use (no dropout). It takes the tensors of the door and gives logits."""
        from safetensors.torch import load

        from specc.pytorch.source import build_module

        module = build_module(self.spec)
        module.load_state_dict(load((self.path / "weights.safetensors").read_bytes()))
        return module.eval()

    def predict(self, rows: Any) -> Any:
        """Answers for new rows: a path, a polars or pandas frame, or a dict of columns. Gives a polars frame, a row each."""
        from specc.runs.predict import predict_rows

        return predict_rows(self, rows).frame

    def export(self, path: Path | str, part: str | None = None) -> Path:
        """Writes the ONNX file of the run, or of a part of it, proven equal to its module on rows of its data."""
        from specc.runs.export import export_again

        return export_again(self, Path(path), part)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.record['status']})"

    def _repr_svg_(self) -> str | None:
        """The curves, for a notebook."""
        from specc.runs.pictures import curves_svg

        return curves_svg(self)


def open_run(path: Path | str) -> Run:
    """The run in a folder, or the newest finished run where the folder holds runs. Raises `NotARun`."""
    path = Path(path)
    if not (path / "run.json").exists():
        newest = newest_run(path)
        if newest is None:
            raise NotARun(_not_a_run(path))
        path = newest
    run = Run(path)
    try:
        status = run.record["status"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotARun(f"{path / 'run.json'} cannot be read: {error}") from None
    if status != "finished":
        way_out = "resume it with `specc train … --resume`" if status in ("running", "interrupted") else "train it anew"
        raise NotARun(f"the run {path} is not finished ({status}): {way_out}")
    return run


def _not_a_run(path: Path) -> str:
    """Why nothing can be opened there, with the way to what may be meant."""
    if path.is_dir():
        unfinished = newest_run(path, finished=False)
        way_out = f": {unfinished} can be resumed with `specc train … --resume`" if unfinished is not None else ""
        return f"{path} holds no finished run{way_out}"
    if path.is_file() and path.suffix == ".dn":
        runs = runs_beside(path)
        return f"{path} is a spec: " + (
            f"its runs are in {runs}" if runs.is_dir() else f"train it first, with `specc train {path}`"
        )
    return f"{path} is a file; a run is a folder" if path.exists() else f"there is no folder {path}"
