"""The labels and numbers that a discriminator answers: what it loses by them, and what the generator does."""

from __future__ import annotations

from torch import Tensor

from specc.defaults import LOSS_OF_HEAD
from specc.door import Answer, answers
from specc.ir import Phase, Spec
from specc.training.losses import label_weights, loss_value
from specc.vocabulary.families import LossTerm
from specc.vocabulary.layers.composite import Condition
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError


class Labels:
    """The answers of a discriminator with the loss of each; `conditioned` are those that the generator makes rows for."""

    def __init__(self, spec: Spec, phase: Phase) -> None:
        self.spec = spec
        self.answers = answers(spec.graphs["discriminator"])
        self.terms = {answer.column: _term(phase, answer) for answer in self.answers}
        maker = spec.graphs.get("generator", spec.graphs["discriminator"])
        conditions = [node.layer for node in maker.nodes if isinstance(node.layer, Condition)]
        known = {column for layer in conditions for column in layer.columns}
        self.conditioned = tuple(answer for answer in self.answers if answer.column in known)

    def of_real(self, given: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor | float:
        """What the discriminator loses: of real rows, as far as it is known what they are.

        Odena, Olah and Shlens (2017) add that of generated rows. By it both sides agree on a language of their own: of labels
        that say nothing of the rows, each then gets a kind of rows for itself.
        """
        return sum(self._of(answer, given, targets) for answer in self.answers)

    def of_generated(self, given: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor | float:
        """What the generator loses: of the rows that it made for something, by what they were made for."""
        return sum(self._of(answer, given, targets) for answer in self.conditioned)

    def _of(self, answer: Answer, given: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor | float:
        assert self.spec.bound is not None
        logits, target, term = given[answer.node], targets[answer.column], self.terms[answer.column]
        known = is_known(target)
        if not known.any():
            return 0.0
        weights = label_weights(term.loss, self.spec.bound.class_counts.get(answer.column, ()), logits.device)
        return term.weight * loss_value(term.loss, logits[known], target[known], weights)


def is_known(targets: Tensor) -> Tensor:
    """Which rows have a target: a missing label is −1, a missing number is none."""
    return targets.isfinite() if targets.is_floating_point() else targets >= 0


def _term(phase: Phase, answer: Answer) -> LossTerm:
    """The loss of an answer that the phase names, or the one of its kind."""
    kinds = (MeanSquaredError,) if answer.head == "linear" else (CrossEntropy, BinaryCrossEntropy)
    for term in phase.settings.loss:
        of_it = term.loss.output == answer.column or (term.loss.output is None and answer.head != "linear")
        if isinstance(term.loss, kinds) and of_it and getattr(term.loss, "other", None) is None:
            return term
    return LossTerm(loss=LOSS_OF_HEAD[answer.head]())
