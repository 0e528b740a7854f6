"""`specc runs`: the runs of a folder, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from specc.cli import options
from specc.cli.exits import refuse
from specc.cli.progress import number
from specc.cli.tables import aligned
from specc.runs.folder import RunFolder


@click.command("runs")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("."))
@options.as_json
def command(folder: Path, as_json: bool) -> None:
    """List the runs below a folder: what they were, how they ended, what they reached."""
    if not folder.is_dir():
        refuse(f"there is no folder {folder}")
    rows = [row for path in sorted(folder.glob("**/run.json")) if (row := _row(path.parent, folder)) is not None]
    if as_json:
        click.echo(json.dumps({"format_version": 1, "runs": rows}, indent=1))
        return
    if not rows:
        click.echo(f"no runs below {folder}: make one with `specc train SPEC`", err=True)
        return
    split = {"test", "validation", "train"}
    names: list[str] = []
    for row in rows:
        names += [n for n in _best_split(row["metrics"], split) if n not in names]
    lines = [["run", "status", "seed", "set", *(name.replace("_", " ") for name in names)]]
    for row in rows:
        measured = _best_split(row["metrics"], split)
        lines.append(
            [row["run"], row["status"], str(row["seed"]), " ".join(row["overrides"]) or "-"]
            + [number(measured[name]) if isinstance(measured.get(name), float) else "-" for name in names]
        )
    click.echo(aligned(lines))


def _best_split(metrics: dict[str, dict[str, Any]], known: set[str]) -> dict[str, Any]:
    """The measures on the test rows, where there are none those of validation, then training."""
    chosen = next((metrics[name] for name in ("test", "validation", "train") if name in metrics and name in known), {})
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
    except (OSError, ValueError, KeyError):
        return None  # no run of ours, or one that is being written
