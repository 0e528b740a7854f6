"""What the measures of an epoch decide: which weights are kept, when a phase stops, when a plateau cuts the rate."""

from __future__ import annotations

import math
from typing import Any

from specc.ir import Phase
from specc.training.clock import Rate
from specc.training.position import Position
from specc.vocabulary.part import find_word
from specc.vocabulary.schedules import Plateau
from specc.vocabulary.stopping import Best, Early

Event = dict[str, Any]
COSTS = ("loss", "reconstruction", "kl", "discriminator_loss", "generator_loss", "duplicates")
"""What training makes small, the two terms of the evidence lower bound, and rows that are made again and again."""


def is_kept(phase: Phase, event: Event, position: Position) -> bool:
    """Whether the epoch is the best so far by the measure that chooses the weights to keep."""
    keep = phase.settings.keep
    value = look_up(event, keep.measure) if isinstance(keep, Best) else None
    if value is None or not _is_better(value, position.best, keep.measure):  # type: ignore[union-attr]
        return False
    position.best, position.best_epoch = value, position.epoch
    return True


def is_stopped(phase: Phase, event: Event, position: Position) -> bool:
    """Whether the measure that stops has not improved for so many epochs."""
    stop = phase.settings.stop
    value = look_up(event, stop.measure) if isinstance(stop, Early) else None
    if value is None or not isinstance(stop, Early):
        return False
    if _is_better(value, position.improved, stop.measure, stop.change):
        position.improved, position.improved_epoch = value, position.epoch
        return False
    return position.epoch - position.improved_epoch >= stop.patience


def why_stopped(phase: Phase, position: Position) -> str:
    stop = phase.settings.stop
    assert isinstance(stop, Early)
    kept = f"kept epoch {position.best_epoch}" if position.best_epoch else "kept the last epoch"
    return f"no better {stop.measure} for {stop.patience} epoch{'s' if stop.patience > 1 else ''}; {kept}"


def tell_plateau(rate: Rate, event: Event) -> None:
    """Tells a rate whose schedule waits for a measure what the epoch has of it."""
    schedule = rate.schedule
    if isinstance(schedule, Plateau) and (value := look_up(event, schedule.measure)) is not None:
        rate.observe(value, lower_is_better(schedule.measure))


def look_up(event: Event, measure: str) -> float | None:
    """The value of a measure in an epoch, NaN where it is not defined; None where this epoch does not take it."""
    split, _, name = measure.partition(".")
    return event.get(split, {}).get(name)


def _is_better(value: float, best: float, measure: str, change: float = 0.0) -> bool:
    """Whether a value beats the best so far (NaN: there is none) by more than `change`."""
    if math.isnan(value) or math.isnan(best):
        return not math.isnan(value)
    return value < best - change if lower_is_better(measure) else value > best + change


def lower_is_better(measure: str) -> bool:
    word = measure.rpartition(".")[2]
    if word in COSTS:
        return True
    found = find_word("metric", word)
    return found is not None and getattr(found, "better", "higher") == "lower"
