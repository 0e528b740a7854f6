"""Fills in what a spec leaves out, so that the bound IR says everything that is done."""

from __future__ import annotations

from specc.door import Answer, answers
from specc.ir import Phase, Spec
from specc.vocabulary.families import Loss, LossTerm
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from specc.vocabulary.optimizers import Adam
from specc.vocabulary.procedures import Supervised
from specc.vocabulary.stopping import Best, Early, Last

LOSS_OF_HEAD: dict[str, type[Loss]] = {"linear": MeanSquaredError, "sigmoid": BinaryCrossEntropy, "softmax": CrossEntropy}


def with_defaults(spec: Spec) -> Spec:
    """A bound spec whose phases name their procedure, losses, optimizer and which weights they keep."""
    outputs = [answer for graph in spec.graphs.values() for answer in answers(graph)]
    return spec.model_copy(update={"phases": tuple(_completed(phase, outputs) for phase in spec.phases)})


def _completed(phase: Phase, outputs: list[Answer]) -> Phase:
    settings = phase.settings
    filled: dict[str, object] = {}
    if settings.procedure is None:
        filled["procedure"] = Supervised()
    if settings.optimizer is None:
        filled["optimizer"] = Adam()
    if not settings.loss:
        filled["loss"] = tuple(LossTerm(loss=_default_loss(answer, len(outputs) > 1)) for answer in outputs)
    if settings.keep is None:
        filled["keep"] = Best(measure=settings.stop.measure) if isinstance(settings.stop, Early) else Last()
    # A copy that keeps what was written apart from what was filled in, for `show`.
    return phase.model_copy(update={"settings": settings.model_copy(update=filled)})


def _default_loss(answer: Answer, several: bool) -> Loss:
    return LOSS_OF_HEAD[answer.head](output=answer.column if several else None)
