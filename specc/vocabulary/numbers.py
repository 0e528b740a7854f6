"""The kinds of numbers that arguments are declared with."""

from __future__ import annotations

from typing import Annotated

from specc.records import Limits

PositiveInt = Annotated[int, Limits(above=0, most=1_000_000_000)]
NonNegativeInt = Annotated[int, Limits(least=0, most=2**63 - 1)]
PositiveFloat = Annotated[float, Limits(above=0)]
NonNegativeFloat = Annotated[float, Limits(least=0)]
Finite = Annotated[float, Limits()]
Fraction = Annotated[float, Limits(least=0, below=1)]
OpenFraction = Annotated[float, Limits(above=0, below=1)]
"""Strictly between 0 and 1."""
Share = Annotated[float, Limits(above=0, most=1)]
"""A share of the whole: `0 < x ≤ 1`."""
Pair = PositiveInt | tuple[PositiveInt, PositiveInt]
"""One number for height and width, or a list of both."""
PaddingPair = NonNegativeInt | tuple[NonNegativeInt, NonNegativeInt]


def both(value: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width of a `Pair`."""
    return value if isinstance(value, tuple) else (value, value)
