"""Finds the runs that a spec names: one run's folder, or the newest finished one among a spec's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from specc.data.files import Files
from specc.newest import newest_run


def find_run(path: str, files: Files) -> str:
    """The path of the run that is meant. Reports, and ends with, what is none."""
    _is_trained(path, files)
    found = files.find(path)
    if (found / "run.json").exists():
        return path
    newest = newest_run(found)
    if newest is None:
        _refuse_what_is_no_run(path, found, files)
    return f"{path.rstrip('/')}/{newest.name}"


def read_record(path: str, files: Files) -> dict[str, Any]:
    """The record of a finished run, with the JSON of its bound spec under `ir`."""
    try:
        record = json.loads(files.read(f"{path}/run.json"))
        status, ir = record["status"], record["ir"]
    except (ValueError, KeyError, TypeError, RecursionError):
        refuse_damaged(path, "its `run.json` does not hold a bound spec", files)
    if status != "finished":
        way_out = "go on with it by `specc train … --resume`" if status != "failed" else "train it anew"
        files.refuse("E0411", f"the run {path} is not finished ({status})", help=way_out)
    if not isinstance(ir, dict):
        refuse_damaged(path, "its `run.json` does not hold a bound spec", files)
    return record


def refuse_damaged(path: str, why: str, files: Files) -> NoReturn:
    files.refuse("E0411", f"the run {path} is damaged: {why}", help="take another one, or train it anew")


def _is_trained(path: str, files: Files) -> None:
    """A spec whose runs are meant and that has none yet is to be trained first."""
    missing = files.folder / path
    spec = missing.parent.parent / f"{missing.name}.dn"
    if not missing.exists() and missing.parent.name == "runs" and spec.is_file():
        files.refuse("E0401", f"there is no `{path}`", help=f"train `{spec.name}` first: `specc train {spec.name}`")


def _refuse_what_is_no_run(path: str, found: Path, files: Files) -> NoReturn:
    unfinished = newest_run(found, finished=False)
    inner = next(iter(sorted([*found.glob("*/run.json"), *found.glob("*/*/run.json")])), None)
    if unfinished is None and inner is not None:
        example = f"{path.rstrip('/')}/{inner.parent.relative_to(found).as_posix()}"
        message, way_out = f"`{path}` holds runs that belong together, and none is the newest", f'name one: `"{example}"`'
    elif unfinished is not None:
        message, way_out = f"`{path}` has no finished run", f"`specc train … --resume` finishes {unfinished.name}"
    elif found.suffix == ".dn":
        message, way_out = f"`{path}` is a spec, not a run", f'its runs lie beside it: `"runs/{found.stem}"`'
    elif found.is_file():
        message, way_out = f"`{path}` is a file; a run is a folder", 'as in `"runs/houses"`'
    else:
        message, way_out = f"`{path}` holds no run", 'name a folder of runs, as in `"runs/houses"`'
    files.refuse("E0411", message, help=way_out)
