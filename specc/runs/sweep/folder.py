"""The folder of a sweep, `runs/STEM/sweep`: what it began with, and that it is still the same search."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostic, Source, fail
from specc.ir import Spec
from specc.runs.folder import RunFolder, as_json, runs_beside
from specc.runs.resume import first_change, hold
from specc.stored import read_regular

if TYPE_CHECKING:
    from specc.runs.lock import Lock
    from specc.runs.train import Order

FORMAT = 1
NAME = "sweep.json"


def sweep_beside(spec: Path) -> Path:
    """Where the sweep of a spec lies."""
    return runs_beside(spec) / "sweep"


def is_sweep(path: Path) -> bool:
    return (path / NAME).is_file()


def begin(order: Order, source: Source, spec: Spec, storage: str | None, lock: Lock) -> tuple[RunFolder, dict[str, Any]]:
    """The sweep's folder, held and new or as it was left, and its record.

    Raises `NoFolder` or `RunExists` where it cannot be made, `SpecError` where it began with something else.
    """
    path = sweep_beside(order.path)
    seed = order.seed if order.seed is not None else spec.phases[0].settings.seed
    now = {"overrides": order.overrides, "seed": seed, "shared": storage is not None}
    if is_sweep(path):
        folder = RunFolder(path)
        hold(folder, source, lock)
        return folder, _same(folder, source, now)
    record = {
        "format": FORMAT,
        "name": spec.name,
        "study": study_name(order.path, source, now),
        "key": secrets.token_hex(8),
        **now,
    }

    def first_files(path: Path) -> dict[str, str]:
        where = {
            "spec": os.path.relpath(order.path, path),
            "objective": spec.sweep.objective.model_dump() if spec.sweep else None,
        }
        return {"spec.dn": source.text, NAME: as_json(record | where)}

    return RunFolder.create(order.path, path, first_files, lock), record


def study_name(path: Path, source: Source, now: dict[str, Any]) -> str:
    """`titanic-1f2e3d4c5b6a`: the same on every machine that searches the same spec with the same settings."""
    told = json.dumps([source.text, now["overrides"], now["seed"]])
    return f"{path.stem}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _same(folder: RunFolder, source: Source, now: dict[str, Any]) -> dict[str, Any]:
    """The record of a sweep that is the same as now: another one's trials could not be compared."""
    anew = f"to begin another sweep, give this one another name: `mv {folder.path} {folder.path}_1`"
    try:
        record, text = json.loads(read_regular(folder.path / NAME)), read_regular(folder.path / "spec.dn").decode()
        before = {name: record[name] for name in (*now, "study", "key")}
        if not isinstance(before["study"], str) or not isinstance(before["key"], str):
            raise ValueError(f"{NAME} names no study")
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{folder.path} cannot be gone on with, its files are damaged: {error}"
        raise fail(source, Diagnostic("E0508", message, help=anew)) from None
    if text != source.text:
        message = f"the spec has changed since {folder.path} began, and its trials could not be compared with new ones"
        way_out = f"its text was {folder.path / 'spec.dn'}; {anew}"
        raise fail(source, Diagnostic("E0508", message, first_change(text, source.text), "not as it was", help=way_out))
    for name, option in (("overrides", "--set"), ("seed", "--seed")):
        if before[name] != now[name]:
            told = [" ".join(value) if isinstance(value, list) else str(value) for value in (before[name], now[name])]
            began, begins = (f"with `{option} {value}`" if value else f"without `{option}`" for value in told)
            message = f"{folder.path} began {began}, and now it is {begins.replace('with `', '`')}"
            raise fail(source, Diagnostic("E0508", message, help=anew))
    if before["shared"] != now["shared"]:
        where = (
            "in a storage of yours: name it by `--storage URL`"
            if before["shared"]
            else "in a file of its own: leave `--storage` out"
        )
        message = f"{folder.path} keeps its trials {where}"
        raise fail(source, Diagnostic("E0508", message, help=anew))
    return record
