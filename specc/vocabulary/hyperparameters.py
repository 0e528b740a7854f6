"""Hyperparameters: `type(default, range or choices, log | step)`."""

from __future__ import annotations

from typing import Any, Literal

from specc.vocabulary.families import Hyperparameter
from specc.vocabulary.numbers import Finite, PositiveFloat, PositiveInt
from specc.vocabulary.part import Flag, Interval


class Int(Hyperparameter):
    """A whole number: its default, its range, and how it is searched: on a `log` scale or in steps.

    Example: `width = int(16, 4 .. 128, log)`
    """

    default: int
    range: Interval | None = None
    scale: Literal["linear", "log"] = "linear"
    step: PositiveInt = 1


class Float(Hyperparameter):
    """A number: its default, its range, and whether it is searched on a `log` scale.

    Example: `rate = float(0.01, 1e-4 .. 1e-1, log)`
    """

    default: Finite
    range: Interval | None = None
    scale: Literal["linear", "log"] = "linear"
    step: PositiveFloat | None = None


class Choice(Hyperparameter):
    """One of several values, words or calls.

    Example: `act = choice(relu, [relu, tanh])`
    """

    default: Any
    options: tuple[Any, ...]


class Bool(Hyperparameter):
    """`true` or `false`.

    Example: `bias = bool(true)`
    """

    default: Flag


def is_searched(declared: Hyperparameter) -> bool:
    """Whether a sweep has something to choose from: a range, or choices."""
    return not isinstance(declared, Int | Float) or declared.range is not None
