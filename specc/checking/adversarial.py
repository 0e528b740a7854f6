"""What must hold of the losses of adversarial training: one game, and beside it what there is in the model."""

from __future__ import annotations

from specc.checking.losses import sound_losses
from specc.checking.places import answered_columns, called, kind_of, span_of
from specc.checking.wording import article_of
from specc.diagnostics import Report, Span, listing
from specc.ir import Node, Phase, Spec
from specc.vocabulary.adversarial import AdversarialLoss, FeatureMatching, MutualInformation
from specc.vocabulary.families import Loss
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanAbsoluteError, MeanSquaredError

COMPARING = (MeanAbsoluteError, MeanSquaredError)
GAMES = ("minimax", "non_saturating", "least_squares", "hinge", "wasserstein")


def games_are_played_for_something(spec: Spec, report: Report) -> None:
    """One adversarial loss in each phase that is adversarial, and beside it what there is in the model."""
    for phase in spec.phases:
        span = span_of(spec, phase, "loss")
        losses = [term.loss for term in phase.settings.loss]
        if "discriminator" not in spec.graphs:
            _there_is_no_game(spec, losses, span, report)
        elif spec.model.word == "gan" and not report.has_errors:
            _one_is_the_game(phase, losses, span, report)
            for loss in sound_losses(phase, span, "`non_saturating` it is", report):
                _stands_beside(spec, loss, span, report)


def _one_is_the_game(phase: Phase, losses: list[Loss], span: Span | None, report: Report) -> None:
    games = {loss.word for loss in losses if isinstance(loss, AdversarialLoss)}
    if losses and len(games) != 1:
        names = "names several" if games else "names none"
        way_out = f"there are {listing(GAMES, 'and')}"
        report.error("E0505", f"a gan plays for one adversarial loss, and {called(phase)} {names}", span, help=way_out)


def _there_is_no_game(spec: Spec, losses: list[Loss], span: Span | None, report: Report) -> None:
    for loss in losses:
        if isinstance(loss, AdversarialLoss | MutualInformation | FeatureMatching):
            message = f"`{loss.word}` needs a discriminator, and {article_of(spec.model.word)} `{spec.model.word}` has none"
            report.error("E0502", message, span, help="adversarial losses are for a `gan`")


def _stands_beside(spec: Spec, loss: Loss, span: Span | None, report: Report) -> None:
    """Whether the model has what a loss beside the game is of."""
    answered = answered_columns(spec)
    if isinstance(loss, MutualInformation) and "recognizer" not in spec.graphs:
        way_out = "write `code kind(10, category)` and a `recognizer { … }` in the gan"
        report.error("E0505", "`mutual_information` needs a `recognizer`", span, help=way_out)
    elif isinstance(loss, FeatureMatching) and loss.tensor is not None and not _is_of_discriminator(spec, loss.tensor):
        way_out = "name one of its layers: `dense features(64)` and `feature_matching(features)`"
        report.error("E0103", f"the discriminator has no layer called `{loss.tensor}`", span, help=way_out)
    elif isinstance(loss, COMPARING) and loss.output not in answered:
        _compares_what_is_made(spec, loss, span, report)
    elif isinstance(loss, (CrossEntropy, BinaryCrossEntropy, *COMPARING)):
        _is_of_an_answer(spec, loss, answered, span, report)
    elif not isinstance(loss, AdversarialLoss | MutualInformation | FeatureMatching):
        report.error("E0502", f"`{loss.word}` is no loss of a gan", span, help=f"there are {listing(GAMES, 'and')}")


def _is_of_discriminator(spec: Spec, name: str) -> bool:
    by_name = spec.graphs["discriminator"].by_name
    return name in by_name or f"discriminator.{name}" in by_name


def _compares_what_is_made(spec: Spec, loss: MeanAbsoluteError | MeanSquaredError, span: Span | None, report: Report) -> None:
    nodes = spec.graphs["discriminator"].nodes
    made: tuple[str, ...] = next((node.layer.columns for node in nodes if type(node.layer) is Input), ())  # type: ignore[attr-defined]
    if loss.output == "generator" and (loss.other,) == made:
        return
    message = f"`{loss.word}` compares what the generator makes with the data's own row: {listing(made, 'and')}"
    way_out = f"write `{loss.word}(generator, {made[0]})`" if len(made) == 1 else "it is for one column: an image, or `features`"
    report.error("E0503", message, span, help=way_out)


def _is_of_an_answer(spec: Spec, loss: Loss, answered: dict[str, Node], span: Span | None, report: Report) -> None:
    numbers = isinstance(loss, COMPARING)
    if not answered:
        way_out = "answer some in the discriminator: `output(label)`"
        report.error("E0505", f"`{loss.word}` needs labels", span, help=way_out)
    elif loss.output is not None and loss.output not in answered:
        message = f"`{loss.word}` names `{loss.output}`, which is no output"
        report.error("E0503", message, span, help=f"the discriminator answers {listing(answered, 'and')}")
    elif loss.output is None and len(answered) > 1:
        first = next(iter(answered))
        report.error("E0503", f"which output does `{loss.word}` mean?", span, help=f"name it: `{loss.word}({first})`")
    elif (kind := kind_of(spec, loss.output or next(iter(answered)))) != ("number" if numbers else "category"):
        way_out = "take `mean_squared_error`" if kind == "number" else "take `cross_entropy`"
        message = f"`{loss.word}` does not compare what the output is, a {kind}"
        report.error("E0502", message, span, help=way_out)


def recognizers_learn(spec: Spec, report: Report) -> None:
    """What a recognizer finds is trained in each phase: by the information that the generator gives it."""
    if "recognizer" not in spec.graphs or report.has_errors:
        return
    for phase in spec.phases:
        losses = [term.loss for term in phase.settings.loss]
        if losses and not any(isinstance(loss, MutualInformation) for loss in losses):
            game = next((loss.word for loss in losses if isinstance(loss, AdversarialLoss)), "non_saturating")
            message = f"nothing trains the recognizer: {called(phase)} has no `mutual_information`"
            way_out = f"add it: `loss = [{game}, 1.0 * mutual_information]`"
            report.error("E0505", message, span_of(spec, phase, "loss"), help=way_out)
