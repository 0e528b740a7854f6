"""Layers that lead to no output."""

from __future__ import annotations

from specc.diagnostics import Label, Report, Span, listing
from specc.ir import Node
from specc.vocabulary.layers.boltzmann import Hidden, Visible
from specc.vocabulary.layers.boltzmann import Label as LabelUnits
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input


def every_layer_leads_on(nodes: list[Node], last: str | None, report: Report, ends: bool = False) -> None:
    """Every layer leads to an output, or where the graph `ends` so to its last tensor.

    Otherwise the last of each dead end is named, once a statement.
    """
    if report.has_errors or _is_another_model(nodes):
        return
    names = {node.name for node in nodes}
    taken: set[str] = set()
    for node in nodes:
        # The second input of a shortcut only lends its shape.
        inputs = node.inputs[:1] if node.layer.word == "shortcut" else node.inputs
        taken |= {tensor if tensor in names else tensor.rpartition(".")[0] for tensor in inputs}
    machines = any(isinstance(node.layer, Hidden) for node in nodes)
    answered = any(isinstance(node.layer, Output) and not isinstance(node.layer, LabelUnits) for node in nodes)
    told: set[Span] = set()
    for node in nodes:
        is_end = isinstance(node.layer, Output) or (isinstance(node.layer, Hidden) and node.name == last and not answered)
        is_end = is_end or (ends and last is not None and node.name in (last, last.rpartition(".")[0]))
        if node.name in taken or is_end or node.span in told or (isinstance(node.layer, Visible) and not machines):
            continue
        told.add(node.span)
        what = f"the input {listing(node.layer.columns, 'and')}" if isinstance(node.layer, Input) else f"`{node.name}`"
        if isinstance(node.layer, Visible):
            what = f"the visible {listing(node.layer.columns, 'and')}"
        ways = "end with `output(…)`" if node.name == last else "take it with `of = …` or a merge, or delete it"
        if node.name == last and answered:
            ways = "an `output(…)` takes the layer that stands before it: put this one there, or delete it"
        labels = tuple(Label(use, "used here") for use in node.trail)
        report.error("E0107", f"nothing uses {what}", node.span, help=ways, labels=labels)


def _is_another_model(nodes: list[Node]) -> bool:
    """Whether layers stand there that do not go together: the rules of machines say what is wrong."""
    of_an_rbm = any(type(node.layer) is Hidden for node in nodes)
    others = any(not isinstance(node.layer, Visible | Hidden | LabelUnits) for node in nodes)
    return (of_an_rbm and others) or any(isinstance(node.layer, LabelUnits) and not node.inputs for node in nodes)
