"""Layers that act in training only."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.vocabulary.families import Layer
from specc.vocabulary.numbers import Fraction


class Dropout(Layer):
    """In training, each number is zero with probability `rate`, the others are divided by `1 − rate` (Srivastava et al. 2014).

    Example: `dropout(0.5)`
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"

    rate: Fraction
