"""The values of visible columns fit the units that are to hold them, and there is something to learn from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from specc.data.prepare import encode_number, prepare_array
from specc.data.table import Table, count_of, first_rows
from specc.diagnostics import Report, Span, listing
from specc.door import input_columns
from specc.ir import ArrayFit, Node, NumberFit, Spec
from specc.machines import units_of, visible_layers
from specc.vocabulary.layers.boltzmann import Visible
from specc.vocabulary.units import Gaussian

CHUNK = 1024
NAMED = 3
"""How many columns a message names that one line declares."""


def units_hold_the_values(spec: Spec, table: Table, train: np.ndarray, report: Report) -> None:
    """Bernoulli units hold 0 to 1, a replicated softmax whole numbers from 0 on; of equal rows nothing is learned."""
    for node in (node for graph in spec.graphs.values() for node in visible_layers(graph)):
        assert isinstance(node.layer, Visible)
        for word, fits, way_out in DOMAINS:
            _in_domain(spec, node, word, fits, way_out, table, report)
        if not report.has_errors:
            _variances_can_be_learned(spec, node, node.layer, table, train, report)
            _counts_are_there(spec, node, table, train, report)
    if not report.has_errors:
        _rows_differ(spec, table, train, report)


def _in_unit_range(values: np.ndarray) -> np.ndarray:
    return (values >= 0) & (values <= 1)


def _is_count(values: np.ndarray) -> np.ndarray:
    return (values >= 0) & (values == np.floor(values))


DOMAINS: tuple[tuple[str, Callable[[np.ndarray], np.ndarray], tuple[str, str]], ...] = (
    ("bernoulli", _in_unit_range, ("hold 0 to 1", "`scale = minmax` brings it there; gaussian units hold any number")),
    ("replicated_softmax", _is_count, ("hold counts: 0, 1, 2, …", "are these counts? gaussian units hold any number")),
)
"""What units hold, and what to do about other values."""


def _in_domain(
    spec: Spec,
    node: Node,
    word: str,
    fits: Callable[[np.ndarray], np.ndarray],
    texts: tuple[str, str],
    table: Table,
    report: Report,
) -> None:
    """Names the columns with values that their units do not hold, all that one line declares at once."""
    outside: dict[Span | None, list[tuple[str, np.ndarray]]] = {}
    for name, values in _numbers(spec, node, word, table):
        wrong = ~fits(values).reshape(len(values), -1).all(axis=1) & ~table.is_missing(name)
        if wrong.any():
            outside.setdefault(spec.spans.get(f"data.columns.{name}"), []).append((name, np.flatnonzero(wrong)))
    for span, columns in outside.items():
        name, rows = columns[0]
        does = f"does not in {count_of(len(rows), 'row')}" if len(columns) == 1 else "do not"
        message = f"{word} units {texts[0]}, and {_named([other for other, _ in columns])} {does}"
        values = table.columns[name]
        shown = [values[row] for row in rows[:NAMED]] if values.ndim == 1 else None
        notes = first_rows(lambda row: f"`{name}` in {table.place(row)}", rows.tolist(), shown)  # noqa: B023
        report.error("E0406", message, span or node.span, notes=notes, help=texts[1])


def _named(names: list[str]) -> str:
    """The first of some columns, and how many there are more."""
    if len(names) <= NAMED:
        return listing(names, "and")
    return f"{', '.join(f'`{name}`' for name in names[:NAMED])} and {count_of(len(names) - NAMED, 'other column')}"


def _numbers(spec: Spec, node: Node, word: str, table: Table) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of a visible layer that units of a word hold, as they enter; `minmax` has brought training rows to 0…1."""
    assert spec.data is not None and spec.bound is not None and isinstance(node.layer, Visible)
    for name in input_columns(spec, node):
        column, fit = spec.data.columns[name], spec.bound.fits[name]
        units = node.layer.units.word if node.layer.units is not None else units_of(column)
        if units != word or getattr(column, "scale", None) == "minmax":
            continue
        if isinstance(fit, NumberFit):
            yield name, encode_number(table.columns[name], fit)
        elif isinstance(fit, ArrayFit):
            yield name, prepare_array(table.columns[name], fit)


def _variances_can_be_learned(spec: Spec, node: Node, layer: Visible, table: Table, train: np.ndarray, report: Report) -> None:
    """The variance of a column that is always the same would be learned to be zero."""
    if not isinstance(layer.units, Gaussian) or layer.units.variance != "learned":
        return
    for name in input_columns(spec, node):
        if not _varies(table.columns[name], train):
            message = f"`{name}` is the same in every training row, and its variance cannot be learned"
            way_out = "take the column out, or leave the variance as it is: `units = gaussian`"
            report.error("E0408", message, spec.spans.get(f"data.columns.{name}", node.span), help=way_out)


def _counts_are_there(spec: Spec, node: Node, table: Table, train: np.ndarray, report: Report) -> None:
    columns = list(_numbers(spec, node, "replicated_softmax", table))
    if columns and not any(values[train].any() for _, values in columns):
        message = "every count of every training row is 0: there is no word to learn from"
        report.error("E0408", message, node.span, help="are these the columns that hold the counts?")


def _rows_differ(spec: Spec, table: Table, train: np.ndarray, report: Report) -> None:
    """A machine learns how rows differ; where none does, there is nothing to learn."""
    nodes = [node for graph in spec.graphs.values() for node in visible_layers(graph)]
    names = [name for node in nodes for name in input_columns(spec, node)]
    if not nodes or any(_varies(table.columns[name], train) for name in names):
        return
    rows = "there is one training row" if len(train) == 1 else f"all {len(train):,} training rows are the same"
    way_out = "`split` says which rows are trained on" if len(train) == 1 else "are these the columns that hold the data?"
    report.error("E0408", f"{rows}: a machine learns how rows differ", nodes[0].span, help=way_out)


def _varies(values: np.ndarray, rows: np.ndarray) -> bool:
    """Whether a column has two different values in some rows; a missing one is like another missing one."""
    first = values[rows[:1]]
    chunks = (values[rows[start : start + CHUNK]] for start in range(0, len(rows), CHUNK))
    if values.dtype == np.float64 and values.ndim == 1:
        return any(not np.array_equal(chunk, np.broadcast_to(first, chunk.shape), equal_nan=True) for chunk in chunks)
    return any(not np.array_equal(chunk, np.broadcast_to(first, chunk.shape)) for chunk in chunks)
