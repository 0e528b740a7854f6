"""Time within a phase, and the learning rate that its schedule gives."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from specc.vocabulary.families import Schedule
from specc.vocabulary.schedules import Plateau


@dataclass
class Clock:
    """Counts steps and epochs of a phase whose length is known: `epochs`, or `steps`, of `per_epoch` steps each."""

    per_epoch: int
    total_steps: int
    step: int = 0

    @classmethod
    def of(cls, per_epoch: int, epochs: int | None, steps: int | None) -> Clock:
        return cls(per_epoch, steps if steps is not None else (epochs or 0) * per_epoch)

    @property
    def epoch(self) -> float:
        """Epochs done, fractional."""
        return self.step / self.per_epoch if self.per_epoch else 0.0

    @property
    def progress(self) -> float:
        return self.step / self.total_steps if self.total_steps else 0.0

    @property
    def is_over(self) -> bool:
        return self.step >= self.total_steps


@dataclass
class Rate:
    """The learning rate at each step: the optimizer's, times the schedule's factor, times what plateaus took."""

    start: float
    schedule: Schedule | None
    reduction: float = 1.0
    best: float = field(default=math.nan)
    waited: int = 0

    def at(self, clock: Clock) -> float:
        factor = self.schedule.at(clock.progress, clock.epoch, clock.step) if self.schedule is not None else 1.0
        return self.start * factor * self.reduction

    def observe(self, value: float, lower_is_better: bool) -> None:
        """Tells a plateau the measure of an epoch."""
        if not isinstance(self.schedule, Plateau):
            return
        first = math.isnan(self.best) and not math.isnan(value)
        better = first or (value < self.best if lower_is_better else value > self.best)
        if better:
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited > self.schedule.patience:
            self.reduction = max(self.reduction * self.schedule.factor, self.schedule.to)
            self.waited = 0

    def state(self) -> dict[str, float]:
        return {"reduction": self.reduction, "best": self.best, "waited": self.waited}

    def load(self, state: dict[str, float]) -> None:
        self.reduction, self.best, self.waited = state["reduction"], state["best"], int(state["waited"])
