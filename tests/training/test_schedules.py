"""Schedules against their closed forms."""

from __future__ import annotations

import math

import pytest

from specc.training.clock import Clock, Rate
from specc.vocabulary.families import Schedule
from specc.vocabulary.part import every_class
from specc.vocabulary.schedules import Constant, Cosine, Exponential, Linear, OneCycle, Plateau, Stages, Step, Warmup

EPOCHS, PER_EPOCH = 10, 8


def rates(schedule: Schedule | None, start: float = 1.0) -> list[float]:
    clock = Clock(PER_EPOCH, EPOCHS * PER_EPOCH)
    rate = Rate(start, schedule)
    values = []
    while not clock.is_over:
        values.append(rate.at(clock))
        clock.step += 1
    return values


CLOSED = [
    (Constant(), lambda t, e: 1.0),
    (Linear(to=0.1), lambda t, e: 1.0 - 0.9 * t),
    (Cosine(to=0.0), lambda t, e: (1 + math.cos(math.pi * t)) / 2),
    (Cosine(to=0.2), lambda t, e: 0.2 + 0.8 * (1 + math.cos(math.pi * t)) / 2),
    (Step(size=3, factor=0.5), lambda t, e: 0.5 ** (e // 3)),
    (Exponential(rate=0.9), lambda t, e: 0.9**e),
    (Exponential(rate=0.9, start=0.4), lambda t, e: 0.4 * 0.9**e),
    (Step(size=3, factor=0.5, start=0.2), lambda t, e: 0.2 * 0.5 ** (e // 3)),
    (Linear(start=0.5, to=0.9), lambda t, e: 0.5 + 0.4 * t),
    (Linear(to=0.0, epochs=4), lambda t, e: 1.0 - min(1.0, e / 4)),
    (Cosine(start=0.8, to=0.2, epochs=5), lambda t, e: 0.2 + 0.6 * (1 + math.cos(math.pi * min(1.0, e / 5))) / 2),
    (Warmup(start=0.5, to=0.9, epochs=5), lambda t, e: 0.5 + 0.4 * min(1.0, e / 5)),
    (Warmup(start=0.0, to=2.0, steps=20), lambda t, e: 2.0 * min(1.0, e * PER_EPOCH / 20)),
    (Stages(values=(1, 3, 5, 9)), lambda t, e: (1, 3, 5, 9)[int(4 * t)]),
]


@pytest.mark.parametrize(("schedule", "closed"), CLOSED, ids=[repr(schedule) for schedule, _ in CLOSED])
def test_closed_forms(schedule: Schedule, closed) -> None:
    expected = [0.3 * closed(i / (EPOCHS * PER_EPOCH), i / PER_EPOCH) for i in range(EPOCHS * PER_EPOCH)]
    assert rates(schedule, 0.3) == pytest.approx(expected)


def test_warmup_rises_in_a_line_and_the_rest_follows_behind_it() -> None:
    values = rates(Cosine(warmup=2))
    steps = 2 * PER_EPOCH
    assert values[:steps] == pytest.approx([i / steps for i in range(steps)])
    left = (EPOCHS - 2) * PER_EPOCH
    assert values[steps:] == pytest.approx([(1 + math.cos(math.pi * i / left)) / 2 for i in range(left)])


def test_warmup_by_step_counts_steps() -> None:
    values = rates(Linear(to=1.0, warmup=5, by="step"))
    assert values == pytest.approx([min(1.0, i / 5) for i in range(EPOCHS * PER_EPOCH)])


def test_one_cycle_begins_low_peaks_and_ends_lower() -> None:
    values = rates(OneCycle(peak=0.25, start=10.0, end=1000.0))
    peak = EPOCHS * PER_EPOCH // 4
    assert values[0] == pytest.approx(0.1)
    assert values[peak] == pytest.approx(1.0) == max(values)
    assert values[peak // 2] == pytest.approx((0.1 + 1.0) / 2)
    assert values == pytest.approx(sorted(values[:peak]) + sorted(values[peak:], reverse=True))


def test_plateau_cuts_after_patience_and_not_below_its_floor() -> None:
    rate = Rate(1.0, Plateau(measure="validation.loss", factor=0.5, patience=1, to=0.2))
    clock = Clock(1, 100)
    seen = []
    for value in [1.0, 0.9, 0.95, 0.95, 0.95, 0.95, 0.5, 0.6, 0.6, 0.6, 0.6]:
        rate.observe(value, lower_is_better=True)
        seen.append(rate.at(clock))
    assert seen == pytest.approx([1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2])


def test_every_schedule_is_tested_here() -> None:
    tested = {type(schedule) for schedule, _ in CLOSED} | {OneCycle, Plateau}
    assert tested == set(every_class("schedule"))


def test_a_schedule_stays_between_the_values_that_it_says() -> None:
    """So a bound that holds for those holds at every step."""
    for schedule, _ in CLOSED:
        if schedule.needs is None or schedule.written(schedule.needs):
            values = rates(schedule)
            assert min(schedule.reach()) <= min(values) and max(values) <= max(schedule.reach()), schedule
