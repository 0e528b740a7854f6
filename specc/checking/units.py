"""What must hold of units: they can hold what their columns have, and stand on the side that they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from specc.checking.places import inputs_of
from specc.diagnostics import Label, Report, Span, listing
from specc.door import input_columns, is_embedded
from specc.ir import Node, Spec
from specc.machines import machines, units_of
from specc.vocabulary.columns import Array, Category, Image, Number, RatingLevels
from specc.vocabulary.families import Column, Units
from specc.vocabulary.layers.boltzmann import Hidden, Visible
from specc.vocabulary.part import every_class
from specc.vocabulary.units import Gaussian, ReplicatedSoftmax

Reason = tuple[str, str]
"""Why units do not hold a column, as the end of a sentence that begins with it, and the way out."""
SEVERAL = {
    "is a number": "are numbers",
    "is a category": "are categories",
    "is an image": "are images",
    "is an array": "are arrays",
    "has ": "have ",
    "goes ": "go ",
    "enters ": "enter ",
}
"""How a reason begins, and how that is said of several columns."""


def units_stand_on_their_side(spec: Spec, report: Report) -> None:
    """Some units hold data, some hold features, some either."""
    for node in inputs_of(spec):
        if isinstance(node.layer, Visible) and node.layer.units is not None and not node.layer.units.visible:
            _cannot_be("visible", node.layer.units, node, report)
    for node in machines(spec):
        assert isinstance(node.layer, Hidden)
        units = node.layer.units
        if not units.hidden:
            _cannot_be("hidden", units, node, report)
        elif isinstance(units, Gaussian) and units.written("variance") and units.variance == "learned":
            way_out = "take it away; of visible units it can be learned: `visible(…, units = gaussian(variance = learned))`"
            report.error("E0505", "the variance of hidden units is 1, and cannot be learned", node.span, help=way_out)
    _variance_is_one_rule(spec, report)
    _counts_stand_together(spec, report)


def _cannot_be(side: str, units: Units, node: Node, report: Report) -> None:
    fitting = [word.word for word in every_class("units") if getattr(word, side)]
    report.error("E0502", f"{side} units cannot be `{units.word}`", node.span, help=f"there are {listing(fitting, 'and')}")


def _variance_is_one_rule(spec: Spec, report: Report) -> None:
    """Gaussian units of several `visible` have all a learned variance, or none has."""
    gaussian = [node for node in inputs_of(spec) if isinstance(node.layer, Visible) and isinstance(node.layer.units, Gaussian)]
    learned = [node for node in gaussian if node.layer.units.variance == "learned"]  # type: ignore[attr-defined]
    fixed = [node for node in gaussian if node not in learned]
    if learned and fixed:
        labels = (Label(learned[0].span, "learned here"),)
        message = "of the gaussian units of a machine either all have a learned variance, or none"
        report.error("E0505", message, fixed[0].span, labels=labels, help="say `gaussian(variance = learned)` here too")


def _counts_stand_together(spec: Spec, report: Report) -> None:
    """The counts of several `visible` are those of one document: nothing stands between them."""
    seen = [node for node in inputs_of(spec) if isinstance(node.layer, Visible)]
    counts = [node for node in seen if isinstance(node.layer.units, ReplicatedSoftmax)]  # type: ignore[attr-defined]
    for before, node in pairwise(counts):
        between = seen[seen.index(before) + 1]
        if between is not node:
            labels = (Label(before.span, "the others are here"), Label(between.span, "this stands between"))
            message = "the counts of a machine are drawn together, and stand side by side"
            report.error("E0505", message, node.span, labels=labels, help="put what stands between before or behind them")


def units_hold_their_columns(spec: Spec, report: Report) -> None:
    """What the units of a `visible` cannot hold is told, all columns with one reason at once."""
    for node in inputs_of(spec):
        if not isinstance(node.layer, Visible) or (node.layer.units is not None and not node.layer.units.visible):
            continue
        found: dict[Reason, list[str]] = {}
        for name, reason in _misfits(spec, node, node.layer):
            found.setdefault(reason, []).append(name)
        for (why, way_out), names in found.items():
            labels = _declared_at(spec, names, node.span)
            why = why if len(names) == 1 else _of_several(why)
            report.error("E0502", f"{listing(names, 'and')} {why}", node.span, labels=labels, help=way_out)


def _of_several(why: str) -> str:
    """`has …` → `have …`, `is a number` → `are numbers`."""
    begin = next(begin for begin in SEVERAL if why.startswith(begin))
    return SEVERAL[begin] + why.removeprefix(begin)


def _misfits(spec: Spec, node: Node, layer: Visible) -> Iterator[tuple[str, Reason]]:
    assert spec.data is not None
    for name in input_columns(spec, node):
        column = spec.data.columns[name]
        if is_embedded(spec, name):
            yield name, ("enters by an embedding, which no units hold", "take `encode = onehot`, or leave `encode` out")
        elif layer.units is None and units_of(column) is None:
            yield name, _undecided(column)
        elif layer.units is not None and (reason := _misfit(layer.units, column)) is not None:
            yield name, reason


def _undecided(column: Column) -> Reason:
    """The numbers of an image that no units hold by themselves."""
    range_of = "−1…1" if isinstance(column, Image) and column.scale == "symmetric" else "0…255"
    way_out = "`scale = unit` makes bernoulli units of it, `scale = standard` gaussian ones; or say which: `units = gaussian`"
    return f"goes from {range_of.replace('…', ' to ')}: which units are to hold it?", way_out


def _misfit(units: Units, column: Column) -> Reason | None:
    """Why written units do not hold a column; None where they do, as far as the spec can tell."""
    if isinstance(column, RatingLevels):
        return None  # its own rules speak of it
    if isinstance(column, Category) != (units.word == "softmax"):
        return _other_kind(units, column)
    if units.word == "replicated_softmax" and _changed_by(column):
        return f"has `{_changed_by(column)}`, and `replicated_softmax` takes counts as they are", "take it away"
    if units.word == "bernoulli" and (scale := leads_out_of_the_unit_range(column)):
        fitting = "`scale = unit`" if isinstance(column, Image) else "`scale = minmax`"
        return f"{scale}, and bernoulli units hold 0 to 1", f"{fitting} brings it there; gaussian units hold any number"
    return None


def _other_kind(units: Units, column: Column) -> Reason:
    kind = f"is {'an' if column.word[0] in 'aio' else 'a'} {column.word}"
    if isinstance(column, Category):
        return f"{kind}, and {units.word} units hold numbers", "leave `units` out: labels have softmax units, numbers their own"
    return f"{kind}, and softmax units hold labels", "leave `units` out; numbers have bernoulli or gaussian units"


def _changed_by(column: Column) -> str:
    """The setting of a column that makes something else of its numbers."""
    if getattr(column, "scale", None) is not None:
        return f"scale = {getattr(column, 'scale')}"  # noqa: B009
    return "transform = log1p" if getattr(column, "transform", None) is not None else ""


def leads_out_of_the_unit_range(column: Column) -> str:
    """How a column's scale takes it out of 0 … 1, as far as that is known without the data."""
    if isinstance(column, Image) and column.scale is None:
        return "goes from 0 to 255"
    scale = column.scale if isinstance(column, Image | Number | Array) else None
    return "" if scale in (None, "unit", "minmax") else f"has `scale = {scale}`"


def _declared_at(spec: Spec, names: Sequence[str], used: Span) -> tuple[Label, ...]:
    """The line of the first of some columns, where it is not the one that is spoken of."""
    span = spec.spans.get(f"data.columns.{names[0]}")
    return () if span is None or span == used else (Label(span, "declared here"),)
