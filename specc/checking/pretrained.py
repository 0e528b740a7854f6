"""What must hold of parts of other runs, before those are opened: where they stand, where the run lies."""

from __future__ import annotations

from specc.checking.data import path_stays_inside
from specc.diagnostics import Label, Report, Span
from specc.grafting import pretrained_nodes
from specc.ir import Graph, Spec
from specc.vocabulary.families import Freezing
from specc.vocabulary.layers.sources import Input


def runs_lie_inside(graphs: dict[str, Graph], spans: dict[str, Span], folder: str, root: str | None, report: Report) -> None:
    """The path of each run leads into the spec's folder, or into `--root`. A block's use says it once."""
    places = {}
    for graph, node, layer in pretrained_nodes(graphs):
        places[spans.get(f"{graph.name}.{node.name}.run", node.span), layer.run] = None
    for span, path in places:
        path_stays_inside(path, folder, root, span, report, 'as in `"runs/houses"`')


def parts_of_runs_follow_an_input(spec: Spec, report: Report) -> None:
    for graph, node, layer in pretrained_nodes(spec.graphs):
        before = graph.by_name.get(node.inputs[0])
        if before is None or isinstance(before.layer, Input):
            continue
        message = f"`pretrained` stands behind `{before.name}`, and `{layer.part}` begins where its run does: at the `input`"
        labels = (Label(before.span, "stands between"),)
        report.error("E0505", message, node.span, labels=labels, help="write it right behind the `input`, or `of = ` its name")


def freezings_of_layers_say_how_long(spec: Spec, report: Report) -> None:
    """The `freeze` of a layer is about that layer."""
    for graph, node, layer in pretrained_nodes(spec.graphs):
        freezing, span = layer.freeze, spec.spans.get(f"{graph.name}.{node.name}.freeze", node.span)
        if not isinstance(freezing, Freezing):
            continue
        if getattr(freezing, "parts", ()):
            message = "the `freeze` of a layer holds that layer, and names no `parts`"
            report.error("E0505", message, span, help="take `parts` away, or write `freeze` in `train`")
        ends = [name for name in ("epoch", "step") if getattr(freezing, name, None) is not None]
        if freezing.word == "until" and len(ends) != 1:
            how = "has both `epoch` and `step`" if ends else "needs an `epoch` or a `step`"
            report.error("E0204", f"`until` {how}", span, help="as in `freeze = until(epoch = 3)`")
