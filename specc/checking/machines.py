"""What must hold of the layers of an `rbm` and of a `dbn`: which there are, and how they stand upon one another."""

from __future__ import annotations

from specc.checking.places import outputs_of
from specc.diagnostics import Label, Report, Span, listing
from specc.ir import Node, Spec
from specc.machines import machines, visible_layers
from specc.vocabulary.families import Layer
from specc.vocabulary.layers.boltzmann import Hidden, Rbm, Visible
from specc.vocabulary.layers.boltzmann import Label as LabelUnits
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.models import Dbn
from specc.vocabulary.models import Rbm as RbmModel

ELSEWHERE = 'a machine is trained in a spec of its own, and taken from its run: `pretrained("runs/NAME", part = hidden_1)`'


def layers_fit_the_model(spec: Spec, report: Report) -> None:
    """`visible` and `hidden` stand in an `rbm`, `rbm` in a `dbn`, `input` in a `network`."""
    fits = {RbmModel: _fits_an_rbm, Dbn: _fits_a_dbn}.get(type(spec.model), _fits_a_network)
    told: set[Span] = set()
    for node in (node for graph in spec.graphs.values() for node in graph.nodes):
        found = fits(node)
        if found is None or node.span in told:
            continue
        told.add(node.span)
        message, way_out = found
        labels = tuple(Label(use, "used here") for use in node.trail)
        report.error("E0113", message, node.span, labels=labels, help=way_out)


Misfit = tuple[str, str] | None
"""What is wrong with a layer in its model, and the way out."""


def _fits_a_network(node: Node) -> Misfit:
    match node.layer:
        case Visible():
            return "a `network` sees columns by `input`", f"write `input({_columns(node)})`"
        case Rbm():
            return "a `network` has no `rbm`", f"a `dbn` has: `dbn {{ visible(…); rbm(500); output(…) }}`; or {ELSEWHERE}"
        case Hidden():
            way_out = f"`dense({node.layer.count}, sigmoid)` is a network's; {ELSEWHERE}"
            return "a `network` has no `hidden`: it is the layer of an `rbm`", way_out
        case LabelUnits():
            return "a `network` has no label among what it sees", f"end with `output({node.layer.column})`"
    return None


def _fits_an_rbm(node: Node) -> Misfit:
    match node.layer:
        case Rbm():
            return "an `rbm` has no `rbm`: its layer is `hidden`", f"write `hidden({node.layer.count})`; several are a `dbn`"
        case LabelUnits() if not node.inputs:
            return "the label is one of the visible units", f"write `visible({node.layer.column})` before `hidden`"
        case Hidden() | Visible() | LabelUnits():
            return None
        case Input():
            return "an `rbm` sees columns by `visible`", f"write `visible({_columns(node)})`"
        case Output(column=column):
            way_out = f"make it visible, `visible({column})`, or take a `dbn {{ visible(…); rbm(500); output({column}) }}`"
            return "an `rbm` has no `output`", way_out
    return f"an `rbm` has no `{node.layer.word}`", "it is `visible` and `hidden`; a `dbn` may have more layers above its machines"


def _fits_a_dbn(node: Node) -> Misfit:
    match node.layer:
        case LabelUnits():
            way_out = f"leave it out, and end with `output({node.layer.column})`; in an `rbm` labels may be visible"
            return f"the target `{node.layer.column}` cannot be visible in a `dbn`", way_out
        case Rbm() | Visible():
            return None
        case Hidden():
            return "a `dbn` has no `hidden`: each of its layers is an `rbm`", f"write `rbm({node.layer.count})`"
        case Input():
            return "a `dbn` sees columns by `visible`", f"write `visible({_columns(node)})`"
    return None


def _columns(node: Node) -> str:
    return ", ".join(node.layer.columns) if isinstance(node.layer, Input) else ""


def machines_are_whole(spec: Spec, report: Report) -> None:
    """An `rbm` has visible units and one hidden layer; in a `dbn` each machine stands upon the one before."""
    if not isinstance(spec.model, RbmModel | Dbn) or report.has_errors:
        return
    nodes, stack = spec.graph.nodes, machines(spec)
    end = nodes[-1].span if nodes else spec.spans.get("model")
    if not any(True for _ in visible_layers(spec.graph)):
        beside, way_out = "", "begin with `visible(features)`"
        if outputs_of(spec):
            beside, way_out = " beside the label", "a label alone has nothing to be told by: add `visible(features)`"
        report.error("E0113", f"the `{spec.model.word}` has no visible units{beside}", end, help=way_out)
    elif not stack:
        word = "hidden" if isinstance(spec.model, RbmModel) else "rbm"
        way_out = f"say how many features it learns: `{word}(500)`"
        report.error("E0113", f"the `{spec.model.word}` has no `{word}`", end, help=way_out)
    elif isinstance(spec.model, RbmModel) and len(stack) > 1:
        message = "an `rbm` has one `hidden`: machines one upon the other are a `dbn`"
        labels = (Label(stack[0].span, "first here"),)
        report.error("E0113", message, stack[1].span, labels=labels, help=f"write `{_as_dbn(spec)}`")
    else:
        _stands_upon_the_one_before(spec, stack, report)


def _as_dbn(spec: Spec) -> str:
    """The stack that an `rbm` with several `hidden` was meant to be."""
    layers = [f"visible({_columns(node)}{_units_of(node.layer)})" for node in visible_layers(spec.graph)]
    layers += [f"rbm({node.layer.count}{_units_of(node.layer)})" for node in machines(spec) if isinstance(node.layer, Hidden)]
    layers += [f"output({node.layer.column})" for node in outputs_of(spec) if isinstance(node.layer, Output)]
    return f"dbn {{ {'; '.join(layers)} }}"


def _units_of(layer: Layer) -> str:
    """The units of a layer as it says them, behind its first argument."""
    units = layer.units if isinstance(layer, Visible | Hidden) and layer.written("units") else None
    return "" if units is None else f", units = {units.word}"


def _stands_upon_the_one_before(spec: Spec, stack: tuple[Node, ...], report: Report) -> None:
    below = {node.name for node in visible_layers(spec.graph)}
    for node in stack:
        before = [spec.graph.node(name) for name in node.inputs if name in spec.graph.by_name]
        astray = next((other for other in before if not isinstance(other.layer, Visible | Hidden)), None)
        if astray is not None:
            labels = (Label(astray.span, "this stands between"),)
            message = f"`{node.layer.word}` stands upon visible units or another machine, and `{astray.layer.word}` is neither"
            report.error("E0113", message, node.span, labels=labels, help="put other layers behind the last `rbm`")
            return
        if set(node.inputs) != below:
            message = f"`{node.name}` does not stand upon {listing(sorted(below), 'and')}"
            way_out = "in a `dbn` each machine takes the features of the one before: write them one after another"
            report.error("E0113", message, node.span, help=way_out)
            return
        below = {node.name}
