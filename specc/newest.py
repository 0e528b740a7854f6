"""Which run a folder means: itself, or the newest of those in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from specc.stored import read_regular


def record_of(run: Path) -> dict[str, Any]:
    """`run.json` of a run's folder. Raises `OSError`, or `ValueError` where it is no JSON."""
    content = read_regular(run / "run.json")
    if b"\\u0000" in content or b"\0" in content:
        raise ValueError("it holds a null character, which no spec can")
    try:
        record = json.loads(content)
    except RecursionError:
        raise ValueError("it nests too deep") from None
    if not isinstance(record, dict):
        raise ValueError("it is no record of a run")
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half a character, which no text can") from None
    return record


def newest_run(parent: Path, finished: bool = True) -> Path | None:
    """The newest run below `runs/STEM`, or None; among the trials of a sweep the newest means nothing."""
    if (parent / "sweep.json").exists():
        return None
    runs = [path for path in parent.iterdir() if path.name.isdecimal()] if parent.is_dir() else []
    for path in sorted(runs, key=lambda path: int(path.name), reverse=True):
        try:
            status = record_of(path)["status"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not finished or status == "finished":
            return path
    return None
