"""What is held while rows are drawn: columns at values in their own units, as visible units at numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from specc.data.prepare import encode_number
from specc.data.visible import Seat, in_own_unit
from specc.diagnostics import did_you_mean, listing
from specc.ir import CategoryFit, ImageFit, NumberFit

MOST_NAMED = 12
"""Columns or labels that a message lists."""


class CannotSample(Exception):
    """Rows cannot be drawn as they are asked for; the message says why, and the way out."""


class Held(NamedTuple):
    """Visible units by number, and what they are held at."""

    units: np.ndarray
    values: np.ndarray


def parse_given(texts: Sequence[str]) -> dict[str, str]:
    """`digit=7` as a column and a value, and `rows.csv`, a file of rows, under no name. Raises `ValueError`."""
    given: dict[str, str] = {}
    for text in texts:
        column, equals, value = text.partition("=")
        if not equals and Path(text).suffix and not given:
            given[""] = text
            continue
        if "" in given:
            raise ValueError(f"a file says what all rows are made for: give {given['']} alone")
        column = column.strip()
        if not equals or not column:
            raise ValueError(f"`--given {text}` names no column and value: write it as in `--given digit=7`")
        if column in given:
            raise ValueError(f"`{column}` is given twice")
        given[column] = value.strip()
    return given


def held(seats: Sequence[Seat], given: Mapping[str, Any]) -> Held:
    """The units of the columns that are given. Raises `CannotSample`."""
    by_name = {seat.column: seat for seat in seats}
    units: list[int] = []
    values: list[float] = []
    for column, value in given.items():
        if column == "":
            raise CannotSample("a file of rows says what a gan or vae makes rows for: a machine holds columns, as in `digit=7`")
        if column not in by_name:
            raise CannotSample(f"`{column}` is no visible column: {the_way(column, list(by_name), 'there')}")
        seat = by_name[column]
        units += range(seat.place.start, seat.place.stop)
        values += _units_of(seat, value)
    return Held(np.array(units, np.int64), np.array(values, np.float32))


def the_way(name: str, names: Sequence[str], subject: str) -> str:
    """The way from a name that is not there to those that are."""
    meant = did_you_mean(name, list(names))
    if meant:
        return f"did you mean `{meant}`?"
    more = " and more" if len(names) > MOST_NAMED else ""
    verb = "has" if subject == "it" else "is" if len(names) == 1 else "are"
    return f"{subject} {verb} {listing(names[:MOST_NAMED], 'and')}{more}"


def _units_of(seat: Seat, value: Any) -> list[float]:
    """The numbers at which a column's units stand for a value in its own unit."""
    if seat.units == "replicated_softmax":
        raise CannotSample(f"`{seat.column}` is a count among others, drawn together with them: it cannot be given alone")
    match seat.fit:
        case CategoryFit():
            return _label(seat, seat.fit, value)
        case NumberFit():
            return _number(seat, seat.fit, value)
    kind = "a picture" if isinstance(seat.fit, ImageFit) else "a block of numbers"
    raise CannotSample(f"`{seat.column}` is {kind}, and what can be given is a number or a label")


def _label(seat: Seat, fit: CategoryFit, value: Any) -> list[float]:
    text = str(value).lower() if isinstance(value, bool | np.bool_) else str(value)
    if text not in fit.labels:
        raise CannotSample(f"`{seat.column}` has no label `{text}`: {the_way(text, fit.labels, 'it')}")
    return [float(label == text) for label in fit.labels]


def _number(seat: Seat, fit: NumberFit, value: Any) -> list[float]:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise CannotSample(f"`{seat.column}` is a number, and `{value}` is none") from None
    with np.errstate(all="ignore"):
        (unit,) = encode_number(np.array([number]), fit)
        fits = np.isfinite(np.float32(unit))
    if not fits:
        why = "`log1p` is defined above −1" if np.isfinite(number) else "give a number"
        why = "it is too large" if np.isfinite(unit) else why
        raise CannotSample(f"`{seat.column}` cannot be {value}: {why}")
    if seat.units == "bernoulli" and not 0 <= unit <= 1:
        ends = [in_own_unit(seat, np.array([[end, 0.0]])).item() for end in (0.0, 1.0)]
        raise CannotSample(f"`{seat.column}` cannot be {value}: its unit holds {ends[0]:.6g} to {ends[1]:.6g}")
    return [float(unit), 0.0] if fit.indicator else [float(unit)]
