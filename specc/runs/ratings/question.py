"""What a machine of ratings is asked: a table whose lines tell ratings or ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from specc.data.files import Files
from specc.data.frames import columns_of
from specc.data.sources import Request
from specc.data.sources.csv import read_csv
from specc.data.table import Table, count_of, first_rows
from specc.diagnostics import Report, listing
from specc.ir import RatingsFit
from specc.vocabulary.columns import Category, Number
from specc.vocabulary.families import Column
from specc.vocabulary.sources import Csv, Ratings

Told = dict[str, float]
"""The ratings of one case by the units' names."""


@dataclass
class Question:
    """A table's lines: what it tells of each case, the pairs it asks for in their order, and its users in the order they come."""

    told: dict[str, Told]
    asked: list[tuple[str, str]]
    """Case and unit."""
    users: list[str]
    table: Table


def read_question(rows: Any, source: Ratings, fit: RatingsFit, report: Report) -> Question:
    """What a table, a frame or a dict of columns tells and asks."""
    columns: dict[str, Column] = {source.user: Category(), source.item: Category(), source.rating: Number()}
    if isinstance(rows, str | Path):
        files = Files(Path("."), None, report)
        request = Request(columns, files, report, optional=frozenset((source.item, source.rating)))
        table = read_csv(Csv(path=str(rows)), request)
    else:
        table = columns_of(
            rows, {name: column for name, column in columns.items() if name in rows or name == source.user}, report
        )
    report.raise_errors()
    _lines_fit(table, source, fit, report)
    return _sorted(table, source, fit, report)


def _lines_fit(table: Table, source: Ratings, fit: RatingsFit, report: Report) -> None:
    """Every line has a user, a rating belongs to an item, is a level, and stands once for a pair."""
    user, item, rating = source.user, source.item, source.rating
    nobody = np.flatnonzero(table.is_missing(user)).tolist()
    if nobody:
        message = f"`{user}` is missing in {count_of(len(nobody), 'row')}"
        report.error("E0405", message, notes=first_rows(table.place, nobody), help="each line is of a user")
    if rating not in table.columns:
        return
    rated = ~table.is_missing(rating)
    nothing = np.flatnonzero(rated & (table.is_missing(item) if item in table.columns else True)).tolist()
    if nothing:
        message = f"{count_of(len(nothing), 'row')} {'has' if len(nothing) == 1 else 'have'} a `{rating}` and no `{item}`"
        report.error("E0405", message, notes=first_rows(table.place, nothing), help=f"say of which `{item}` it is")
    strange = np.flatnonzero(rated & ~np.isin(table.columns[rating], fit.levels)).tolist()
    if strange:
        message = f"`{rating}` is none of the model's levels in {count_of(len(strange), 'row')}"
        levels = listing([f"{level:g}" for level in fit.levels], "and")
        values = [f"{table.columns[rating][row]:g}" for row in strange]
        report.error("E0406", message, notes=first_rows(table.place, strange, values), help=f"there are {levels}")
    report.raise_errors()


def _sorted(table: Table, source: Ratings, fit: RatingsFit, report: Report) -> Question:
    """What each line tells or asks, by case."""
    blank = np.full(table.rows, "", dtype=object)
    users = table.columns[source.user].tolist()
    items = table.columns.get(source.item, blank).tolist()
    ratings = table.columns.get(source.rating, np.full(table.rows, np.nan)).tolist()
    told: dict[str, Told] = {}
    asked: list[tuple[str, str]] = []
    again: list[int] = []
    for row, (user, item, rating) in enumerate(zip(users, items, ratings)):
        case, unit = (user, item) if fit.by == "user" else (item, user)
        if rating == rating:
            again += [row] if unit in told.setdefault(case, {}) else []
            told[case][unit] = rating
        elif item:
            asked.append((case, unit))
    if again:
        message = f"{count_of(len(again), 'row')} {'rates' if len(again) == 1 else 'rate'} a pair again"
        report.error("E0402", message, notes=first_rows(table.place, again), help="keep one rating of each pair")
        report.raise_errors()
    return Question(told, asked, list(dict.fromkeys(users)), table)
