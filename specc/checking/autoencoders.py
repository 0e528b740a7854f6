"""What must hold of an autoencoder: what its encoder takes, where its decoder ends, and what its losses compare."""

from __future__ import annotations

from specc.checking.losses import sound_losses
from specc.checking.places import called, span_of
from specc.checking.units import leads_out_of_the_unit_range
from specc.checking.wording import article_of
from specc.composites import made_node
from specc.defaults import procedure_of
from specc.diagnostics import Label, Report, Span, listing
from specc.door import input_columns, is_embedded
from specc.ends import last_working
from specc.ir import Node, Phase, Spec
from specc.vocabulary.adversarial import AdversarialLoss, FeatureMatching, MutualInformation
from specc.vocabulary.columns import Category, Image
from specc.vocabulary.families import Loss
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.losses import (
    BinaryCrossEntropy,
    Contractive,
    CrossEntropy,
    MeanAbsoluteError,
    MeanSquaredError,
    SumSquaredError,
)

REBUILD = ("autoencoder", "vae")
"""The models whose decoder makes again what their encoder takes."""
REBUILDING = ("reconstruction", "layerwise")
"""The procedures that train an autoencoder by how far what it makes is from the row."""
COMPARE_ROWS = (MeanSquaredError, MeanAbsoluteError, SumSquaredError, BinaryCrossEntropy, CrossEntropy)


def encoders_take_what_is_rebuilt(spec: Spec, report: Report) -> None:
    """An encoder has one input and layers behind it; its decoder sees the code alone, and nothing is answered."""
    if spec.model.word not in REBUILD or "encoder" not in spec.graphs:
        return
    encoder, word = spec.graphs["encoder"].nodes, spec.model.word
    inputs = [node for node in encoder if type(node.layer) is Input]
    if not inputs and not any(isinstance(node.layer, Input) for node in encoder):
        way_out = "begin it with `input(features)`, or an image by its name"
        report.error("E0505", "the encoder takes no columns: there is nothing to rebuild", _place(spec, encoder), help=way_out)
        return
    if len(inputs) > 1:
        _takes_one(spec, inputs, report)
    elif inputs and all(isinstance(node.layer, Input) for node in encoder):
        message = "the encoder has no layers: its code would be the row itself"
        report.error("E0505", message, inputs[0].span, help="give it some, as in `dense(32, relu)`")
    for node in spec.graphs["decoder"].nodes if "decoder" in spec.graphs else ():
        if type(node.layer) is Input:
            message = f"the decoder sees {listing(node.layer.columns, 'and')} itself, and is to make it of the code"
            way_out = "take it away: it begins with the code; what is known of a row beside its code is a `condition`"
            report.error("E0505", message, node.span, help=way_out)
    for node in spec.nodes:
        if isinstance(node.layer, Output):
            way_out = "take it away; a classifier of its codes is a `network` that begins with this run's encoder: `pretrained`"
            message = f"{article_of(word)} `{word}` has no `output`: what it makes is its own row"
            report.error("E0113", message, node.span, help=way_out)


def _place(spec: Spec, nodes: tuple[Node, ...]) -> Span | None:
    return nodes[0].span if nodes else spec.spans.get("encoder", spec.spans.get("model"))


def _takes_one(spec: Spec, inputs: list[Node], report: Report) -> None:
    first, second = inputs[:2]
    columns = [name for node in (first, second) for name in node.layer.columns]  # type: ignore[attr-defined]
    assert spec.data is not None
    joined = all(name == "features" or (c := spec.data.columns.get(name)) is None or c.joins_features for name in columns)
    way_out = f"join them: `input({', '.join(columns)})`" if joined else "what is only to be known of a row is a `condition`"
    labels = (Label(first.span, "first here"),)
    report.error("E0505", "an encoder has one input: what it takes is what is rebuilt", second.span, labels=labels, help=way_out)


def what_is_rebuilt_can_be(spec: Spec, report: Report) -> None:
    """Rows are numbers, which a decoder's last layer can give; an embedded category is an index."""
    if (node := _rebuilt(spec)) is None:
        return
    embedded = [name for name in input_columns(spec, node) if is_embedded(spec, name)]
    if embedded:
        enters = "enters" if len(embedded) == 1 else "enter"
        message = f"{listing(embedded, 'and')} {enters} by an embedding, which cannot be rebuilt"
        label = _declared(spec, embedded[0])
        way_out = "take `encode = onehot`, or leave `encode` out"
        report.error("E0505", message, node.span, labels=(label,) if label else (), help=way_out)
    if not report.has_errors:
        _the_end_reaches(spec, node, report)


def _rebuilt(spec: Spec) -> Node | None:
    """The input of the encoder of a model that rebuilds it."""
    encoder = spec.graphs.get("encoder") if spec.model.word in REBUILD else None
    return next((node for node in encoder.nodes if type(node.layer) is Input), None) if encoder is not None else None


def _the_end_reaches(spec: Spec, node: Node, report: Report) -> None:
    """A sigmoid gives numbers from 0 to 1, a softmax such that add up to 1."""
    assert spec.data is not None
    made = made_node(spec)
    columns = {name: spec.data.columns[name] for name in input_columns(spec, node)}
    if made is None or not isinstance(made.layer, Made):
        return
    end = last_working(spec.graphs["decoder"])
    if made.layer.head == "sigmoid":
        for name, column in columns.items():
            if reason := leads_out_of_the_unit_range(column):
                label = _declared(spec, name)
                message = f"the decoder ends with a sigmoid, which gives 0 to 1, and `{name}` {reason}"
                fitting = "`scale = unit`" if isinstance(column, Image) else "`scale = minmax`"
                way_out = f"{fitting} brings it there; or end the decoder without: {ended(end, 'linear')}"
                report.error("E0505", message, end.span, labels=(label,) if label else (), help=way_out)
                return
    alone = len(columns) == 1 and (isinstance(next(iter(columns.values())), Category) or _is_array(columns))
    if made.layer.head == "softmax" and not alone:
        message = f"the decoder ends with a softmax, whose numbers add up to 1, and those of {_some(list(columns))} do not"
        way_out = f"numbers from 0 to 1 are each a sigmoid's: {ended(end, 'sigmoid')}"
        report.error("E0505", message, end.span, help=way_out)


def _is_array(columns: dict) -> bool:
    return next(iter(columns.values())).word == "array"


def _some(columns: list[str]) -> str:
    return listing(columns, "and") if len(columns) < 4 else f"{listing(columns[:2])} and {len(columns) - 2} more"


def ended(end: Node, activation: str) -> str:
    """How the last layer of a decoder is written with another activation."""
    if isinstance(end.layer, Mirrored):
        return f"`mirror(activation = {activation})`"
    if isinstance(end.layer, Dense):
        return f"`dense({end.layer.units}, {activation})`"
    return f"`activation = {activation}`"


def _declared(spec: Spec, column: str) -> Label | None:
    span = spec.spans.get(f"data.columns.{column}")
    return Label(span, "declared here") if span is not None else None


def losses_compare_rows(spec: Spec, report: Report) -> None:
    """The losses of an autoencoder compare what is rebuilt with the row; `contractive` stands beside one of them."""
    for phase in spec.phases:
        if procedure_of(spec, phase).word in REBUILDING:
            _losses_of(spec, phase, report)


def _losses_of(spec: Spec, phase: Phase, report: Report) -> None:
    span = span_of(spec, phase, "loss")
    losses = [term.loss for term in phase.settings.loss]
    for loss in sound_losses(phase, span, "the end of the decoder says which", report):
        if isinstance(loss, AdversarialLoss | MutualInformation | FeatureMatching):
            continue  # that there is no discriminator is another rule's
        if not isinstance(loss, (Contractive, *COMPARE_ROWS)):
            message = f"`{loss.word}` compares no rows, and {called(phase)} rebuilds them"
            way_out = "take `mean_squared_error`, or `binary_cross_entropy` where the decoder ends with a sigmoid"
            report.error("E0502", message, span, help=way_out)
        elif loss.output is not None:
            message = f"`{loss.word}` names `{loss.output}`, and what is compared is the whole row"
            report.error("E0503", message, span, help="leave the name out")
        elif (written := _written_in_vain(loss)) is not None:
            message = f"`{loss.word}` compares whole rows here, and has no use for `{written}`"
            report.error("E0505", message, span, help="take it away")
        elif not report.has_errors:
            _fits_the_end(spec, loss, span, report)
    if losses and all(isinstance(loss, Contractive) for loss in losses) and not report.has_errors:
        message = "`contractive` asks for codes that hardly change, and no loss asks for rows to be rebuilt"
        report.error("E0502", message, span, help="put it beside one: `loss = [mean_squared_error, 0.1 * contractive]`")


def _written_in_vain(loss: Loss) -> str | None:
    """An argument of a loss that is of labels."""
    names = (name for name in type(loss).model_fields if loss.written(name) and getattr(loss, name) is not None)
    return next(names, None)


def _fits_the_end(spec: Spec, loss: Loss, span: Span | None, report: Report) -> None:
    made = made_node(spec)
    needs = {BinaryCrossEntropy: "sigmoid", CrossEntropy: "softmax"}.get(type(loss))
    if made is None or not isinstance(made.layer, Made) or needs is None or made.layer.head == needs:
        return
    end = last_working(spec.graphs["decoder"])
    labels = (Label(end.span, "the decoder ends here"),)
    has, compares = made.layer.head, {"sigmoid": "numbers from 0 to 1", "softmax": "numbers that add up to 1"}[needs]
    if has == "linear":
        activation = getattr(end.layer, "activation", None)
        ends = f"ends with `{activation.word}`" if activation is not None else "ends without one"
        message = f"`{loss.word}` compares {compares}, as a {needs} gives them, and the decoder {ends}"
        way_out = f"end it with {ended(end, needs)}; or take `mean_squared_error`, which compares any numbers"
    else:
        other = {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy"}[has]
        message = f"`{loss.word}` compares {compares}, as a {needs} gives them, and the decoder ends with a {has}"
        way_out = f"take `{other}`"
    report.error("E0502", message, span, labels=labels, help=way_out)
