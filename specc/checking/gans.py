"""What must hold of the parts of a gan: what each takes, and what its discriminator ends with."""

from __future__ import annotations

from specc.checking.places import outputs_of
from specc.composites import end_of, is_noise
from specc.diagnostics import Label, Report, Span, listing
from specc.ir import Graph, Node, Spec
from specc.shapes import differ
from specc.vocabulary.activations import Sigmoid
from specc.vocabulary.adversarial import AdversarialLoss, Minimax, NonSaturating
from specc.vocabulary.columns import Number
from specc.vocabulary.families import Activation
from specc.vocabulary.layers.composite import Code, Condition, Found, Made
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.losses import BinaryCrossEntropy


def parts_of_gans_see_what_they_may(spec: Spec, report: Report) -> None:
    """Rows go into the discriminator alone; noise and codes into the generator alone."""
    if spec.model.word != "gan":
        return
    for part, graph in spec.graphs.items():
        for node in graph.nodes:
            _may_stand(part, node, spec.spans.get(part), report)
    if (discriminator := spec.graphs.get("discriminator")) is not None:
        _there_is_one_input(spec, discriminator, report)
    for part in ("generator", "discriminator", "recognizer"):
        if part in spec.graphs and not report.has_errors and not any(map(_works, spec.graphs[part].nodes)):
            way_out = "give it some, as in `dense(64, relu)`"
            report.error("E0208", f"the {part} has no layers", _place(spec, part), help=way_out)


def _may_stand(part: str, node: Node, place: Span | None, report: Report) -> None:
    taken = (Label(place, "taken in here"),) if place is not None else ()
    if isinstance(node.layer, Output) and part != "discriminator":
        way_out = "put it into the discriminator, which then tells labels as well"
        report.error("E0113", f"a {part} has no `output`", node.span, help=way_out)
    elif type(node.layer) is Input and part == "generator":
        way_out = "what rows are made for is a `condition`: `condition(label)` above, and `condition` here"
        report.error("E0505", "the generator takes columns of the data", node.span, help=way_out)
    elif type(node.layer) is Input and part == "recognizer":
        way_out = "it takes a tensor of the discriminator: name that, as in `input(discriminator.features)`"
        report.error("E0505", "the recognizer takes columns of the data", node.span, help=way_out)
    elif is_noise(node) and part == "discriminator":
        message = f"the discriminator takes `{node.local_name}`, of which real rows are not made"
        report.error("E0505", message, node.span, labels=taken, help=f"take it away there: {_of_codes(node)}")
    elif is_noise(node) and part == "recognizer":
        message = f"the recognizer takes `{node.local_name}` itself, and is to find codes in the row"
        report.error("E0505", message, node.span, labels=taken, help="take it away there: it sees tensors of the discriminator")


def _of_codes(node: Node) -> str:
    if isinstance(node.layer, Code):
        return "a `recognizer` finds codes again"
    return "it takes rows, and conditions"


def _works(node: Node) -> bool:
    """Whether a node is a layer that someone wrote into a part."""
    return not isinstance(node.layer, Input | Made | Found) and not is_noise(node)


def _there_is_one_input(spec: Spec, graph: Graph, report: Report) -> None:
    plain = [node for node in graph.nodes if type(node.layer) is Input]
    if not plain and not report.has_errors:
        way_out = "begin it with `input(features)`, or an image by its name"
        report.error("E0505", "the discriminator takes no columns", _place(spec, "discriminator"), help=way_out)
    for node in plain[1:]:
        labels = (Label(plain[0].span, "first here"),)
        message = "a discriminator has one input: what it takes is what the generator makes"
        way_out = "join columns, `input(age, height)`; what rows are made for is a `condition`"
        report.error("E0505", message, node.span, labels=labels, help=way_out)
    for node in spec.nodes if plain else ():
        made = plain[0].layer.columns  # type: ignore[attr-defined]
        if isinstance(node.layer, Condition) and node.layer.columns == made:
            message = f"the condition {listing(made, 'and')} is what the generator is to make"
            labels = (Label(plain[0].span, "made and judged here"),)
            way_out = "take other columns, or leave the condition out"
            report.error("E0505", message, node.span, labels=labels, help=way_out)
            return


def _place(spec: Spec, part: str) -> Span | None:
    return spec.spans.get(part, spec.spans.get("model"))


def components_of_gans_are_taken(spec: Spec, report: Report) -> None:
    """Both parts see a condition, or the discriminator answers it; a code goes in at one end and is found at the other."""
    if spec.model.word != "gan" or report.has_errors or "generator" not in spec.graphs or "discriminator" not in spec.graphs:
        return
    _conditions_are_heeded(spec, report)
    generator, recognizer = spec.graphs["generator"], spec.graphs.get("recognizer")
    taken = [node for node in generator.nodes if isinstance(node.layer, Code)]
    if recognizer is None:
        if taken:
            way_out = "write `recognizer { input(discriminator.NAME); dense(32) }`, NAME one of the discriminator's layers"
            report.error("E0208", f"nothing finds the code `{taken[0].local_name}` again", taken[0].span, help=way_out)
        return
    found = [node.local_name for node in recognizer.nodes if isinstance(node.layer, Found)]
    lost = [name for name in found if name not in {node.local_name for node in taken}]
    if lost:
        message = f"the generator does not take the code `{lost[0]}`: there is nothing to find again"
        report.error("E0107", message, spec.spans.get(f"gan.{lost[0]}"), help=f"take it: `concat(latent, {lost[0]})`")
    elif not found:
        message = "the recognizer has nothing to find: the gan has no `code`"
        way_out = "as in `code kind(10, category)`, which the generator takes: `concat(latent, kind)`"
        report.error("E0208", message, _place(spec, "recognizer"), help=way_out)


def _conditions_are_heeded(spec: Spec, report: Report) -> None:
    taken = {part: [n for n in graph.nodes if isinstance(n.layer, Condition)] for part, graph in spec.graphs.items()}
    made_for, judged = taken["generator"], taken["discriminator"]
    if judged and not made_for:
        message = "the generator does not take the `condition`: what it makes would not depend on it"
        report.error("E0107", message, judged[0].span, help="take it there as well: `concat(latent, condition)`")
    if not made_for or judged:
        return
    columns: tuple[str, ...] = made_for[0].layer.columns  # type: ignore[attr-defined]
    if set(columns) <= {node.layer.column for node in outputs_of(spec) if isinstance(node.layer, Output)}:
        return
    message = "the discriminator does not see the `condition`: nothing would make the generator heed it"
    way_out = "take it there as well: `concat(it, condition)`, with a picture `concat(it, plane(condition))`"
    if len(columns) == 1 and columns[0] != "features":
        way_out += f"; or answer it: `output({columns[0]})`"
    report.error("E0107", message, made_for[0].span, help=way_out)


def scores_have_no_bounds(spec: Spec, report: Report) -> None:
    """A discriminator ends with a linear layer; a sigmoid is part of the losses that compare with labels by it."""
    if "discriminator" not in spec.graphs or report.has_errors:
        return
    graph = spec.graphs["discriminator"]
    end = graph.node(end_of(graph))
    if (answer := answer_as_score(graph)) is not None:
        _labels_are_a_score(spec, answer, report)
        return
    activation: Activation | None = getattr(end.layer, "activation", None)
    folds = isinstance(activation, Sigmoid) and all(isinstance(game, Minimax | NonSaturating) for game in games_of(spec))
    if activation is not None and activation.word != "linear" and not folds:
        message = f"the discriminator ends with `{activation.word}`, and its score is any number"
        report.error("E0505", message, end.span, help="take it away: the loss does the rest")


def answer_as_score(graph: Graph) -> Node | None:
    """The labels whose logits are the score, where a discriminator ends with them: generated rows are one label more."""
    end = end_of(graph)
    return next((node for node in graph.nodes if isinstance(node.layer, Output) and end in node.inputs), None)


def games_of(spec: Spec) -> list[AdversarialLoss]:
    return [t.loss for phase in spec.phases for t in phase.settings.loss if isinstance(t.loss, AdversarialLoss)]


def _labels_are_a_score(spec: Spec, answer: Node, report: Report) -> None:
    assert spec.data is not None and isinstance(answer.layer, Output)
    column = answer.layer.column
    beside = f"give it a score beside them: `output({column}); dense(1)`"
    if isinstance(spec.data.columns.get(column), Number):
        message = f"the discriminator ends with the number `{column}`, and gives no score"
        report.error("E0505", message, answer.span, help=f"give it one beside: `output({column}); dense(1)`")
    for phase in spec.phases:
        losses = [term.loss for term in phase.settings.loss]
        span = spec.spans.get(f"train.{phase.written_name}.loss", spec.spans.get("train.loss"))
        labels = (Label(answer.span, "the score is of these labels"),)
        game = next((loss for loss in losses if isinstance(loss, AdversarialLoss)), None)
        if game is not None and not isinstance(game, Minimax | NonSaturating):
            message = f"the labels say with which probability a row is real, and `{game.word}` compares no probabilities"
            report.error("E0505", message, span, labels=labels, help=f"take `non_saturating`; or {beside}")
        if any(isinstance(loss, BinaryCrossEntropy) for loss in losses):
            message = "generated rows are one label more, and `binary_cross_entropy` tells two apart"
            report.error("E0502", message, span, labels=labels, help=f"take `cross_entropy`; or {beside}")


def discriminators_give_a_score(spec: Spec, report: Report) -> None:
    """One number a row, or one a patch; or the logits of labels."""
    if "discriminator" not in spec.graphs or report.has_errors:
        return
    graph = spec.graphs["discriminator"]
    end = graph.node(end_of(graph))
    if answer_as_score(graph) is not None:
        return
    shape = end.shape
    first = shape.sizes[0] if shape.is_vector or shape.is_image else None
    if first is None or differ(first, 1):
        way_out = (
            "end it with `dense(1)`"
            if not shape.is_image
            else "end it with `flatten; dense(1)`, or `conv2d(1, 4)`: a score a patch"
        )
        report.error("E0302", f"the discriminator ends with {shape}, and gives one score", end.span, help=way_out)
