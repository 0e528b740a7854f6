"""`specc runs`: the runs of a folder, side by side."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from specc.cli import options
from specc.cli.exits import WRONG_SPEC, refuse
from specc.cli.numbers import number, spoken
from specc.cli.tables import aligned
from specc.runs.folder import RunFolder


@click.command("runs")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("."))
@options.as_json
def command(folder: Path, as_json: bool) -> None:
    """List the runs below a folder: what they were, how they ended, what they reached."""
    if not folder.is_dir():
        refuse(f"there is no folder {folder}", WRONG_SPEC)
    rows = [row for path in _folders_of_runs(folder) if (row := _row(path, folder)) is not None]
    if as_json:
        click.echo(json.dumps({"format_version": 1, "runs": rows}, indent=1))
    elif rows:
        click.echo(_table(rows))
    else:
        click.echo(f"no runs below {folder}: make one with `specc train SPEC`", err=True)


def _folders_of_runs(folder: Path) -> Iterator[Path]:
    """The folders that hold a `run.json`, in the order of their names; hidden ones, and what lies in a run, are passed by."""
    for path, folders, files in os.walk(folder):
        if "run.json" in files:
            folders.clear()
            yield Path(path)
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def _table(rows: list[dict[str, Any]]) -> str:
    """A line a run, with what it measured on the test rows, or where it has none on those of validation, of training."""
    names = list(dict.fromkeys(name for row in rows for name in _measured(row)))
    lines = [["run", "status", "seed", "set", *map(spoken, names)]]
    for row in rows:
        measured = _measured(row)
        settings = " ".join(row["overrides"]) or "-"
        lines.append([row["run"], row["status"], str(row["seed"]), settings, *(number(measured.get(name)) for name in names)])
    return aligned(lines)


def _measured(row: dict[str, Any]) -> dict[str, float]:
    metrics = row["metrics"]
    chosen = next((metrics[name] for name in ("test", "validation", "train") if name in metrics), {})
    return {name: value for name, value in chosen.items() if isinstance(value, float)}


def _row(path: Path, folder: Path) -> dict[str, Any] | None:
    try:
        record = RunFolder(path).record
        return {
            "run": str(path.relative_to(folder)),
            "name": record["name"],
            "status": record["status"],
            "started": record["started"],
            "seed": record["seed"],
            "overrides": record["overrides"],
            "metrics": record.get("metrics", {}),
            "seconds": record.get("seconds", {}),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no run of ours, or one that is being written
