"""The kinds of numbers that arguments are declared with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegativeFloat = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(gt=0, le=1)]
"""A share of the whole: `0 < x ≤ 1`."""
Pair = PositiveInt | tuple[PositiveInt, PositiveInt]
"""One number for height and width, or a list of both."""
PaddingPair = NonNegativeInt | tuple[NonNegativeInt, NonNegativeInt]


def both(value: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width of a `Pair`."""
    return value if isinstance(value, tuple) else (value, value)
