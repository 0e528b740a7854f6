"""What must hold of a gan: what its parts take and end with, what they play for, and which remedies there are for what."""

from __future__ import annotations

from specc.checking.losses import list_of_losses_is_sound, loss_is_there_already
from specc.checking.places import called, outputs_of, span_of
from specc.composites import end_of
from specc.diagnostics import Label, Report, Span, listing
from specc.ends import last_working
from specc.ir import Node, Phase, Spec
from specc.shapes import differ
from specc.vocabulary.activations import Sigmoid
from specc.vocabulary.adversarial import AdversarialLoss, FeatureMatching, Minimax, MutualInformation, NonSaturating, Wasserstein
from specc.vocabulary.families import Activation, Loss
from specc.vocabulary.layers.composite import Code, Condition
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanAbsoluteError, MeanSquaredError

REMEDIES = ("label_smoothing", "noisy_labels", "instance_noise", "penalty")
COMPARING = (MeanAbsoluteError, MeanSquaredError)


def gans_have_one_game(spec: Spec, report: Report) -> None:
    """The discriminator has one input of rows, the generator none; codes have a recognizer."""
    if spec.model.word != "gan" or report.has_errors:
        return
    plain = {name: [n for n in graph.nodes if type(n.layer) is Input] for name, graph in spec.graphs.items()}
    if not plain["discriminator"]:
        way_out = "begin it with `input(features)`, or an image by its name"
        report.error("E0505", "the discriminator takes no columns", spec.graphs["discriminator"].nodes[0].span, help=way_out)
    for node in plain["discriminator"][1:]:
        labels = (Label(plain["discriminator"][0].span, "first here"),)
        message = "a discriminator has one input: what it takes is what the generator makes"
        way_out = "join columns, `input(age, height)`; what rows are made for is a `condition`"
        report.error("E0505", message, node.span, labels=labels, help=way_out)
    for part in ("generator", "recognizer"):
        for node in plain.get(part, ()):
            message = f"the {part} takes columns of the data"
            way_out = "what rows are made for is a `condition`: `condition(label)` above, and `condition` here"
            if part == "recognizer":
                way_out = "it takes a tensor of the discriminator: name that, as in `input(discriminator.features)`"
            report.error("E0505", message, node.span, help=way_out)
    codes = [node for node in spec.graphs["generator"].nodes if isinstance(node.layer, Code)]
    if codes and "recognizer" not in spec.graphs:
        way_out = "write `recognizer { input(discriminator.NAME) }`, NAME one of its layers, and add `mutual_information` to `loss`"
        report.error("E0208", f"nothing finds the code `{codes[0].local_name}` again", codes[0].span, help=way_out)
    if "recognizer" in spec.graphs and not codes:
        message = "the recognizer has nothing to find: the generator takes no `code`"
        report.error("E0208", message, spec.graphs["recognizer"].nodes[0].span, help="as in `code kind(10, category)`")


def scores_have_no_bounds(spec: Spec, report: Report) -> None:
    """A discriminator ends with a linear layer; a sigmoid is part of the losses that compare with labels by it."""
    if "discriminator" not in spec.graphs or report.has_errors:
        return
    graph = spec.graphs["discriminator"]
    end = graph.node(end_of(graph))
    activation: Activation | None = getattr(end.layer, "activation", None)
    if any(end.name in node.inputs and isinstance(node.layer, Output) for node in graph.nodes):
        return
    games = [t.loss for phase in spec.phases for t in phase.settings.loss if isinstance(t.loss, AdversarialLoss)]
    folds = isinstance(activation, Sigmoid) and all(isinstance(game, Minimax | NonSaturating) for game in games)
    if activation is not None and activation.word != "linear" and not folds:
        message = f"the discriminator ends with `{activation.word}`, and its score is any number"
        report.error("E0505", message, end.span, help="take it away: the loss does the rest")


def components_are_taken(spec: Spec, report: Report) -> None:
    """A condition of a gan is seen by its discriminator as well: otherwise the generator need not heed it."""
    if spec.model.word != "gan" or report.has_errors:
        return
    taken = {part: [n for n in graph.nodes if isinstance(n.layer, Condition)] for part, graph in spec.graphs.items()}
    lone = taken["generator"] and not taken["discriminator"] and not outputs_of(spec)
    if lone:
        message = "the discriminator does not see the `condition`: nothing would make the generator heed it"
        way_out = "take it there as well, `concat(it, plane(condition))` or `concat(it, condition)`, or answer it: `output(…)`"
        report.error("E0107", message, taken["generator"][0].span, help=way_out)


def discriminators_give_a_score(spec: Spec, report: Report) -> None:
    """One number a row, or one a patch; or the logits of labels."""
    if "discriminator" not in spec.graphs or report.has_errors:
        return
    graph = spec.graphs["discriminator"]
    end = graph.node(end_of(graph))
    if any(end.name in node.inputs and isinstance(node.layer, Output) for node in graph.nodes):
        return
    shape = end.shape
    first = shape.sizes[0] if shape.is_vector or shape.is_image else None
    if first is None or differ(first, 1):
        way_out = "end it with `dense(1)`" if not shape.is_image else "end it with `flatten; dense(1)`, or `conv2d(1, 4)`: a score a patch"
        report.error("E0302", f"the discriminator ends with {shape}, and gives one score", end.span, help=way_out)


def games_are_played_for_something(spec: Spec, report: Report) -> None:
    """One adversarial loss in each phase that is adversarial, and beside it what there is in the model."""
    for phase in spec.phases:
        span = span_of(spec, phase, "loss")
        losses = [term.loss for term in phase.settings.loss]
        if "discriminator" not in spec.graphs:
            _there_is_no_game(spec, losses, span, report)
            continue
        if spec.model.word != "gan" or report.has_errors:
            continue
        list_of_losses_is_sound(phase, span, "`non_saturating` it is", report)
        games = [loss for loss in losses if isinstance(loss, AdversarialLoss)]
        if losses and len(games) != 1:
            have = "names several" if games else "names none"
            way_out = f"there are {listing((f'`{word}`' for word in GAMES), 'and')}"
            report.error("E0505", f"a gan plays for one adversarial loss, and {called(phase)} {have}", span, help=way_out)
        for place, loss in enumerate(losses):
            if loss_is_there_already(loss, losses[:place]):
                report.error("E0205", f"the loss `{loss.word}` is named twice", span, help="one weight says how much it counts")
            _stands_beside(spec, loss, span, report)


GAMES = ("minimax", "non_saturating", "least_squares", "hinge", "wasserstein")


def _there_is_no_game(spec: Spec, losses: list[Loss], span: Span | None, report: Report) -> None:
    for loss in losses:
        if isinstance(loss, AdversarialLoss | MutualInformation | FeatureMatching):
            message = f"`{loss.word}` needs a discriminator, and a `{spec.model.word}` has none"
            report.error("E0502", message, span, help="adversarial losses are for a `gan`")


def _stands_beside(spec: Spec, loss: Loss, span: Span | None, report: Report) -> None:
    """Whether the model has what a loss beside the game is of."""
    answered = {node.layer.column: node for node in outputs_of(spec) if isinstance(node.layer, Output)}
    made = next((node.layer.columns for node in spec.graphs["discriminator"].nodes if type(node.layer) is Input), ())
    if isinstance(loss, MutualInformation) and "recognizer" not in spec.graphs:
        report.error("E0505", "`mutual_information` needs a `recognizer`", span, help="write `recognizer { … }` in the gan")
    elif isinstance(loss, FeatureMatching) and loss.tensor is not None and _of_discriminator(spec, loss.tensor) is None:
        way_out = "name one of its layers: `dense features(64)` and `feature_matching(features)`"
        report.error("E0103", f"the discriminator has no layer called `{loss.tensor}`", span, help=way_out)
    elif isinstance(loss, COMPARING):
        pair = {loss.output, loss.other} - {None, "generator"}
        if pair != set(made) and not (made == ("features",) and not pair):
            message = f"`{loss.word}` compares what the generator makes with the data's own row: {listing(made, 'and')}"
            report.error("E0503", message, span, help=f"write `{loss.word}(generator, {made[0]})`" if made else "")
    elif isinstance(loss, CrossEntropy | BinaryCrossEntropy):
        if loss.output is not None and loss.output not in answered:
            report.error("E0503", f"`{loss.word}` names `{loss.output}`, which is no output", span, help="outputs are answered labels")
        elif not answered:
            report.error("E0505", f"`{loss.word}` needs labels", span, help="answer some in the discriminator: `output(label)`")
    elif not isinstance(loss, AdversarialLoss | MutualInformation | FeatureMatching):
        report.error("E0502", f"`{loss.word}` is no loss of a gan", span, help=f"there are {listing(GAMES, 'and')}")


def _of_discriminator(spec: Spec, name: str) -> Node | None:
    by_name = spec.graphs["discriminator"].by_name
    return by_name.get(name) or by_name.get(f"discriminator.{name}")


def remedies_have_a_disease(spec: Spec, report: Report) -> None:
    """Settings of adversarial training stand where it is, and change something there."""
    for phase in spec.phases:
        adversarial = "discriminator" in spec.graphs
        for name in (*REMEDIES, "sample"):
            if getattr(phase.settings, name) is None or not phase.settings.written(name):
                continue
            if name == "sample" and (adversarial or spec.model.word == "vae"):
                continue
            if not adversarial:
                message = f"`{name}` is for adversarial training, and {called(phase)} has no discriminator"
                report.error("E0505", message, span_of(spec, phase, name), help="take it away")
        for part, settings in phase.parts.items():
            if settings.updates is not None and (part != "discriminator" or not adversarial):
                message = f"`{part}` has no updates of its own in a step"
                way_out = "it is the discriminator that may have several: `discriminator.updates = 5`"
                report.error("E0505", message, span_of(spec, phase, f"{part}.updates"), help=way_out)
        if adversarial and not report.has_errors:
            _labels_are_told(spec, phase, report)
            _rows_stand_apart(spec, phase, report)


def _labels_are_told(spec: Spec, phase: Phase, report: Report) -> None:
    """Only losses that compare scores with labels have labels to be smoothed or wrong."""
    game = next((term.loss for term in phase.settings.loss if isinstance(term.loss, AdversarialLoss)), None)
    for name in ("label_smoothing", "noisy_labels"):
        if getattr(phase.settings, name) is not None and game is not None and game.tells_by == "scores":
            message = f"`{game.word}` tells rows apart without labels: `{name}` has nothing to change"
            way_out = "take it away, or take `non_saturating`, `minimax` or `least_squares`"
            report.error("E0505", message, span_of(spec, phase, name), help=way_out)
    if phase.settings.accumulate > 1:
        message = "the discriminator and the generator take a batch in turn: there is nothing to `accumulate`"
        report.error("E0505", message, span_of(spec, phase, "accumulate"), help="take a larger `batch`")


def _rows_stand_apart(spec: Spec, phase: Phase, report: Report) -> None:
    """A penalty on the gradient at each row has no meaning where rows depend on one another."""
    settings = phase.settings
    weight = next((t.loss.gradient_penalty for t in settings.loss if isinstance(t.loss, Wasserstein)), 0.0)
    penalty = settings.penalty.word if settings.penalty is not None else "gradient_penalty" if weight else ""
    mixing = next((node for node in spec.graphs["discriminator"].nodes if node.layer.batch_statistics), None)
    if not penalty or mixing is None:
        return
    message = f"`{penalty}` is of the gradient at each row by itself, and `{mixing.layer.word}` mixes the rows of a batch"
    labels = (Label(mixing.span, "in the discriminator"),)
    way_out = "take `layer_norm`, `instance_norm` or `norm = spectral` there (Gulrajani et al. 2017)"
    place = span_of(spec, phase, "penalty" if settings.penalty is not None else "loss")
    report.error("E0505", message, place, labels=labels, help=way_out)


def discriminators_have_gradients(spec: Spec, report: Report) -> None:
    """ReLU and max pooling let no gradient through for most of what they see (W1007)."""
    if "discriminator" not in spec.graphs:
        return
    told: set[Span] = set()
    for node in spec.graphs["discriminator"].nodes:
        activation = getattr(node.layer, "activation", None)
        relu = activation is not None and activation.word == "relu"
        if node.span in told or not (relu or node.layer.word in ("max_pool2d", "global_max_pool2d")):
            continue
        told.add(node.span)
        word = "relu" if relu else node.layer.word
        better = "`leaky_relu(0.2)`" if relu else "`average_pool2d`, or a `conv2d` with `stride = 2`"
        message = f"`{word}` in a discriminator lets the generator learn little: its gradient is zero at most places"
        report.warn("W1007", message, node.span, help=f"take {better}")


def what_is_made_reaches_the_data(spec: Spec, report: Report) -> None:
    """A last tanh gives −1…1, a sigmoid 0…1: columns in another range are never made (W1008)."""
    graph = spec.graphs.get("generator")
    if graph is None or spec.data is None or report.has_errors:
        return
    end = last_working(graph)
    activation = getattr(end.layer, "activation", None) if end is not None else None
    wanted = {"tanh": "symmetric", "sigmoid": "unit"}.get(activation.word if activation is not None else "")
    made = next((node.layer.columns for node in spec.graphs["discriminator"].nodes if type(node.layer) is Input), ())
    for name in made if wanted else ():
        column = spec.data.columns.get(name)
        if column is None or column.word != "image" or column.scale == wanted:  # type: ignore[attr-defined]
            continue
        assert activation is not None
        gives = "−1…1" if wanted == "symmetric" else "0…1"
        is_at = {"unit": "0…1", "symmetric": "−1…1", "standard": "any number"}.get(column.scale or "", "0…255")  # type: ignore[attr-defined]
        message = f"the generator ends with `{activation.word}`, which gives {gives}, and `{name}` is {is_at}"
        span = spec.spans.get(f"data.columns.{name}", end.span if end is not None else None)
        report.warn("W1008", message, span, help=f"`scale = {wanted}` brings the images there")


def virtual_batches_have_a_reference(spec: Spec, report: Report) -> None:
    """Virtual batch norm goes by a batch that adversarial training keeps."""
    if spec.model.word == "gan":
        return
    for node in spec.nodes:
        if node.layer.word == "virtual_batch_norm":
            message = f"`virtual_batch_norm` goes by the reference batch of adversarial training, and this is a `{spec.model.word}`"
            report.error("E0505", message, node.span, help="take `batch_norm` or `layer_norm`")


