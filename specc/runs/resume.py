"""Which run `--resume` goes on with, and that it is still the same spec and the same data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostic, Source, fail
from specc.ir import Spec
from specc.runs.folder import RunFolder, newest_run, runs_beside

if TYPE_CHECKING:
    from specc.runs.train import Order


def find_run_to_resume(spec: Path, wanted: Path | None) -> RunFolder | None:
    """The run to go on with: `wanted`, or the newest of the spec. None where none ever began."""
    path = wanted if wanted is not None else newest_run(runs_beside(spec), finished=False)
    if path is None or not (path / "run.json").exists():
        return None
    return RunFolder(path)


def same_spec(folder: RunFolder, source: Source, order: Order) -> None:
    """Raises `SpecError` unless the run was of this very spec, with the same settings from the command line."""
    trained = (folder.path / "spec.dn").read_text("utf-8")
    if trained != source.text:
        way_out = f"train it anew without `--resume`, or resume the old one: `specc train {folder.path / 'spec.dn'}`"
        raise fail(source, Diagnostic("E0508", f"the spec has changed since {folder.path} began", None, help=way_out))
    record = folder.record
    if order.overrides and order.overrides != record["overrides"]:
        raise fail(source, Diagnostic("E0508", _differs(folder, "--set", record["overrides"], order.overrides)))
    order.overrides = list(record["overrides"])
    for name, given in (("seed", order.seed), ("threads", order.threads)):
        if given is not None and given != record[name]:
            raise fail(source, Diagnostic("E0508", _differs(folder, f"--{name}", record[name], given)))
    order.seed, order.threads = record["seed"], record["threads"]
    if order.device == "auto":
        order.device = record["device"].partition(":")[0]


def same_data(folder: RunFolder, spec: Spec, source: Source) -> None:
    """Raises `SpecError` where a data file is not the one that the run began with."""
    assert spec.bound is not None
    before: dict[str, str] = folder.record["data"]["files"]
    for path, fingerprint in spec.bound.files.items():
        if before.get(path) != fingerprint:
            message = f"{path} has changed since {folder.path} began"
            raise fail(source, Diagnostic("E0409", message, spec.spans.get("data.source"), help="train anew, without `--resume`"))


def _differs(folder: RunFolder, option: str, before: Any, given: Any) -> str:
    return f"{folder.path} began with {option} {before or 'not given'}, now it is {given}"
