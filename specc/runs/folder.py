"""The run folder: one folder a run, written so that a kill at any instant leaves it readable."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    def create(cls, spec: Path, wanted: Path | None, files: Callable[[Path], dict[str, str]]) -> RunFolder:
        """A new folder with its first files, there all at once: `wanted`, or the next number beside the spec.

        `files` gives their texts by name, told the folder. Raises `RunExists` where `wanted` holds anything, or `NoFolder`.
        """
        try:
            return cls._create(spec, wanted, files)
        except OSError as error:
            where = wanted or runs_beside(spec)
            raise NoFolder(f"{where} cannot be made: {(error.strerror or str(error)).lower()}") from error

    @classmethod
    def _create(cls, spec: Path, wanted: Path | None, files: Callable[[Path], dict[str, str]]) -> RunFolder:
        if wanted is not None:
            if wanted.exists() and any(wanted.iterdir()):
                raise RunExists(f"{wanted} is not empty")
            make_folder(wanted.parent)
            return _placed(wanted, files)
        parent = runs_beside(spec)
        make_folder(parent)
        number = max((int(p.name) for p in parent.iterdir() if p.name.isdigit()), default=0)
        while True:
            number += 1
            with contextlib.suppress(RunExists):  # another run took this number in the meantime
                return _placed(parent / f"{number:04d}", files)

    @property
    def record(self) -> dict[str, Any]:
        """`run.json`."""
        return json.loads((self.path / "run.json").read_text("utf-8"))

    def write_text(self, name: str, text: str) -> None:
        self.write_bytes(name, text.encode())

    def write_json(self, name: str, value: Any) -> None:
        self.write_text(name, as_json(value))

    def write_bytes(self, name: str, content: bytes) -> None:
        write_atomically(self.path / name, content)

    def append_event(self, event: dict[str, Any]) -> None:
        """One line of `metrics.jsonl`."""
        with open(self.path / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(finite(event), allow_nan=False) + "\n")

    def events(self) -> list[dict[str, Any]]:
        """The lines of `metrics.jsonl`; a last one cut off by a kill is left out."""
        path = self.path / "metrics.jsonl"
        events = []
        for line in path.read_text("utf-8").splitlines() if path.exists() else []:
            try:
                events.append(json.loads(line))
            except json.JSONDecodeError:
                break
        return events

    def keep_events(self, count: int) -> None:
        """Drops what was logged behind the checkpoint that a run continues from."""
        lines = [json.dumps(event) + "\n" for event in self.events()[:count]]
        self.write_text("metrics.jsonl", "".join(lines))


def _placed(path: Path, files: Callable[[Path], dict[str, str]]) -> RunFolder:
    """A folder made beside its place and renamed, so that a kill leaves the whole of it or nothing."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.writing")
    beside.mkdir()
    try:
        for name, text in files(path).items():
            write_atomically(beside / name, text.encode())
        if path.is_mount():
            for file in beside.iterdir():
                shutil.copyfile(file, path / file.name)  # a mounted folder cannot be replaced
        else:
            with contextlib.suppress(FileNotFoundError):
                path.rmdir()
            os.rename(beside, path)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise RunExists(f"{path} is not empty") from None
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
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


def newest_run(parent: Path, finished: bool = True) -> Path | None:
    """The newest run below `runs/STEM`, or None."""
    runs = [path for path in parent.iterdir() if path.name.isdigit()] if parent.is_dir() else []
    for path in sorted(runs, key=lambda path: int(path.name), reverse=True):
        try:
            status = RunFolder(path).record["status"]
        except (OSError, ValueError, KeyError):
            continue
        if not finished or status == "finished":
            return path
    return None
