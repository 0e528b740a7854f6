"""One run, opened from its folder: its record, metrics, module and answers."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostic, Source, SpecError, fail
from specc.ir import Spec
from specc.newest import newest_run
from specc.runs.folder import RunFolder, runs_beside
from specc.runs.several import find_several
from specc.stored import Broken, bound_spec, read_regular

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from specc.runs.sample import Samples

WEIGHTS = "weights.safetensors"


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
        """The bound spec that was trained. Raises `SpecError` where the record is damaged."""
        try:
            return bound_spec(self.record["ir"])
        except (Broken, KeyError) as error:
            raise self.damaged("run.json", error) from None

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """What was measured at the end: `metrics["test"]["accuracy"]`."""
        metrics = self.record.get("metrics", {})
        if not isinstance(metrics, dict) or not all(isinstance(measures, dict) for measures in metrics.values()):
            raise self.damaged("run.json", "its `metrics` are no measures by split")
        return metrics

    @property
    def history(self) -> list[dict[str, Any]]:
        """What was measured each epoch: the lines of `metrics.jsonl`."""
        return self.folder.events()

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """The trained weights by name. Raises `SpecError` where they are damaged, `OSError` where there are none."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        content = read_regular(self.path / WEIGHTS)
        try:
            return load(content)
        except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self.damaged(WEIGHTS, error) from error

    @cached_property
    def module(self) -> nn.Module:
        """The trained module, on the CPU, in use (no dropout). It takes the tensors of the door and gives logits.

        Raises `SpecError` where the weights are damaged, `OSError` where there are none.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        from specc.pytorch.source import build_module

        content = read_regular(self.path / WEIGHTS)
        try:
            module = build_module(self.spec)
        except (SyntaxError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, NameError) as error:
            raise self.damaged("run.json", f"its layers make no module: {error}") from error
        try:
            module.load_state_dict(load(content))
        except (SafetensorError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self.damaged(WEIGHTS, error) from error
        return module.eval()

    def module_of(self, part: Spec) -> nn.Module:
        """The trained module of a part of the spec, on the CPU, in use. Raises as `module` does."""
        from specc.pytorch.source import build_module

        module = build_module(part)
        trained = self.module.state_dict()
        module.load_state_dict({name: trained[name] for name in module.state_dict()})
        return module.eval()

    def damaged(self, name: str, why: object) -> SpecError:
        """One of the run's own files cannot be what it wrote."""
        reason = " ".join(str(why).split())
        reason = reason if len(reason) <= 200 else reason[:199] + "…"
        message = f"{self.path / name} is damaged: {reason}"
        way_out = "take the run from a backup, or train again: its spec lies beside it as `spec.dn`"
        return fail(Source(str(self.path), ""), Diagnostic("E0510", message, help=way_out))

    def predict(self, rows: Any, part: str | None = None) -> Any:
        """Answers for new rows: a path, a polars or pandas frame, or a dict of columns. Gives a polars frame, a row each.

        With `part`, what that layer gives; of an rbm or dbn also `reconstruction`. Raises `NoSuchPart`.
        """
        from specc.runs.predict import predict_rows

        return predict_rows(self, rows, part).frame

    def nearest(self, rows: Any, count: int = 5, part: str | None = None) -> Any:
        """The training rows whose features are nearest to those of new rows: `nearest_1`, `distance_1`, …, a polars frame.

        Features are those of `part`, of an autoencoder else its codes; `specc.runs.nearest` says how far apart they are.
        """
        from specc.runs.nearest import nearest_rows

        return nearest_rows(self, rows, count, part).predicted.frame

    def sample(
        self,
        n: int | None = None,
        given: dict[str, Any] | None = None,
        *,
        steps: int | None = None,
        total: int | None = None,
        interpolate: int | None = None,
        seed: int = 0,
    ) -> Samples:
        """Draws `n` rows (64) from a gan or vae, of noise, or from an rbm or dbn by Gibbs sampling, for the values of `given`.

        `sample(500, {"fraud": "yes"}).frame` is a polars frame; `specc.runs.sample.Samples` says what there is. A gan or vae
        takes also one value a row, as in `{"digit": [0, 1, 2]}`. Raises `CannotSample`.
        """
        from specc.runs.sample import sample_run

        return sample_run(self, n, given or {}, steps=steps, total=total, interpolate=interpolate, seed=seed)

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
        if (several := find_several(path, newest)) is not None:
            raise NotARun(several)
        if newest is None:
            raise NotARun(_not_a_run(path))
        path = newest
    run = Run(path)
    try:
        status = run.folder.status
        way_out = "" if status == "finished" else run.folder.way_on
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotARun(f"{path / 'run.json'} cannot be read: {error}") from None
    if status != "finished":
        raise NotARun(f"the run {path} is not finished ({status}): {way_out}")
    _record_is_whole(run)
    return run


def _record_is_whole(run: Run) -> None:
    """Raises `NotARun` for a record that was edited so that nothing can be made of it."""
    lacking = [name for name in ("spec", "overrides", "data", "metrics", "ir") if name not in run.record]
    if lacking:
        raise NotARun(f"{run.path / 'run.json'} is damaged: it has no `{lacking[0]}`")


def _not_a_run(path: Path) -> str:
    """Why nothing can be opened there, with the way to what may be meant."""
    if path.is_dir():
        unfinished = newest_run(path, finished=False)
        if unfinished is None:
            return f"{path} holds no finished run"
        newest = RunFolder(unfinished)
        return f"{path} holds no finished run; its newest, {unfinished.name}, is not finished ({newest.status}): {newest.way_on}"
    if path.is_file() and path.suffix == ".dn":
        runs = runs_beside(path)
        return f"{path} is a spec: " + (
            f"its runs are in {runs}" if runs.is_dir() else f"train it first, with `specc train {path}`"
        )
    return f"{path} is a file; a run is a folder" if path.exists() else f"there is no folder {path}"
