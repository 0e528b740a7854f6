"""What must hold of restricted Boltzmann machines: which layers a model has, what their units can be, how they are trained."""

from __future__ import annotations

from collections.abc import Collection

from specc.checking.places import called, inputs_of, span_of
from specc.defaults import procedure_of
from specc.diagnostics import Label, Report
from specc.door import input_columns, is_embedded
from specc.ir import Node, Spec
from specc.machines import machines, units_of, visible_layers
from specc.vocabulary.columns import Category, Image, RatingLevels
from specc.vocabulary.layers.boltzmann import Hidden, Rbm, Visible
from specc.vocabulary.layers.boltzmann import Label as LabelUnits
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.models import Dbn
from specc.vocabulary.models import Rbm as RbmModel
from specc.vocabulary.regularizers import Sparsity


def with_labels(nodes: list[Node], targets: Collection[str]) -> list[Node]:
    """The nodes with each visible target as the label of the machine that sees it, behind that machine."""
    labels = {n.name: n for n in nodes if isinstance(n.layer, Visible) and n.layer.columns and set(n.layer.columns) <= {*targets}}
    result: list[Node] = []
    for node in nodes:
        if node.name in labels:
            continue
        seen = [name for name in node.inputs if name in labels]
        others = tuple(name for name in node.inputs if name not in labels)
        result.append(node.model_copy(update={"inputs": others}) if seen else node)
        for name in seen:
            own = labels.pop(name)
            layer = LabelUnits(column=own.layer.columns[0])  # type: ignore[attr-defined]
            result.append(own.model_copy(update={"layer": layer, "inputs": (*others, node.name)}))
    return [*labels.values(), *result]


WORDS = {"rbm": "a `visible` and a `hidden`", "dbn": "`visible`, then an `rbm` for each layer, then `output`"}


def layers_fit_the_model(spec: Spec, report: Report) -> None:
    """`visible` and `hidden` stand in an `rbm`, `rbm` in a `dbn`, `input` in a `network`."""
    for graph in spec.graphs.values():
        for node in graph.nodes:
            if isinstance(spec.model, RbmModel):
                _fits_an_rbm(node, report)
            elif isinstance(spec.model, Dbn):
                _fits_a_dbn(node, report)
            elif isinstance(node.layer, Hidden | Visible | LabelUnits) and node.trail == () and "." not in node.name:
                model = "a `dbn`" if isinstance(node.layer, Rbm) else "an `rbm`"
                way_out = "`input` takes columns into a network" if isinstance(node.layer, Visible) else _way_to_machines(node)
                report.error("E0113", f"`{node.layer.word}` stands in {model}", node.span, help=way_out)


def _way_to_machines(node: Node) -> str:
    return "train it in a spec of its own, and take it from there: `pretrained(\"runs/NAME\", part = hidden_1)`"


def _fits_an_rbm(node: Node, report: Report) -> None:
    layer = node.layer
    if isinstance(layer, Rbm):
        report.error("E0113", "`rbm` is a layer of a `dbn`", node.span, help="an `rbm` has one: `hidden(500)`")
    elif isinstance(layer, Input) and not isinstance(layer, Visible):
        report.error("E0113", "an `rbm` sees columns by `visible`", node.span, help="write `visible(…)` for `input(…)`")
    elif isinstance(layer, Output) and not isinstance(layer, LabelUnits):
        way_out = "make the label visible, `visible(label)`, or put the machine into a `dbn`: `dbn { visible(…); rbm(500); output(…) }`"
        report.error("E0113", "an `rbm` has no `output`", node.span, help=way_out)
    elif not isinstance(layer, Hidden | Visible | LabelUnits):
        report.error("E0113", f"an `rbm` has no `{layer.word}`", node.span, help=f"it has {WORDS['rbm']}")


def _fits_a_dbn(node: Node, report: Report) -> None:
    layer = node.layer
    if isinstance(layer, Hidden) and not isinstance(layer, Rbm):
        report.error("E0113", "`hidden` is the one layer of an `rbm`", node.span, help="in a `dbn` each layer is an `rbm(500)`")
    elif isinstance(layer, Input) and not isinstance(layer, Visible):
        report.error("E0113", "a `dbn` sees columns by `visible`", node.span, help="write `visible(…)` for `input(…)`")
    elif isinstance(layer, LabelUnits):
        report.error("E0113", f"the target `{layer.column}` cannot be visible in a `dbn`", node.span, help=f"end with `output({layer.column})`")


def machines_are_whole(spec: Spec, report: Report) -> None:
    """An `rbm` has visible units and one hidden layer; in a `dbn` each `rbm` stands on the visible units or another `rbm`."""
    if not isinstance(spec.model, RbmModel | Dbn) or report.has_errors:
        return
    word, found = spec.model.word, machines(spec)
    nodes = spec.graph.nodes
    end = nodes[-1].span if nodes else spec.spans.get("model")
    if not any(visible_layers(spec.graph)):
        report.error("E0113", f"the `{word}` has no visible units" + (" beside the label" if nodes else ""), end, help="begin with `visible(features)`")
    elif not found:
        layer = "hidden(500)" if word == "rbm" else "rbm(500)"
        report.error("E0113", f"the `{word}` has no `{layer.partition('(')[0]}`", end, help=f"as in `{layer}`")
    elif isinstance(spec.model, RbmModel) and len(found) > 1:
        labels = (Label(found[0].span, "first here"),)
        layers = "; ".join(f"rbm({node.layer.count})" for node in found)  # type: ignore[attr-defined]
        report.error("E0113", "an `rbm` has one `hidden`: machines one upon the other are a `dbn`", found[1].span, labels=labels, help=f"write `dbn {{ visible(…); {layers} }}`")
    for node in found:
        before = [spec.graph.node(name) for name in node.inputs if name in spec.graph.by_name]
        astray = next((other for other in before if not isinstance(other.layer, Visible | Hidden)), None)
        if astray is not None:
            labels = (Label(astray.span, "this stands between"),)
            report.error("E0113", f"`{node.layer.word}` stands on visible units or on an `rbm`", node.span, labels=labels, help="put other layers behind the last `rbm`")
    labelled = [node for node in nodes if isinstance(node.layer, LabelUnits)]
    if len(labelled) > 1:
        labels = (Label(labelled[0].span, "first here"),)
        report.error("E0113", "an `rbm` answers one target", labelled[1].span, labels=labels, help="leave the others out of `target`, or take a `dbn`")
    assert spec.data is not None
    for node in labelled:
        column = node.layer.column  # type: ignore[attr-defined]
        if not isinstance(spec.data.columns.get(column), Category):
            report.error("E0502", f"an `rbm` answers labels, and `{column}` is a number", node.span, help=f"take a `dbn` that ends with `output({column})`")


def units_fit_their_columns(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for node in inputs_of(spec):
        if not isinstance(node.layer, Visible):
            continue
        units = node.layer.units
        for name in input_columns(spec, node):
            column = spec.data.columns[name]
            if is_embedded(spec, name):
                report.error("E0502", f"`{name}` enters by an embedding, and units need numbers", node.span, help="take `encode = onehot`")
            elif units is not None and not units.visible:
                report.error("E0502", f"visible units cannot be `{units.word}`", node.span, help="there are bernoulli, gaussian, softmax and replicated_softmax")
                break
            elif units is not None and not isinstance(column, RatingLevels) and (units.word == "softmax") != isinstance(column, Category):
                kind = f"a {column.word}" if column.word[0] not in "aio" else f"an {column.word}"
                fitting = "softmax" if isinstance(column, Category) else "bernoulli or gaussian"
                report.error("E0502", f"`{name}` is {kind}, which `{units.word}` units do not hold", node.span, help=f"its units are {fitting}")
                break
            elif units is not None and units.word == "replicated_softmax" and getattr(column, "scale", None):
                report.error("E0502", f"`{name}` is scaled, and `replicated_softmax` counts", node.span, help="leave `scale` out")
                break
            elif isinstance(column, Image) and (units.word if units else "bernoulli") == "bernoulli" and column.scale != "unit":
                report.error("E0502", f"bernoulli units hold 0…1, and `{name}` is not scaled to that", spec.spans.get(f"data.columns.{name}", node.span), help="`scale = unit` does, or `scale = standard` for gaussian units")
    for node in machines(spec):
        if not node.layer.units.hidden:  # type: ignore[attr-defined]
            report.error("E0502", f"hidden units cannot be `{node.layer.units.word}`", node.span, help="there are bernoulli, gaussian and relu")  # type: ignore[attr-defined]


def procedures_fit_the_model(spec: Spec, report: Report) -> None:
    """Machines are trained by procedures of machines, answers by `supervised`."""
    stack = machines(spec)
    answered = any(isinstance(node.layer, Output) and not isinstance(node.layer, LabelUnits) for graph in spec.graphs.values() for node in graph.nodes)
    for phase in spec.phases:
        procedure, span = procedure_of(spec, phase), span_of(spec, phase, "procedure")
        if (procedure.of_machines or procedure.of_stacks) and not stack:
            report.error("E0505", f"`{procedure.word}` trains restricted Boltzmann machines, and the model has none", span, help="a `network` is trained by `supervised`")
        elif procedure.of_stacks and (not isinstance(spec.model, Dbn) or len(stack) < 2):
            report.error("E0505", f"`{procedure.word}` trains a `dbn` of at least two machines", span, help="an `rbm` is trained by contrastive divergence alone")
        elif procedure.word == "supervised" and not answered:
            way_out = "a machine is trained by `contrastive_divergence`" if stack else "end with `output(…)`"
            report.error("E0505", f"`supervised` trains answers, and the `{spec.model.word}` has none", span, help=way_out)


def settings_fit_the_procedure(spec: Spec, report: Report) -> None:
    """What a procedure does not use is no setting of its phase."""
    labelled = any(isinstance(node.layer, LabelUnits) for graph in spec.graphs.values() for node in graph.nodes)
    for phase in spec.phases:
        procedure = procedure_of(spec, phase)
        of_machines = procedure.of_machines or procedure.of_stacks
        names = ("loss", "accumulate", "freeze", *(() if labelled else ("label_noise",))) if of_machines else ()
        for name in names:
            if phase.settings.written(name) and (spec.spans.get(f"train.{phase.name}.{name}") or len(spec.phases) == 1):
                report.error("E0505", f"`{procedure.word}` has no use for `{name}`", span_of(spec, phase, name), help="take it away, or put it into the phase that it is for")
        sparse = [r for r in phase.settings.regularize if isinstance(r, Sparsity)]
        sparse += [r for part in phase.parts.values() for r in part.regularize or () if isinstance(r, Sparsity)]
        if sparse and not of_machines:
            report.error("E0505", "`sparsity` is for hidden units of machines", span_of(spec, phase, "regularize"), help="it belongs to the phase that trains them")
        for metric in phase.settings.metrics if not of_machines else ():
            if metric.target == "machine":
                report.error("E0502", f"`{metric.word}` measures machines, and {called(phase)} trains answers", span_of(spec, phase, "metrics"), help="put it into the phase that trains them")
        for part, settings in phase.parts.items():
            if settings.epochs is not None and not procedure.of_machines:
                report.error("E0505", f"{called(phase)} trains all parts at once: `{part}` has no epochs of its own", span_of(spec, phase, f"{part}.epochs"), help="take it away")


def units_of_columns_are_known(spec: Spec, report: Report) -> None:
    """A column whose numbers no unit holds by itself says so."""
    assert spec.data is not None
    for node in inputs_of(spec):
        if isinstance(node.layer, Visible) and node.layer.units is None:
            for name in input_columns(spec, node):
                if units_of(spec.data.columns[name]) is None and not report.has_errors:
                    report.error("E0502", f"which units hold `{name}`, in −1…1?", node.span, help=f"say `scale = unit` at `{name}`, for bernoulli units, or `scale = standard`, for gaussian ones")

