"""Averages of the weights over the steps of a phase."""

from __future__ import annotations

from specc.vocabulary.families import Averaging, VaryingFraction
from specc.vocabulary.numbers import Fraction


class Ema(Averaging, aliases=("exponential_moving_average",)):
    """After each step `a ← d · a + (1 − d) · w`; early on `d = (1 + t) / (10 + t)` where that is smaller than `decay`.

    The averages, of batch statistics as well, are what is measured on validation, kept and used (Polyak and Juditsky 1992).

    Example: `average = ema(0.99)`
    """

    decay: VaryingFraction = 0.999


class Swa(Averaging, aliases=("stochastic_weight_averaging",)):
    """The mean of the weights at the ends of all epochs from the share `start` of the phase on: `a ← a + (w − a) / n`.

    Batch statistics are averaged alike. Until there is an average, the weights themselves are measured (Izmailov et al. 2018).

    Example: `average = swa(start = 0.5)`
    """

    start: Fraction = 0.75
