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
from specc.cli.numbers import is_error, readable, spoken
from specc.cli.tables import aligned, with_error
from specc.diagnostics.render import visible
from specc.runs.folder import RunFolder
from specc.runs.several import Group, is_group

SHOWN = 3


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
        _say_how_to_go_on(rows)
    else:
        click.echo(f"no runs below {folder}: make one with `specc train SPEC`", err=True)


def _folders_of_runs(folder: Path) -> Iterator[Path]:
    """The folders of runs and of groups of them, in the order of their names; not hidden ones, nor what lies in a run."""
    for path, folders, files in os.walk(folder):
        if "runs.json" in files:
            yield Path(path)
        if "run.json" in files:
            folders.clear()
            yield Path(path)
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def _table(rows: list[dict[str, Any]]) -> str:
    """A line a run, with what it measured on the test rows, or where it has none on those of validation, of training."""
    names = list(dict.fromkeys(name for row in map(_measured, rows) for name in row if not is_error(name, row)))
    lines = [["run", "status", "seed", "set", *map(spoken, names)]]
    for row in rows:
        measured = _measured(row) if "runs" in row else readable(_measured(row))
        settings = " ".join(row["overrides"]) or "-"
        seed = str(row["seed"]) if row["seed"] is not None else "-"
        lines.append(
            [
                visible(row["run"]),
                visible(row["status"]),
                visible(seed),
                visible(settings),
                *(_cell(measured.get(name)) for name in names),
            ]
        )
    return aligned(lines)


def _cell(value: str | dict[str, Any] | None) -> str:
    """A run's number, or a group's mean ± standard error."""
    return with_error(value) if isinstance(value, dict) else value or "-"


def _say_how_to_go_on(rows: list[dict[str, Any]]) -> None:
    """For those that ended before they were finished, and that nobody trains; a group goes on as a whole."""
    groups = tuple(row["run"] + os.sep for row in rows if "runs" in row)
    stopped = [r for r in rows if r["status"] in ("stopped", "interrupted") and not r["run"].startswith(groups)]
    for row in stopped[:SHOWN]:
        click.echo(f"{row['run']} was {row['status']}: {row['way_on']}", err=True)
    if len(stopped) > SHOWN:
        click.echo(f"and so on for {len(stopped) - SHOWN} more", err=True)


def _measured(row: dict[str, Any]) -> dict[str, Any]:
    metrics = row["metrics"]
    chosen = next((metrics[name] for name in ("test", "validation", "train") if name in metrics), {})
    return {name: value for name, value in chosen.items() if isinstance(value, dict if "runs" in row else float)}


def _row(path: Path, folder: Path) -> dict[str, Any] | None:
    try:
        if is_group(path):
            return _row_of_group(Group(path), folder)
        run = RunFolder(path)
        record = run.record
        return {
            "run": str(path.relative_to(folder)),
            "name": record["name"],
            "status": run.status,
            "way_on": run.way_on if record["status"] != "finished" else None,
            "started": record["started"],
            "seed": record["seed"],
            "overrides": [str(text) for text in record["overrides"]],
            "metrics": {split: dict(measures) for split, measures in dict(record.get("metrics", {})).items()},
            "seconds": record.get("seconds", {}),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no run of ours, or one that is being written


def _row_of_group(group: Group, folder: Path) -> dict[str, Any]:
    """A row for all runs of a group: how many there are, and what they reach on average."""
    record = group.summary()
    return {
        "run": str(group.path.relative_to(folder)),
        "name": record["name"],
        "status": record["status"],
        "way_on": group.way_on if record["status"] != "finished" else None,
        "started": record["started"],
        "seed": record["seed"],
        "overrides": record["overrides"],
        "runs": len(record["runs"]),
        "metrics": record["metrics"],
    }
