"""Numbers that change in time, at one moment of it: whoever computes with a part sees plain numbers."""

from __future__ import annotations

import functools
from typing import TypeVar

from specc.training.clock import Clock
from specc.vocabulary.families import Schedule, Varying
from specc.vocabulary.part import Part

P = TypeVar("P", bound=Part)


def at_moment(part: P, clock: Clock) -> P:
    """The part with the value of each of its schedules after the steps that the clock has counted."""
    changing = {name: value for name in _varying(type(part)) if isinstance(value := getattr(part, name), Schedule)}
    if not changing:
        return part
    values = {name: schedule.at(clock.progress, clock.epoch, clock.step) for name, schedule in changing.items()}
    return part.model_copy(update=values)


def changes(part: Part) -> bool:
    """Whether any of its numbers changes in time."""
    return any(isinstance(getattr(part, name), Schedule) for name in _varying(type(part)))


@functools.cache
def _varying(part: type[Part]) -> tuple[str, ...]:
    """The fields that may hold a schedule in place of a number."""
    return tuple(name for name, field in part.model_fields.items() if any(isinstance(mark, Varying) for mark in field.marks))
