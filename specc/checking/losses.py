"""What must hold of losses: which output each means, and whether it can compare with that column."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checking.places import answered_columns, called, kind_of, label_count, plural, span_of
from specc.diagnostics import Label, Report, Span, listing
from specc.ir import Node, Phase, Spec
from specc.vocabulary.adversarial import AdversarialLoss, FeatureMatching, MutualInformation
from specc.vocabulary.families import Loss
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy


def losses_fit_their_outputs(spec: Spec, report: Report) -> None:
    outputs = answered_columns(spec)
    for phase in spec.phases if outputs and not spec.model.parts else ():
        _losses_of(phase, outputs, spec, report)


def _losses_of(phase: Phase, outputs: dict[str, Node], spec: Spec, report: Report) -> None:
    span = span_of(spec, phase, "loss")
    losses = [term.loss for term in phase.settings.loss]
    list_of_losses_is_sound(phase, span, "the outputs say which", report)
    named: set[str] = set()
    for index, loss in enumerate(losses):
        if isinstance(loss, AdversarialLoss | MutualInformation | FeatureMatching):
            named |= set(outputs)  # that there is no discriminator is another rule's
            continue
        column = loss.output or (next(iter(outputs)) if len(outputs) == 1 else None)
        if column is None:
            fitting = next((name for name in outputs if kind_of(spec, name) == loss.target), next(iter(outputs), "price"))
            report.error("E0503", f"which output does `{loss.word}` mean?", span, help=f"name it: `{loss.word}({fitting})`")
            continue
        if column not in outputs:
            way_out = f"outputs are {listing(outputs, 'and')}"
            report.error("E0503", f"`{loss.word}` names `{column}`, which is no output", span, help=way_out)
            continue
        if loss_is_there_already(loss, losses[:index]):
            report.error("E0205", f"the loss `{loss.word}` is named twice", span, help="one weight says how much it counts")
        named.add(column)
        _loss_fits(spec, report, loss, column, outputs[column], span)
    missing = [column for column in outputs if column not in named]
    if losses and missing and not report.has_errors:
        report.error("E0503", f"no loss trains the output {listing(missing, 'and')}", span, help="name one for each output")


def list_of_losses_is_sound(phase: Phase, span: Span | None, otherwise: str, report: Report) -> None:
    """A list that is written has losses, and each counts for something; `otherwise`: who says which, where none is written."""
    if not phase.settings.loss and phase.settings.written("loss"):
        report.error("E0203", f"{called(phase)} has an empty list of losses", span, help=f"leave it out, and {otherwise}")
    for term in phase.settings.loss:
        if term.weight <= 0:
            report.error("E0203", f"the weight of a loss must be greater than 0, got {term.weight:g}", span)


def sound_losses(phase: Phase, span: Span | None, otherwise: str, report: Report) -> Iterator[Loss]:
    """The losses of a phase, each once; what is wrong with the list itself, and one that is named again, is reported."""
    list_of_losses_is_sound(phase, span, otherwise, report)
    losses = [term.loss for term in phase.settings.loss]
    for place, loss in enumerate(losses):
        if loss_is_there_already(loss, losses[:place]):
            report.error("E0205", f"the loss `{loss.word}` is named twice", span, help="one weight says how much it counts")
        else:
            yield loss


def loss_is_there_already(loss: Loss, before: list[Loss]) -> bool:
    """Whether a loss of the same word and output stands before it."""
    return any((other.word, other.output) == (loss.word, loss.output) for other in before)


def _loss_fits(spec: Spec, report: Report, loss: Loss, column: str, node: Node, span: Span | None) -> None:
    kind, known = kind_of(spec, column), label_count(spec, column)
    labels = (Label(node.span, f"answers the {kind} `{column}`"),)
    if loss.of_rows:
        way_out = "take `mean_squared_error`" if kind == "number" else "take `cross_entropy`"
        message = f"`{loss.word}` is of whole rows, which a `{spec.model.word}` does not make"
        report.error("E0502", message, span, labels=labels, help=way_out)
        return
    if loss.target != kind:
        message = f"`{loss.word}` compares {plural(loss.target)}, and `{column}` is a {kind}"
        way_out = "take `mean_squared_error`" if kind == "number" else "take `cross_entropy`"
        report.error("E0502", message, span, labels=labels, help=way_out)
        return
    if known is None or not isinstance(loss, BinaryCrossEntropy | CrossEntropy):
        return
    if isinstance(loss, BinaryCrossEntropy) and known != 2:
        message = f"`binary_cross_entropy` tells two labels apart, and `{column}` has {known}"
        report.error("E0502", message, span, labels=labels, help="take `cross_entropy`")
    weights = loss.class_weights
    if isinstance(weights, tuple) and len(weights) != known:
        message = f"`class_weights` has {len(weights)} numbers for {known} labels"
        report.error("E0502", message, span, labels=labels, help="one a label, in their order, or `balanced`")
