"""Missing values in training: imputed, dropped, kept, or an error with the first rows."""

from __future__ import annotations

import numpy as np

from specc.data.table import Table, count_of, first_rows
from specc.diagnostics import Report
from specc.ir import Spec
from specc.vocabulary.columns import Array, Category, Constant, Image, Number
from specc.vocabulary.families import Column


def drop_rows(spec: Spec, table: Table, report: Report) -> tuple[Table, dict[str, int]]:
    """The rows that have a value in every column with `missing = drop`, and how many each such column cost."""
    keep = np.ones(table.rows, dtype=bool)
    dropped: dict[str, int] = {}
    for name, column in table.declared.items():
        if isinstance(column, Number | Category) and column.missing == "drop":
            missing = table.is_missing(name)
            dropped[name] = int((missing & keep).sum())
            keep &= ~missing
    if keep.all():
        return table, dropped
    if not keep.any():
        name = max(dropped, key=lambda name: dropped[name])
        span = spec.spans.get(f"data.columns.{name}")
        report.error(
            "E0403", f"`missing = drop` of `{name}` leaves no rows", span, help="is something else its mark of a missing value?"
        )
        report.raise_errors()
    return table.taken(np.flatnonzero(keep)), dropped


def check_missing_values(spec: Spec, table: Table, report: Report) -> None:
    """Reports columns that lack values and have no way for it."""
    assert spec.data is not None
    for name, column in table.declared.items():
        missing = np.flatnonzero(table.is_missing(name))
        if not len(missing) or isinstance(column, Image):
            continue
        if len(missing) == table.rows and isinstance(column, Number | Category) and not isinstance(column.impute, Constant):
            message = f"`{name}` has no value in any of the {count_of(table.rows, 'row')}"
            report.error("E0408", message, spec.spans.get(f"data.columns.{name}"), help="take the column out of `columns`")
        elif not _is_let_through(name, column, spec):
            _report(name, column, missing, spec, table, report)


def _is_let_through(name: str, column: Column, spec: Spec) -> bool:
    """Whether a row may lack a value of a column: it is imputed, or a target that `missing = keep` lets be."""
    assert spec.data is not None
    if name in spec.data.target:
        return isinstance(column, Category) and column.missing == "keep"
    return isinstance(column, Number | Category) and column.impute is not None


def _report(name: str, column: Column, missing: np.ndarray, spec: Spec, table: Table, report: Report) -> None:
    assert spec.data is not None
    rows = count_of(len(missing), "row")
    if name in spec.data.target:
        message = f"the target `{name}` is missing in {rows}"
        way_out = "`missing = drop` leaves such rows out"
    elif isinstance(column, Array):
        message, way_out = f"`{name}` has missing numbers in {rows}", "fill them in in the file"
    else:
        message = f"`{name}` is missing in {rows}, and says nothing of missing values"
        way = "impute = median" if isinstance(column, Number) else "impute = mode"
        way_out = f"`{way}` fills them in; `missing = drop` leaves the rows out"
    report.error(
        "E0405", message, spec.spans.get(f"data.columns.{name}"), notes=first_rows(table.place, missing.tolist()), help=way_out
    )
