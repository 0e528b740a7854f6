"""Schedules: a factor of the starting learning rate, evaluated at every step on fractional progress.

Each may begin with a `warmup`: the factor rises from 0 to its own over that many epochs (`by = step`: steps).
"""

from __future__ import annotations

import math
from typing import Literal

from specc.vocabulary.families import Schedule
from specc.vocabulary.numbers import NonNegativeFloat, NonNegativeInt, OpenFraction, PositiveFloat, PositiveInt
from specc.vocabulary.part import MeasureName


class _Warmed(Schedule):
    """A schedule that may rise before it begins."""

    warmup: NonNegativeFloat = 0.0
    by: Literal["epoch", "step"] = "epoch"

    def at(self, progress: float, epoch: float, step: int) -> float:
        clock = epoch if self.by == "epoch" else float(step)
        total = clock / progress if progress > 0 else math.inf
        if clock < self.warmup:
            return self.decayed(0.0, 0.0) * clock / self.warmup
        left = total - self.warmup
        return self.decayed((clock - self.warmup) / left if 0 < left < math.inf else 0.0, clock - self.warmup)

    def decayed(self, progress: float, clock: float) -> float:
        """The factor at `progress` (0 … 1) of what follows the warm-up, `clock` epochs (or steps) after it."""
        raise NotImplementedError


class Constant(_Warmed):
    """Always the same: factor 1.

    Example: `schedule = constant`
    """

    def decayed(self, progress: float, clock: float) -> float:
        return 1.0


class Step(_Warmed):
    """Times `factor` after every `size` epochs: `factor^⌊epoch / size⌋`.

    Example: `schedule = step(10, factor = 0.5)`
    """

    size: PositiveInt
    factor: PositiveFloat = 0.1

    def decayed(self, progress: float, clock: float) -> float:
        return self.factor ** math.floor(clock / self.size)


class Exponential(_Warmed):
    """Times `rate` an epoch, smoothly: `rate^epoch`.

    Example: `schedule = exponential(0.95)`
    """

    rate: PositiveFloat

    def decayed(self, progress: float, clock: float) -> float:
        return self.rate**clock


class Linear(_Warmed):
    """A straight line from 1 to `to`.

    Example: `schedule = linear(to = 0)`
    """

    to: NonNegativeFloat = 0.0

    def decayed(self, progress: float, clock: float) -> float:
        return 1.0 + (self.to - 1.0) * progress


class Cosine(_Warmed):
    """Half a cosine from 1 to `to`: `to + (1 − to)(1 + cos π·progress) / 2` (Loshchilov and Hutter 2017).

    Example: `schedule = cosine(warmup = 5)`
    """

    to: NonNegativeFloat = 0.0

    def decayed(self, progress: float, clock: float) -> float:
        return self.to + (1.0 - self.to) * (1.0 + math.cos(math.pi * progress)) / 2.0


class OneCycle(Schedule):
    """Up by half a cosine from `1 / start` to 1 over the first `peak` of the phase, then down to `1 / end` (Smith 2018).

    Example: `schedule = one_cycle(peak = 0.3)`
    """

    peak: OpenFraction = 0.3
    start: PositiveFloat = 25.0
    end: PositiveFloat = 10_000.0

    def at(self, progress: float, epoch: float, step: int) -> float:
        if progress < self.peak:
            return _between(1.0 / self.start, 1.0, progress / self.peak)
        return _between(1.0, 1.0 / self.end, (progress - self.peak) / (1.0 - self.peak))


class Plateau(Schedule):
    """Times `factor` whenever the measure has not improved for `patience` epochs, down to `to` times the start.

    Example: `schedule = plateau(validation.loss, patience = 2)`
    """

    measure: MeasureName
    factor: OpenFraction = 0.1
    patience: NonNegativeInt = 10
    to: NonNegativeFloat = 0.0

    def at(self, progress: float, epoch: float, step: int) -> float:
        """The factor before any plateau; the loop keeps the state."""
        return 1.0


def _between(start: float, end: float, progress: float) -> float:
    """Half a cosine from `start` to `end`."""
    return end + (start - end) * (1.0 + math.cos(math.pi * progress)) / 2.0
