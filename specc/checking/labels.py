"""Labels among the visible units of an `rbm`: the target that it sees, and answers from all others."""

from __future__ import annotations

from collections.abc import Collection

from specc.checking.places import outputs_of
from specc.diagnostics import Label, Report
from specc.ir import Node, Spec
from specc.vocabulary.columns import Category
from specc.vocabulary.layers.boltzmann import Label as LabelUnits
from specc.vocabulary.layers.boltzmann import Visible


def with_labels(nodes: list[Node], targets: Collection[str]) -> list[Node]:
    """The nodes with each visible target as the label of the machine that sees it, behind that machine.

    A label that the spec itself wrote takes nothing: it is told apart by that.
    """
    labels = {node.name: node for node in nodes if isinstance(node.layer, Visible) and _is_label(node.layer, targets)}
    result: list[Node] = []
    for node in nodes:
        if node.name in labels:
            continue
        if isinstance(node.layer, LabelUnits):
            node = node.model_copy(update={"inputs": ()})
        seen = [name for name in node.inputs if name in labels]
        others = tuple(name for name in node.inputs if name not in labels)
        result.append(node.model_copy(update={"inputs": others}) if seen else node)
        for name in seen:
            own = labels.pop(name)
            layer = LabelUnits(column=own.layer.columns[0])  # type: ignore[attr-defined]
            result.append(own.model_copy(update={"layer": layer, "inputs": (*others, node.name)}))
    return [*labels.values(), *result]


def _is_label(layer: Visible, targets: Collection[str]) -> bool:
    """Whether visible units are a target by itself; units that no label has are a mistake, and are kept to be told."""
    of_labels = layer.units is None or layer.units.word == "softmax"
    return len(layer.columns) == 1 and layer.columns[0] in targets and of_labels


def labels_are_told_by_one_machine(spec: Spec, report: Report) -> None:
    """An `rbm` answers one target, and that is a category."""
    assert spec.data is not None
    labelled = [node for node in outputs_of(spec) if isinstance(node.layer, LabelUnits)]
    if len(labelled) > 1:
        labels = (Label(labelled[0].span, "first here"),)
        message, way_out = "an `rbm` answers one target", "leave the other out of `target`, and it is a visible unit like any"
        report.error("E0113", message, labelled[1].span, labels=labels, help=way_out)
    for node in labelled:
        column = node.layer.column  # type: ignore[attr-defined]
        declared = spec.data.columns.get(column)
        if declared is not None and not isinstance(declared, Category):
            way_out = f"out of `target` it is a visible unit like any; or take a `dbn` that ends with `output({column})`"
            kind = "a number" if declared.word == "number" else f"an {declared.word}"
            report.error("E0502", f"an `rbm` answers labels, and `{column}` is {kind}", node.span, help=way_out)
