"""Ratings as a list of who rated what how: read as a table of three columns, every line a pair of its own."""

from __future__ import annotations

import numpy as np

from specc.data.sources import Request, reads
from specc.data.sources.csv import read_csv
from specc.data.table import Table, count_of, first_rows
from specc.diagnostics import Span, listing
from specc.vocabulary.columns import Category, Number
from specc.vocabulary.families import Column
from specc.vocabulary.sources import Csv, Ratings

MOST_LEVELS = 100
"""Different ratings that may still be levels; what has more is measured on a scale, and no choice among a few."""


@reads(Ratings)
def read_ratings(source: Ratings, request: Request) -> Table:
    """A line a rating: the user and the item as texts, the rating as a number. Raises `SpecError`."""
    names = {"user": source.user, "item": source.item, "rating": source.rating}
    columns: dict[str, Column] = {source.user: Category(), source.item: Category(), source.rating: Number()}
    if len(columns) < len(names):
        request.refuse("E0205", f"`user`, `item` and `rating` are three columns, and here they are {listing(columns, 'and')}")
    table = read_csv(Csv(path=source.path), _with_places(request, columns, names))
    request.report.raise_errors()
    values_are_there(table, source, request)
    request.report.raise_errors()
    _pairs_are_rated_once(table, source, request)
    return table


def _with_places(request: Request, columns: dict[str, Column], names: dict[str, str]) -> Request:
    """The request for the three columns, each declared where the source names it."""
    spans: dict[str, Span] = {}
    for setting, name in names.items():
        span = request.spans.get(f"data.source.{setting}", request.files.span)
        if span is not None:
            spans[f"data.columns.{name}"] = span
    return Request(columns, request.files, request.report, request.spans | spans, request.fields)


def values_are_there(table: Table, source: Ratings, request: Request) -> None:
    """Each line has its user, its item and its rating."""
    for setting in ("user", "item", "rating"):
        name = getattr(source, setting)
        missing = np.flatnonzero(table.is_missing(name)).tolist()
        if missing:
            message = f"`{name}` is missing in {count_of(len(missing), 'row')}"
            span = request.spans.get(f"data.source.{setting}", request.files.span)
            request.report.error("E0405", message, span, notes=first_rows(table.place, missing), help="take these lines out")


def _pairs_are_rated_once(table: Table, source: Ratings, request: Request) -> None:
    """A user has one rating of an item, not two."""
    seen: dict[tuple[str, str], int] = {}
    pairs = zip(table.columns[source.user].tolist(), table.columns[source.item].tolist())
    twice = [(row, pair) for row, pair in enumerate(pairs) if seen.setdefault(pair, row) != row]
    if not twice:
        return
    rows = [row for row, _ in twice]
    values = [f"{user}, {item}" for _, (user, item) in twice]
    message = f"{count_of(len(twice), 'row')} of `{source.path}` {'rates' if len(twice) == 1 else 'rate'} a pair again"
    first = seen[twice[0][1]]
    notes = (*first_rows(table.place, rows, values), f"the first of them is also in {table.place(first)}")
    request.refuse("E0402", message, notes=notes, help="keep one rating of each pair, the last one say")


def ratings_are_levels(table: Table, source: Ratings, request: Request) -> None:
    """A unit has a state for each different rating: several, and not hundreds. Raises `SpecError`."""
    levels = np.unique(table.columns[source.rating])
    span = request.spans.get("data.source.rating", request.files.span)
    if len(levels) > MOST_LEVELS:
        message = f"`{source.rating}` has {len(levels):,} different values, and a softmax unit at most {MOST_LEVELS} states"
        request.report.error("E0406", message, span, help="round them, to halves say")
    elif len(levels) == 1 and table.rows > 0:
        message = f"every rating is {levels[0]:g}: there is nothing to tell apart"
        way_out = f"is `{source.rating}` the column of the ratings?"
        request.report.error("E0408", message, span, help=way_out)
    request.report.raise_errors()
