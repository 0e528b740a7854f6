"""Rows that are in memory already: a frame of polars or pandas, or columns by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from specc.data.files import Files
from specc.data.sources import Request, present_columns
from specc.data.sources.blocks import as_array, as_images, as_labels, as_numbers
from specc.data.table import Table, texts
from specc.diagnostics import Report
from specc.vocabulary.columns import Array, Category, Image, Number
from specc.vocabulary.families import Column

WHERE = "the rows"


def columns_of(rows: Any, columns: dict[str, Column], report: Report, marks: tuple[str, ...] = ()) -> Table:
    """The declared columns of a frame or dictionary. None and NaN are missing, as are the spec's `marks`. Raises `SpecError`."""
    request = Request(columns, Files(Path("."), None, report), report, marks=marks)
    if not isinstance(rows, Mapping) and not hasattr(rows, "columns"):
        message = f"rows are a path, a frame or a dictionary of columns, not {type(rows).__name__}"
        request.refuse("E0402", message, help='as in `run.predict({"size": [5.1, 4.9]})`')
    names = [str(name) for name in (rows.keys() if isinstance(rows, Mapping) else rows.columns)]
    present = present_columns(WHERE, names, request)
    report.raise_errors()
    table = Table(0, {}, present, lambda row: f"row {row + 1}", left_out=tuple(name for name in names if name not in present))
    for name, column in present.items():
        values = _values(name, column, rows[name], request)
        if values is not None:
            table.columns[name] = values
    report.raise_errors()
    counts = {name: len(values) for name, values in table.columns.items()}
    if len(set(counts.values())) > 1:
        request.refuse(
            "E0402", "the columns have different numbers of rows: " + ", ".join(f"`{n}` {c}" for n, c in counts.items())
        )
    table.rows = next(iter(counts.values()), 0)
    return table


def _values(name: str, column: Column, values: Any, request: Request) -> np.ndarray | None:
    if isinstance(column, Image):
        return as_images(name, column, [np.asarray(values)], request)
    if isinstance(column, Array):
        return as_array(name, column, np.asarray(values), request)
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        request.wrong(name, f"`{name}` takes a list, one value a row", help=f"write `[{values!r}]` for a single row")
        return None
    items = values.tolist() if hasattr(values, "tolist") else values.to_list() if hasattr(values, "to_list") else list(values)
    missing = np.array([item is None or item != item for item in items], dtype=bool)  # only NaN differs from itself
    present = np.asarray([item for item in items if item is not None and item == item])
    if not len(present):
        return texts([""] * len(items)) if isinstance(column, Category) else np.full(len(items), np.nan)
    if isinstance(column, Number):
        numbers = as_numbers(name, present, request, lambda row: f"row {int(np.flatnonzero(~missing)[row]) + 1}")
        return None if numbers is None else _spread(numbers, missing, np.full(len(items), np.nan))
    labels = as_labels(name, present, None, request)
    if labels is None:
        return None
    marks = set(request.marks)
    return _spread(texts("" if label in marks else label for label in labels.tolist()), missing, texts([""] * len(items)))


def _spread(present: np.ndarray, missing: np.ndarray, whole: np.ndarray) -> np.ndarray:
    whole[~missing] = present
    return whole
