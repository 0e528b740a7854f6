"""What must hold of each phase of training."""

from __future__ import annotations

from specc.checking.places import called, span_of
from specc.diagnostics import Label, Report
from specc.ir import Spec
from specc.vocabulary.optimizers import Sgd
from specc.vocabulary.regularizers import L1, L2


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
    normed = [n for g in spec.graphs.values() for n in g.nodes if n.layer.batch_statistics]
    rows = spec.bound.rows.get("train") if spec.bound is not None else None
    for phase in spec.phases if normed else ():
        labels = (Label(normed[0].span, "needs the statistics of a batch"),)
        if phase.settings.batch == 1:
            span, way_out = span_of(spec, phase, "batch"), "take `batch = 2` or more, or `layer_norm`"
        elif phase.settings.rows == 1:
            span, way_out = span_of(spec, phase, "rows"), "take `rows = 2` or more, or `layer_norm`"
        elif rows == 1:
            span, way_out = spec.spans.get("data.split", spec.spans.get("data.source")), "there is one training row: find more"
        else:
            continue
        report.error("E0505", "a batch of one row has no statistics", span, labels=labels, help=way_out)


def momentum_comes_before_nesterov(spec: Spec, report: Report) -> None:
    for phase in spec.phases:
        optimizer = phase.settings.optimizer
        if isinstance(optimizer, Sgd) and optimizer.nesterov and optimizer.momentum == 0:
            message = "`nesterov` looks ahead along the momentum, which is 0"
            way_out = "as in `sgd(0.1, momentum = 0.9, nesterov = true)`"
            report.error("E0505", message, span_of(spec, phase, "optimizer"), help=way_out)


def regularizers_are_named_once(spec: Spec, report: Report) -> None:
    for phase in spec.phases:
        for kind in (L1, L2):
            if sum(isinstance(regularizer, kind) for regularizer in phase.settings.regularize) > 1:
                span = span_of(spec, phase, "regularize")
                report.error("E0205", f"the regularizer `{kind.word}` is named twice", span, help="add up their costs")


def schedules_count_something(spec: Spec, report: Report) -> None:
    """`by = step` says what a warm-up, or a schedule that counts, is counted in; others go by the share that is done."""
    for phase in spec.phases:
        schedule = phase.settings.schedule
        counts = schedule is not None and schedule.word in ("step", "exponential")
        if getattr(schedule, "by", "epoch") == "step" and not counts and getattr(schedule, "warmup", 0) == 0:
            message = "`by = step` counts a warm-up in steps, and there is no `warmup`"
            report.error("E0505", message, span_of(spec, phase, "schedule"), help="take `by` away, or as in `warmup = 100`")
