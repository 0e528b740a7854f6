"""Advice (W1xxx): what is no mistake, and still seldom meant."""

from __future__ import annotations

from specc.checking.phases import schedules_of
from specc.checking.places import inputs_of, outputs_of, span_of
from specc.checking.remedies import bounded_end
from specc.diagnostics import Report, Span, listing
from specc.door import input_columns
from specc.ir import Node, Spec
from specc.machines import units_in
from specc.vocabulary.columns import Image, Number
from specc.vocabulary.layers.activating import Activate
from specc.vocabulary.layers.boltzmann import Visible
from specc.vocabulary.layers.output import Output


def images_are_scaled(spec: Spec, report: Report) -> None:
    """Networks learn badly from inputs that are far from 1."""
    assert spec.data is not None
    for node in inputs_of(spec):
        for name in input_columns(spec, node):
            column = spec.data.columns[name]
            if isinstance(column, Image) and column.scale is None:
                if bounded_end(spec) is not None:
                    continue  # what would bring it there goes by what the generator gives
                span = spec.spans.get(f"data.columns.{name}")
                report.warn("W1002", f"`{name}` enters the network as 0…255", span, help="`scale = unit` brings it to 0…1")


def gaussian_units_see_scaled_numbers(spec: Spec, report: Report) -> None:
    """Units of variance 1 learn nothing of numbers that are thousands apart."""
    assert spec.data is not None
    for node in inputs_of(spec):
        if not isinstance(node.layer, Visible):
            continue
        columns = {name: spec.data.columns[name] for name in input_columns(spec, node)}
        numbers = {name: column for name, column in columns.items() if isinstance(column, Number) and column.scale is None}
        bare = [name for name, column in numbers.items() if units_in(node.layer, column) == "gaussian"]
        if bare:
            more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
            message = f"gaussian units see {listing(bare[:3], 'and')}{more} as they are"
            span = spec.spans.get(f"data.columns.{bare[0]}", node.span)
            report.warn("W1006", message, span, help="`scale = standard` brings them to mean 0 and deviation 1")


def outputs_follow_no_activation_of_labels(spec: Spec, report: Report) -> None:
    """`output` brings a layer and an activation of its own; a softmax before it squeezes what it sees."""
    for graph in spec.graphs.values():
        for node in outputs_of(spec):
            before = graph.by_name.get(node.inputs[0]) if node.inputs else None
            if before is not None and isinstance(node.layer, Output) and _is_softmax(before):
                message = f"`output({node.layer.column})` makes its own layer and activation behind this softmax"
                report.warn("W1003", message, before.span, help="take the layer with the softmax away")


def phases_outlast_what_they_begin_with(spec: Spec, report: Report) -> None:
    """A warm-up, or a part held for a while, that the end of the phase cuts off."""
    for phase in spec.phases:
        epochs = phase.settings.epochs
        if not epochs:
            continue
        for freezing in phase.settings.freeze:
            if (getattr(freezing, "epoch", None) or 0) >= epochs:
                _cut_off(report, f"`until(epoch = {freezing.epoch})`", epochs, span_of(spec, phase, "freeze"))  # type: ignore[attr-defined]
        for schedule, span in schedules_of(spec, phase):
            by_step = getattr(schedule, "by", "epoch") == "step"
            length = max(0 if by_step else getattr(schedule, "warmup", 0), getattr(schedule, "epochs", None) or 0)
            if length > epochs:
                _cut_off(report, f"`{schedule.word}` with its {length:g} epochs", epochs, span)


def _cut_off(report: Report, what: str, epochs: int, span: Span | None) -> None:
    ends = f"the phase ends after {epochs} epoch{'s' if epochs > 1 else ''}"
    report.warn("W1005", f"{what} comes to no end: {ends}", span, help="take fewer epochs there, or more for the phase")


def _is_softmax(node: Node) -> bool:
    activation = node.layer.activation if isinstance(node.layer, Activate) else getattr(node.layer, "activation", None)
    return activation is not None and activation.over_features
