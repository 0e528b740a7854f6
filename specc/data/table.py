"""What a source gives before anything is fitted: raw columns, and how a row is called in messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from specc.vocabulary.families import Column

SETS = ("train", "validation", "test")
SHOWN = 3


@dataclass
class Table:
    """Rows as the files have them.

    `columns` holds, by name: a number as float64 `[rows]`, NaN where missing; a category as an object array of texts,
    `""` where missing; an image as uint8 `[rows, channels, height, width]`; an array as float32 `[rows, …]`.
    `declared` says what each of them is, in the order of the spec, patterns replaced by the columns that fit them.
    `fields` holds further columns as texts, which the split asked for. `sets` names the set that each row is provided in.
    """

    rows: int
    columns: dict[str, np.ndarray]
    declared: dict[str, Column]
    place: Callable[[int], str]
    fields: dict[str, np.ndarray] = field(default_factory=dict)
    sets: np.ndarray | None = None
    left_out: tuple[str, ...] = ()
    """Columns of the file that the spec does not declare."""
    opened: str = ""
    """The run that made the rows, where one did."""

    def taken(self, rows: np.ndarray) -> Table:
        """Only these rows, in this order."""
        place = self.place
        return Table(
            rows=len(rows),
            columns={name: values[rows] for name, values in self.columns.items()},
            declared=self.declared,
            place=lambda row: place(int(rows[row])),
            fields={name: values[rows] for name, values in self.fields.items()},
            sets=None if self.sets is None else self.sets[rows],
            left_out=self.left_out,
        )

    def is_missing(self, name: str) -> np.ndarray:
        """Which rows have no value in a number or category column; in an array column, not all of its values."""
        values = self.columns[name]
        if values.dtype == object:
            return np.asarray(values == "")
        if values.dtype == np.uint8:
            return np.zeros(self.rows, dtype=bool)
        return np.asarray(np.isnan(values).any(axis=tuple(range(1, values.ndim))))


def texts(values: Iterable[str]) -> np.ndarray:
    """Texts as an object array, one a row."""
    values = list(values)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def coded(labels: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The different texts in order of their code points, and the place of each row's among them."""
    names = sorted(set(labels.tolist()))
    places = {name: index for index, name in enumerate(names)}
    return names, np.fromiter(map(places.__getitem__, labels.tolist()), dtype=np.int64, count=len(labels))


def first_rows(place: Callable[[int], str], rows: Iterable[int], values: Iterable[object] | None = None) -> tuple[str, ...]:
    """A note that names the first of some rows, with their values where they help."""
    rows = [int(row) for row in rows]
    if values is None:
        lines = [place(row) for row in rows[:SHOWN]]
    else:
        lines = [f"{place(row)}: {shortened(value)}" for row, value in zip(rows[:SHOWN], values)]
    if len(rows) > SHOWN:
        lines.append(f"and {len(rows) - SHOWN:,} more")
    return ("\n".join(lines),)


def shortened(value: object) -> str:
    """A value in backticks, cut where it would fill the screen."""
    text = str(value)
    return f"`{text if len(text) <= 40 else text[:39] + '…'}`"


def count_of(count: int, noun: str) -> str:
    """`1 row`, `1,204 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
