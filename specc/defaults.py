"""Fills in what a spec leaves out, so that the bound IR says everything that is done."""

from __future__ import annotations

from specc.door import Answer, answers
from specc.ir import Phase, Spec
from specc.vocabulary.families import Loss, LossTerm, Metric
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from specc.vocabulary.metrics import R2, Accuracy, Auroc, MeanAbsoluteError, RootMeanSquaredError
from specc.vocabulary.optimizers import Adam
from specc.vocabulary.procedures import Supervised
from specc.vocabulary.sections import Train
from specc.vocabulary.stopping import Best, Early, Last

LOSS_OF_HEAD: dict[str, type[Loss]] = {"linear": MeanSquaredError, "sigmoid": BinaryCrossEntropy, "softmax": CrossEntropy}


def with_defaults(spec: Spec) -> Spec:
    """A spec whose phases name their procedure, losses, optimizer and which weights they keep.

    What was filled in is not `written`. Where only the data knows whether a category has two labels, `loss` stays open.
    """
    outputs = [answer for graph in spec.graphs.values() for answer in answers(graph)]
    return spec.model_copy(update={"phases": tuple(_completed(phase, outputs) for phase in spec.phases)})


def _completed(phase: Phase, outputs: list[Answer]) -> Phase:
    settings = phase.settings
    filled: dict[str, object] = {}
    if settings.procedure is None:
        filled["procedure"] = Supervised()
    if settings.optimizer is None:
        filled["optimizer"] = Adam()
    if not settings.loss and all(answer.head in LOSS_OF_HEAD for answer in outputs):
        filled["loss"] = tuple(LossTerm(loss=_default_loss(answer, len(outputs) > 1)) for answer in outputs)
    if settings.keep is None:
        filled["keep"] = Best(measure=settings.stop.measure) if isinstance(settings.stop, Early) else Last()
    values = {name: getattr(settings, name) for name in Train.model_fields}
    # The set of fields that the spec gave stays as it was: `show` tells those that were filled in.
    return phase.model_copy(update={"settings": Train.model_construct(set(settings.model_fields_set), **(values | filled))})


def _default_loss(answer: Answer, several: bool) -> Loss:
    loss = LOSS_OF_HEAD[answer.head]
    return loss(output=answer.column) if several else loss()


def default_metrics(labels: int | None) -> list[Metric]:
    """What is always measured of an output: of a category with so many labels, or of a number (None)."""
    if labels is None:
        return [RootMeanSquaredError(), MeanAbsoluteError(), R2()]
    return [Accuracy(), *([Auroc()] if labels == 2 else [])]
