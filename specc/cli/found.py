"""What a sweep has found: its table, its picture, and the spec with the best values."""

from __future__ import annotations

import itertools
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from optuna.study import Study, StudyDirection

from specc.cli.exits import FAILED, refuse
from specc.cli.numbers import number
from specc.cli.tables import aligned
from specc.diagnostics import SpecError
from specc.ir import Spec
from specc.phrases import plain_text
from specc.runs.folder import RunFolder
from specc.runs.pictures.sweep import sweep_picture
from specc.runs.sweep.best import best_spec
from specc.runs.sweep.folder import NAME
from specc.runs.sweep.table import Row, rows_of
from specc.runs.train import Order
from specc.writing import write_output

if TYPE_CHECKING:
    from specc.diagnostics import Source


def tell_what_was_found(order: Order, source: Source, spec: Spec, folder: RunFolder, study: Study) -> None:
    """The table, the picture, and the spec with the best values."""
    assert spec.sweep is not None
    measure: str = spec.sweep.objective.measure  # type: ignore[attr-defined]
    rows = rows_of(study)
    click.echo(_table(rows, measure))
    logarithmic = {name for name, value in spec.hyper.items() if getattr(value.declared, "scale", "") == "log"}
    higher = study.direction == StudyDirection.MAXIMIZE
    folder.write_bytes("sweep.png", sweep_picture(rows, measure, higher, logarithmic))
    if rows[0].status != "finished":
        refuse("no trial has finished: there is no best one", FAILED)
    text = best_spec(source.text, rows[0].values)
    folder.write_text("best.dn", text)
    folder.write_json(NAME, json.loads((folder.path / NAME).read_text("utf-8")) | {"best": rows[0].name})
    place = _written(order.path, rows[0], text)
    settings = [word for override in order.overrides for word in ("--set", override)]
    root = ["--root", str(order.root)] if order.root is not None else []
    click.echo(
        f"best: trial {rows[0].name}; {place} has its values: {shlex.join(['specc', 'train', str(place), *settings, *root])}"
    )


def _written(spec: Path, best: Row, text: str) -> Path:
    """Where the best spec is: beside the spec, whose paths it shares, never in the place of a file that is something else."""
    for count in itertools.count(1):
        place = spec.with_name(f"{spec.stem}_best{f'_{count}' if count > 1 else ''}.dn")
        if not place.exists() or _differs_in_defaults_only(place, text, best):
            write_output(place, text.encode())
            return place
    raise AssertionError


def _differs_in_defaults_only(place: Path, text: str, best: Row) -> bool:
    try:
        return best_spec(place.read_text("utf-8"), best.values) == text
    except (OSError, ValueError, SpecError):
        return False


def _table(rows: list[Row], measure: str) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    lines = [["trial", measure, *names, "status"]]
    for row in rows:
        values = [_short(row.values.get(name)) for name in names]
        lines.append([row.name, number(row.value) if row.value is not None else "-", *values, row.status])
    return aligned(lines)


def _short(value: Any) -> str:
    """A value as one can read it: four digits of a number."""
    return f"{value:.4g}" if isinstance(value, float) else plain_text(value) if value is not None else "-"
