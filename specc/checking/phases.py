"""What must hold of each phase of training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from specc.checking.places import called, kind_of, span_of
from specc.diagnostics import Label, Report, Span
from specc.ir import Phase, Spec
from specc.records import Record
from specc.shapes import product
from specc.vocabulary.families import Schedule
from specc.vocabulary.optimizers import Sgd
from specc.vocabulary.regularizers import L1, L2, Sparsity


def phases_end(spec: Spec, report: Report) -> None:
    for phase in spec.phases:
        settings = phase.settings
        if settings.epochs is None and settings.steps is None:
            message = f"how long does {called(phase)} run?"
            report.error("E0501", message, span_of(spec, phase), help="say `epochs = 20` or `steps = 1_000`")
        if settings.epochs is not None and settings.steps is not None:
            steps = span_of(spec, phase, "steps")
            labels = (Label(steps, "and steps here"),) if steps is not None else ()
            message = f"{called(phase)} has both `epochs` and `steps`"
            report.error("E0501", message, span_of(spec, phase, "epochs"), labels=labels, help="keep one of them")


def a_run_has_one_seed(spec: Spec, report: Report) -> None:
    """Weights, order and noise are drawn by one seed from the first phase to the last."""
    for phase in spec.phases:
        span = spec.spans.get(f"train.{phase.name}.seed")
        if span is not None and phase.name != "train":
            way_out = "set `train.seed`" if span.origin else "write it in `train`, outside of the phases"
            report.error("E0505", f"a run has one seed, and {called(phase)} sets its own", span, help=way_out)


def batches_serve_batch_statistics(spec: Spec, report: Report) -> None:
    # One picture has a height and a width to take statistics over.
    normed = [n for n in spec.nodes if n.layer.batch_statistics and (not n.shape.is_image or product(n.shape.sizes[1:]) == 1)]
    rows = spec.bound.rows.get("train") if spec.bound is not None else None
    for phase in spec.phases if normed else ():
        labels = (Label(normed[0].span, "needs the statistics of a batch"),)
        instead = ", or `layer_norm`" if normed[0].layer.word == "batch_norm" else ""
        if phase.settings.batch == 1:
            span, way_out = span_of(spec, phase, "batch"), f"take `batch = 2` or more{instead}"
        elif phase.settings.rows == 1:
            span, way_out = span_of(spec, phase, "rows"), f"take `rows = 2` or more{instead}"
        elif rows == 1:
            span, way_out = spec.spans.get("data.split", spec.spans.get("data.source")), "there is one training row: find more"
        else:
            continue
        report.error("E0505", "a batch of one row has no statistics", span, labels=labels, help=way_out)


def momentum_comes_before_nesterov(spec: Spec, report: Report) -> None:
    for optimizer, span in _each(spec, "optimizer"):
        if isinstance(optimizer, Sgd) and optimizer.nesterov and optimizer.momentum == 0:
            message = "`nesterov` looks ahead along the momentum, which is 0"
            way_out = "as in `sgd(0.1, momentum = 0.9, nesterov = true)`"
            report.error("E0505", message, span, help=way_out)


def regularizers_are_named_once(spec: Spec, report: Report) -> None:
    for regularizers, span in _each(spec, "regularize"):
        for kind in (L1, L2, Sparsity):
            if sum(isinstance(regularizer, kind) for regularizer in regularizers) > 1:
                way_out = "keep one of them" if kind is Sparsity else "add up their costs"
                report.error("E0205", f"the regularizer `{kind.word}` is named twice", span, help=way_out)


def schedules_count_something(spec: Spec, report: Report) -> None:
    """`by = step` says what a warm-up, or a schedule that counts, is counted in; others go by the share that is done."""
    for schedule, span in (found for phase in spec.phases for found in schedules_of(spec, phase)):
        counts = schedule.word in ("step", "exponential")
        by_step = getattr(schedule, "by", "epoch") == "step"
        if by_step and not counts and getattr(schedule, "warmup", 0) == 0:
            message = "`by = step` counts a warm-up in steps, and there is no `warmup`"
            report.error("E0505", message, span, help="take `by` away, or as in `warmup = 100`")
        elif by_step and getattr(schedule, "epochs", None) is not None:
            message = f"`{schedule.word}` counts steps (`by = step`), and has `epochs`"
            report.error("E0505", message, span, help="take one of them away")
        lengths = [name for name in ("epochs", "steps") if getattr(schedule, name, None) is not None]
        if schedule.word == "warmup" and len(lengths) != 1:
            how = "has both `epochs` and `steps`" if lengths else "needs `epochs` or `steps`"
            report.error("E0204", f"`warmup` {how}", span, help="as in `warmup(0.5, 0.9, epochs = 5)`")
        if schedule.word == "schedule" and len(schedule.reach()) < 2:
            report.error("E0204", "`schedule` needs two values at least", span, help="as in `schedule(1, 0.1, 0.01)`")


def schedules_of(spec: Spec, phase: Phase) -> Iterator[tuple[Schedule, Span | None]]:
    """Every schedule of a phase: of the learning rate, of its parts', and of other numbers that change in time."""
    for part, settings in (("", phase.settings), *phase.parts.items()):
        for name in settings.model_fields_set:
            for schedule in _within(getattr(settings, name)):
                yield schedule, span_of(spec, phase, f"{part}.{name}" if part else name)


def _within(value: object) -> Iterator[Schedule]:
    if isinstance(value, Schedule):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _within(item)
    elif isinstance(value, Record):
        for name in value.model_fields_set:
            yield from _within(getattr(value, name))


def _each(spec: Spec, name: str) -> Iterator[tuple[Any, Span | None]]:
    """A setting of every phase and of each of its parts, where it is written."""
    for phase in spec.phases:
        for part, settings in (("", phase.settings), *phase.parts.items()):
            if name in settings.model_fields_set and getattr(settings, name) is not None:
                yield getattr(settings, name), span_of(spec, phase, f"{part}.{name}" if part else name)


def schedules_of_rates_are_factors(spec: Spec, report: Report) -> None:
    """A factor below zero would turn training around."""
    for schedule, span in _each(spec, "schedule"):
        if any(value < 0 for value in schedule.reach()):
            report.error("E0203", "a factor of the learning rate is at least 0", span, help="give it values from 0 on")


def batches_are_accumulated_where_there_are_several(spec: Spec, report: Report) -> None:
    for phase in spec.phases:
        if phase.settings.accumulate > 1 and phase.settings.batch == "all":
            message = "`batch = all` is the whole training set: there is nothing to `accumulate`"
            way_out = "give `batch` a number of rows, or take `accumulate` away"
            report.error("E0505", message, span_of(spec, phase, "accumulate"), help=way_out)


def averages_are_of_several(spec: Spec, report: Report) -> None:
    """The average of one epoch is that epoch."""
    for phase in spec.phases:
        average, epochs = phase.settings.average, phase.settings.epochs
        start = getattr(average, "start", None)
        if start is not None and epochs and epochs - max(1, math.ceil(start * epochs)) < 1:
            message = f"`swa` averages the ends of epochs from {start:g} of the phase on: of {epochs}, that is one"
            report.error("E0505", message, span_of(spec, phase, "average"), help="begin earlier, as in `swa(start = 0.5)`")


def some_labels_are_wrong(spec: Spec, report: Report) -> None:
    """A share of so few rows that it is none would change nothing."""
    given = spec.bound.rows.get("train", 0) if spec.bound is not None else 0
    for phase in spec.phases if given else ():
        rows, share = phase.rows_of(given), phase.settings.label_noise
        if share and round(share * rows) == 0:
            message = f"`label_noise = {share:g}` of {rows:,} rows is none"
            report.error("E0505", message, span_of(spec, phase, "label_noise"), help="take a larger share, or take it away")


def wrong_labels_need_labels(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for phase in spec.phases:
        if phase.settings.label_noise is not None and all(kind_of(spec, name) == "number" for name in spec.data.target):
            lack = "the target has none" if spec.data.target else "there is no target"
            message = f"`label_noise` gives rows another label, and {lack}"
            report.error("E0505", message, span_of(spec, phase, "label_noise"), help="take it away")
