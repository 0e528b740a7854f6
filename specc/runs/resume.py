"""Which run `--resume` goes on with, and that it is still the same spec and the same data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostic, Source, Span, fail
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
    """Takes the run's own settings for those that the command line leaves out.

    Raises `SpecError` unless the run was of this very spec, with the same settings from the command line.
    """
    try:
        record, trained = folder.record, (folder.path / "spec.dn").read_text("utf-8")
        before = {name: record[name] for name in ("overrides", "seed", "threads", "device", "status", "data")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise fail(source, damaged(folder, str(error))) from None
    if trained != source.text:
        way_out = f"train anew, without `--resume`; the text that the run began with is {folder.path / 'spec.dn'}"
        message = f"the spec has changed since {folder.path} began"
        raise fail(source, Diagnostic("E0508", message, _first_change(trained, source.text), "not as it was", help=way_out))
    if order.overrides and order.overrides != before["overrides"]:
        raise fail(source, _differs(folder, "--set", " ".join(before["overrides"]), " ".join(order.overrides)))
    order.overrides = list(before["overrides"])
    for name, given in (("seed", order.seed), ("threads", order.threads)):
        if given is not None and given != before[name]:
            raise fail(source, _differs(folder, f"--{name}", before[name], given))
    order.seed, order.threads = before["seed"], before["threads"]
    kind = before["device"].partition(":")[0]
    if order.device not in ("auto", kind):
        raise fail(source, _differs(folder, "--device", kind, order.device))
    order.device = kind
    if order.root is None and record.get("root"):
        order.root = folder.path / record["root"]


def same_data(folder: RunFolder, spec: Spec, source: Source) -> None:
    """Raises `SpecError` where a data file is not the one that the run began with."""
    assert spec.bound is not None
    before: dict[str, str] = folder.record["data"]["files"]
    for path, fingerprint in spec.bound.files.items():
        if before.get(path) != fingerprint:
            message = f"`{path}` has changed since {folder.path} began"
            raise fail(source, Diagnostic("E0409", message, spec.spans.get("data.source"), help="train anew, without `--resume`"))


def damaged(folder: RunFolder, why: str) -> Diagnostic:
    """A run whose own files cannot be read."""
    message = f"{folder.path} cannot be resumed, its files are damaged: {why}"
    return Diagnostic("E0508", message, help="train anew, without `--resume`")


def _differs(folder: RunFolder, option: str, before: Any, given: Any) -> Diagnostic:
    began = f"with `{option} {before}`" if before != "" else f"without `{option}`"
    message = f"{folder.path} began {began}, and now it is `{option} {given}`"
    way_out = f"leave `{option}` out to go on as it began, or train anew, without `--resume`"
    return Diagnostic("E0508", message, help=way_out)


def _first_change(before: str, now: str) -> Span:
    """The first line that is another one."""
    offset = 0
    for old, new in zip(before.splitlines(keepends=True), now.splitlines(keepends=True)):
        if old != new:
            break
        offset += len(new)
    end = now.find("\n", offset)
    return Span(offset, end if end >= 0 else len(now))
