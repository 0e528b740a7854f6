"""Schedules: numbers that change in time, evaluated at every step on fractional progress.

`schedule` of a phase is a factor of its learning rate, and begins at 1. Any other number that may change takes the values
themselves: `momentum = linear(start = 0.5, to = 0.9)`. Most may begin with a `warmup`: the value rises from 0 to its own over
that many epochs (`by = step`: steps).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from specc.vocabulary.families import Schedule
from specc.vocabulary.numbers import Finite, Fraction, NonNegativeFloat, NonNegativeInt, OpenFraction, PositiveFloat, PositiveInt
from specc.vocabulary.part import MeasureName, Positional


class _Warmed(Schedule):
    """A schedule that may rise before it begins."""

    needs: ClassVar[str | None] = "start"
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
        """The value at `progress` (0 … 1) of what follows the warm-up, `clock` epochs (or steps) after it."""
        raise NotImplementedError

    def reach(self) -> tuple[float, ...]:
        ends = (self.decayed(0.0, 0.0), self.decayed(1.0, math.inf))
        return (0.0, *ends) if self.warmup else ends


class _Geometric(_Warmed):
    """A schedule that is multiplied again and again: it may come near zero, and never gets there."""

    def reach(self) -> tuple[float, ...]:
        *values, end = super().reach()
        return *values, end or math.ulp(0.0)


class Constant(_Warmed):
    """Always the same: factor 1.

    Example: `schedule = constant`
    """

    needs: ClassVar[str | None] = "constant"

    def decayed(self, progress: float, clock: float) -> float:
        return 1.0


class Step(_Geometric):
    """Times `factor` after every `size` epochs: `start · factor^⌊epoch / size⌋`.

    Example: `schedule = step(10, factor = 0.5)`
    """

    size: PositiveInt
    factor: PositiveFloat = 0.1
    start: NonNegativeFloat = 1.0

    def decayed(self, progress: float, clock: float) -> float:
        return self.start * self.factor ** (math.floor(clock / self.size) if clock < math.inf else clock)


class Exponential(_Geometric):
    """Times `rate` an epoch, smoothly: `start · rate^epoch`.

    Example: `schedule = exponential(0.95)`
    """

    rate: PositiveFloat
    start: NonNegativeFloat = 1.0

    def decayed(self, progress: float, clock: float) -> float:
        return self.start * self.rate**clock


class Linear(_Warmed):
    """A straight line from `start` to `to`, over the whole phase or its first `epochs`.

    Example: `schedule = linear(to = 0)`
    """

    to: NonNegativeFloat = 0.0
    start: NonNegativeFloat = 1.0
    epochs: PositiveFloat | None = None

    def decayed(self, progress: float, clock: float) -> float:
        return self.start + (self.to - self.start) * _share(progress, clock, self.epochs)


class Cosine(_Warmed):
    """Half a cosine from `start` to `to`: `to + (start − to)(1 + cos π·progress) / 2` (Loshchilov and Hutter 2017).

    Example: `schedule = cosine(warmup = 5)`
    """

    to: NonNegativeFloat = 0.0
    start: NonNegativeFloat = 1.0
    epochs: PositiveFloat | None = None

    def decayed(self, progress: float, clock: float) -> float:
        return _between(self.start, self.to, _share(progress, clock, self.epochs))


class Warmup(Schedule):
    """A straight line from `start` to `to` over the first epochs (or steps), and `to` from then on.

    Example: `optimizer = sgd(0.1, momentum = warmup(0.5, 0.9, epochs = 5))`
    """

    start: NonNegativeFloat
    to: NonNegativeFloat
    epochs: PositiveFloat | None = None
    steps: PositiveInt | None = None

    def at(self, progress: float, epoch: float, step: int) -> float:
        done = step / self.steps if self.steps is not None else epoch / self.epochs if self.epochs is not None else 1.0
        return self.start + (self.to - self.start) * min(1.0, done)

    def reach(self) -> tuple[float, ...]:
        return self.start, self.to


class Stages(Schedule, word="schedule"):
    """Each value for an equal share of the phase, one after the other.

    Example: `schedule = schedule(1, 0.1, 0.01)`
    """

    values: Annotated[tuple[int | Finite, ...], Positional()]

    def at(self, progress: float, epoch: float, step: int) -> float:
        return self.values[min(int(progress * len(self.values)), len(self.values) - 1)]

    def reach(self) -> tuple[float, ...]:
        return self.values


class OneCycle(Schedule):
    """Up by half a cosine from `1 / start` to 1 over the first `peak` of the phase, then down to `1 / end` (Smith 2018).

    Example: `schedule = one_cycle(peak = 0.3)`
    """

    needs: ClassVar[str | None] = "one_cycle"
    peak: OpenFraction = 0.3
    start: PositiveFloat = 25.0
    end: PositiveFloat = 10_000.0

    def at(self, progress: float, epoch: float, step: int) -> float:
        if progress < self.peak:
            return _between(1.0 / self.start, 1.0, progress / self.peak)
        return _between(1.0, 1.0 / self.end, (progress - self.peak) / (1.0 - self.peak))


class Plateau(Schedule):
    """Times `factor` when the measure has not improved for more than `patience` epochs, down to `to` times the start.

    Example: `schedule = plateau(validation.loss, patience = 2)`
    """

    needs: ClassVar[str | None] = "plateau"
    measure: MeasureName
    factor: OpenFraction = 0.1
    patience: NonNegativeInt = 10
    to: Fraction = 0.0

    def at(self, progress: float, epoch: float, step: int) -> float:
        """The factor before any plateau; the loop keeps the state."""
        return 1.0


def _between(start: float, end: float, progress: float) -> float:
    """Half a cosine from `start` to `end`."""
    return end + (start - end) * (1.0 + math.cos(math.pi * progress)) / 2.0


def _share(progress: float, clock: float, duration: float | None) -> float:
    """How much of a way is done: of the phase, or of so many epochs (or steps)."""
    return progress if duration is None else min(1.0, clock / duration)
