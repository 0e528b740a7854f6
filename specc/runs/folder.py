"""The run folder: one folder a run, written so that a kill at any instant leaves it readable."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import secrets
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from specc.newest import record_of
from specc.runs.lock import Lock, holder_of, is_held
from specc.stored import read_regular
from specc.writing import make_folder, write_atomically


class NoFolder(Exception):
    """The run's folder cannot be made; the message says why."""


class RunExists(NoFolder):
    """The folder already holds something."""


class RunFolder:
    """`runs/STEM/0001`: the files of one run by name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, spec: Path, wanted: Path | None, files: Callable[[Path], dict[str, str]], lock: Lock) -> RunFolder:
        """A new folder with its first files, there all at once: `wanted`, or the next number beside the spec.

        `files` gives their texts by name, told the folder; `lock` holds it from its first instant. Raises `RunExists` where
        `wanted` holds anything, or `NoFolder`.
        """
        try:
            return cls._create(spec, wanted, files, lock)
        except OSError as error:
            where = wanted or runs_beside(spec)
            raise NoFolder(f"{where} cannot be made: {(error.strerror or str(error)).lower()}") from error

    @classmethod
    def _create(cls, spec: Path, wanted: Path | None, files: Callable[[Path], dict[str, str]], lock: Lock) -> RunFolder:
        if wanted is not None:
            if wanted.exists() and any(wanted.iterdir()):
                holder = holder_of(wanted)
                raise RunExists(f"{wanted} is being trained by {holder}" if holder else f"{wanted} is not empty")
            make_folder(wanted.parent)
            return _placed(wanted, files, lock)
        parent = runs_beside(spec)
        make_folder(parent)
        number = max((int(p.name) for p in parent.iterdir() if p.name.isdecimal()), default=0)
        while True:
            number += 1
            with contextlib.suppress(RunExists):  # another run took this number in the meantime
                return _placed(parent / f"{number:04d}", files, lock)

    @property
    def record(self) -> dict[str, Any]:
        """`run.json`."""
        return record_of(self.path)

    @property
    def status(self) -> str:
        """How the run stands: one that says it is running, and that nobody trains, has `stopped`."""
        status = str(self.record["status"])
        return "stopped" if status == "running" and not is_held(self.path) else status

    @property
    def way_on(self) -> str:
        """What becomes of a run that is not finished."""
        record, status = self.record, self.status
        if status == "running":
            holder = holder_of(self.path)
            return f"{holder} trains it: {holder.way_out}" if holder is not None else "it has just ended"
        if status == "failed":
            return "train it anew"
        spec = os.path.normpath(self.path / record["spec"]) if "spec" in record else "SPEC"
        return f"go on with `{shlex.join(['specc', 'train', spec, '--run', str(self.path), '--resume'])}`"

    def write_text(self, name: str, text: str) -> None:
        self.write_bytes(name, text.encode())

    def write_json(self, name: str, value: Any) -> None:
        self.write_text(name, as_json(value))

    def write_bytes(self, name: str, content: bytes) -> None:
        if not self.path.is_dir():  # it is not made anew: half a run would look like one
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.path))
        write_atomically(self.path / name, content)

    def append_event(self, event: dict[str, Any]) -> None:
        """One line of `metrics.jsonl`."""
        path = self.path / "metrics.jsonl"
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(finite(event), allow_nan=False) + "\n")
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), str(path)) from error  # a failed write does not say where

    def events(self) -> list[dict[str, Any]]:
        """The lines of `metrics.jsonl`, up to the first that is none; a last one cut off by a kill is left out."""
        path = self.path / "metrics.jsonl"
        events = []
        for line in read_regular(path).splitlines() if path.exists() else []:
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                break
            if not isinstance(event, dict):
                break
            events.append(event)
        return events

    def keep_events(self, count: int) -> None:
        """Drops what was logged behind the checkpoint that a run continues from, which is of so many epochs."""
        events = self.events()
        epochs = [index for index, event in enumerate(events) if "train" in event][:count]
        end = epochs[-1] + 1 if epochs else 0
        while epochs and end < len(events) and _warns_of(events[end], events[epochs[-1]]):
            end += 1
        kept = [json.dumps(event) + "\n" for event in events[:end]]
        self.write_text("metrics.jsonl", "".join(kept))


def _warns_of(event: dict[str, Any], epoch: dict[str, Any]) -> bool:
    """Whether a line of the log is what the measures of an epoch warn of; it was written before that epoch could be kept."""
    return "train" not in event and all(event.get(name) == epoch[name] for name in ("phase", "epoch"))


def _placed(path: Path, files: Callable[[Path], dict[str, str]], lock: Lock) -> RunFolder:
    """A folder made beside its place and renamed, so that a kill leaves the whole of it or nothing."""
    if path.is_mount():  # it cannot be replaced
        return _filled(path, files, lock)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.writing")
    beside.mkdir()
    try:
        _filled(beside, lambda _: files(path), lock)
        with contextlib.suppress(FileNotFoundError):
            path.rmdir()
        os.rename(beside, path)
        lock.moved(path)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise RunExists(f"{path} is not empty") from None
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return RunFolder(path)


def _filled(path: Path, files: Callable[[Path], dict[str, str]], lock: Lock) -> RunFolder:
    """An empty folder, held and with its first files."""
    lock.take(path)
    try:
        for name, text in files(path).items():
            write_atomically(path / name, text.encode())
    except OSError:
        lock.release()
        for file in path.iterdir():
            file.unlink()
        raise
    return RunFolder(path)


def as_json(value: Any) -> str:
    """A value as a JSON file."""
    return json.dumps(finite(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """The value with `null` for numbers that JSON does not have: NaN and the infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value


def runs_beside(spec: Path) -> Path:
    """Where the runs of a spec lie."""
    return spec.parent / "runs" / spec.stem
