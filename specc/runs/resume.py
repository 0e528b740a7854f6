"""Which run `--resume` goes on with, and that it is still the same spec and the same data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostic, Source, Span, fail
from specc.grafting import pretrained_nodes
from specc.ir import Spec
from specc.newest import newest_run
from specc.runs.folder import RunFolder, runs_beside
from specc.runs.lock import InUse, Lock

if TYPE_CHECKING:
    from specc.runs.train import Order


def find_run_to_resume(spec: Path, wanted: Path | None) -> RunFolder | None:
    """The run to go on with: `wanted`, or the newest of the spec. None where none ever began."""
    path = wanted if wanted is not None else newest_run(runs_beside(spec), finished=False)
    if path is None or not (path / "run.json").exists():
        return None
    return RunFolder(path)


def is_finished(folder: RunFolder) -> bool:
    """Whether nothing is left to be done; False for a record that cannot be read."""
    try:
        return folder.record["status"] == "finished"
    except (OSError, ValueError, KeyError, TypeError):
        return False


def hold(folder: RunFolder, source: Source, lock: Lock) -> None:
    """Takes the run for this process. Raises `SpecError` where another one trains it."""
    try:
        lock.take(folder.path)
    except InUse as error:
        raise fail(source, Diagnostic("E0508", str(error), help=error.holder.way_out)) from None


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
        raise fail(source, spec_changed(folder, trained, source.text))
    if order.overrides and order.overrides != before["overrides"]:
        raise fail(source, differs(folder, "--set", " ".join(before["overrides"]), " ".join(order.overrides)))
    order.overrides = list(before["overrides"])
    for name, given in (("seed", order.seed), ("threads", order.threads)):
        if given is not None and given != before[name]:
            raise fail(source, differs(folder, f"--{name}", before[name], given))
    order.seed, order.threads = before["seed"], before["threads"]
    kind = before["device"].partition(":")[0]
    if order.device not in ("auto", kind):
        raise fail(source, differs(folder, "--device", kind, order.device))
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
            raise fail(source, Diagnostic("E0409", message, _named(spec, path), help="train anew, without `--resume`"))


def damaged(folder: RunFolder, why: str) -> Diagnostic:
    """A run whose own files cannot be read."""
    message = f"{folder.path} cannot be resumed, its files are damaged: {why}"
    return Diagnostic("E0508", message, help="train anew, without `--resume`")


def damaged_newest(folder: RunFolder, why: str) -> Diagnostic:
    """The newest checkpoint is of no use, and the one before it is."""
    message = f"the newest checkpoint of {folder.path} is damaged ({why}): training goes on from the one before it"
    return Diagnostic("W2001", message, help="nothing is lost but time; is the disk sound?")


def other_versions(folder: RunFolder, now: dict[str, str]) -> Diagnostic | None:
    """The run began with another torch or specc, whose numbers may differ in their last bits."""
    before = folder.record.get("versions", {})
    others = [name for name in ("specc", "torch", "numpy") if before.get(name, now[name]) != now[name]]
    if not others:
        return None
    then, here = (" and ".join(f"{name} {versions[name]}" for name in others) for versions in (before, now))
    message = f"{folder.path} began with {then} and goes on with {here}: its numbers may differ in their last bits"
    return Diagnostic("W2003", message, help="to the very same bits it goes on with what it began with")


def spec_changed(folder: RunFolder, before: str, now: str) -> Diagnostic:
    """What was begun with another text cannot go on with this one."""
    way_out = f"train anew, without `--resume`; the text that the run began with is {folder.path / 'spec.dn'}"
    message = f"the spec has changed since {folder.path} began"
    return Diagnostic("E0508", message, first_change(before, now), "not as it was", help=way_out)


def differs(folder: RunFolder, option: str, before: Any, given: Any) -> Diagnostic:
    """What was begun with an option of the command line cannot go on with another one."""
    began = f"with `{option} {before}`" if before not in ("", None) else f"without `{option}`"
    message = f"{folder.path} began {began}, and now it is `{option} {given}`"
    way_out = f"leave `{option}` out to go on as it began, or train anew, without `--resume`"
    return Diagnostic("E0508", message, help=way_out)


def first_change(before: str, now: str) -> Span:
    """The first line that is another one."""
    offset = 0
    for old, new in zip(before.splitlines(keepends=True), now.splitlines(keepends=True)):
        if old != new:
            break
        offset += len(new)
    end = now.find("\n", offset)
    return Span(offset, end if end >= 0 else len(now))


def _named(spec: Spec, path: str) -> Span | None:
    """Where the spec names a file that was read: its source, or the run that a part was taken from."""
    parts = (node.span for _, node, layer in pretrained_nodes(spec.graphs) if path.startswith(f"{layer.opened}/"))
    return next(parts, spec.spans.get("data.source"))
