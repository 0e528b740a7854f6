"""What must hold of the parts that a phase speaks of: each is there and has weights, and something is always trained."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checking.places import called, span_of
from specc.costs import tensors_of
from specc.diagnostics import Report, Span, did_you_mean, listing
from specc.ir import Phase, Spec
from specc.members import held_parts, members, part_names, ways


def parts_are_there(spec: Spec, report: Report) -> None:
    """Each part that is named is there, and has what its setting is about."""
    if not any(phase.parts or phase.settings.freeze for phase in spec.phases):
        return
    weighted = _weighted(spec)
    for phase in spec.phases:
        for part, span, holds in _named(spec, phase):
            nodes = members(spec, part)
            if not nodes:
                meant = did_you_mean(part, part_names(spec))
                way_out = f"did you mean `{meant}`?" if meant else "a part is a layer, a block or a graph by its name, or a word"
                report.error("E0103", f"there is no part called `{part}`", span, help=way_out)
            elif not any(node.name in weighted or (holds and node.layer.batch_statistics) for node in nodes):
                what = "to freeze" if holds else "for a setting of its own"
                report.error("E0505", f"`{part}` has no weights {what}", span, help="name another part")


def _named(spec: Spec, phase: Phase) -> Iterator[tuple[str, Span | None, bool]]:
    """The parts that a phase names, where, and whether to hold them."""
    for part in phase.parts:
        yield part, span_of(spec, phase, part), False
    for freezing in phase.settings.freeze:
        for part in freezing.parts:
            yield part, span_of(spec, phase, "freeze"), True


def freezings_say_how_long(spec: Spec, report: Report) -> None:
    for phase in spec.phases:
        span = span_of(spec, phase, "freeze")
        for freezing in phase.settings.freeze:
            if not freezing.parts:
                report.error("E0204", f"`{freezing.word}` needs the parts that it holds", span, help="as in `parts = [dense_1]`")
            ends = [name for name in ("epoch", "step") if getattr(freezing, name, None) is not None]
            if freezing.word == "until" and len(ends) != 1:
                how = "has both `epoch` and `step`" if ends else "needs an `epoch` or a `step`"
                report.error("E0204", f"`until` {how}", span, help="as in `until(epoch = 5, parts = [dense_1])`")


def something_is_trained(spec: Spec, report: Report) -> None:
    """A model without weights learns nothing, and a phase whose every weight is frozen at its beginning would run for nothing."""
    if spec.model.parts and not _weighted(spec) and not report.has_errors:
        message = f"the `{spec.model.word}` has no weights: there is nothing to learn"
        way_out = "give it layers that have some, as `dense(64, relu)` or `conv2d(16, 3)`"
        report.error("E0505", message, spec.spans.get(next(iter(spec.graphs))), help=way_out)
        return
    freezes = any(held_parts(spec, phase) for phase in spec.phases)
    weighted = _weighted(spec) if freezes else set()
    for phase in spec.phases if weighted else ():
        held = {name for part in held_parts(spec, phase) for name in part.names}
        if weighted <= held:
            message = f"{called(phase)} begins with every weight frozen, and learns nothing"
            report.error("E0505", message, span_of(spec, phase, "freeze"), help="leave some part free, or `freeze` out")


def settings_reach_weights(spec: Spec, report: Report) -> None:
    """What a part or a phase says of weights reaches some that are trained."""
    for phase in spec.phases:
        if not phase.parts or report.has_errors:
            continue
        held, weighted = held_parts(spec, phase), _weighted(spec)
        trained = [
            way
            for name, way in ways(spec, phase).items()
            if name in weighted and not any(held[index].is_for_good for index in way.held)
        ]
        parts = {part: settings for part, settings in phase.parts.items() if any(n.name in weighted for n in members(spec, part))}
        for part, settings in (("", phase.settings), *parts.items()):
            for name in ("optimizer", "schedule", "regularize"):
                written = name in settings.model_fields_set and (part or phase.name in ("train", "") or _own(spec, phase, name))
                if written and all(getattr(way, name) != part for way in trained):
                    what = f"{part}.{name}" if part else name
                    message = f"nothing uses `{what}`: those weights have their own, or are always frozen"
                    report.error("E0210", message, span_of(spec, phase, what), help="take it away")


def _own(spec: Spec, phase: Phase, name: str) -> bool:
    """Whether a phase has a setting itself: one of `train` may serve another phase."""
    return f"train.{phase.name}.{name}" in spec.spans


def settings_of_parts_differ(spec: Spec, report: Report) -> None:
    """Two parts of equal size that share layers: it cannot be said whose setting is the nearer one."""
    for phase in spec.phases:
        for first, second in _pairs(list(phase.parts)):
            one, other = ({node.name for node in members(spec, part)} for part in (first, second))
            both = phase.parts[first].model_fields_set & phase.parts[second].model_fields_set
            if both and one & other and len(one) == len(other):
                message = f"`{first}` and `{second}` are the same layers, and each has {listing(sorted(both), 'and')}"
                report.error("E0205", message, span_of(spec, phase, second), help="keep one of them")


def _pairs(names: list[str]) -> Iterator[tuple[str, str]]:
    return ((first, second) for i, first in enumerate(names) for second in names[i + 1 :])


def _weighted(spec: Spec) -> set[str]:
    """The layers that have anything to train."""
    return {node.name for node in spec.nodes if tensors_of(node, tuple(spec.shapes[name] for name in node.inputs))}
