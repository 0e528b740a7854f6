"""The discriminator's side of the game: what it is told of rows, what it says of them, and what both sides lose by it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from specc.composites import end_of
from specc.door import Answer, DoorTensor, answers
from specc.ir import Phase, Spec
from specc.training.clock import Clock
from specc.training.composites.adversarial import GAMES, code_loss, gradient_penalty, r1_penalty
from specc.training.composites.parts import Parts
from specc.training.composites.remedies import deviation_of, labels_of, with_noise
from specc.training.procedures.procedure import Step
from specc.training.rows import Batch
from specc.training.state import State
from specc.vocabulary.adversarial import AdversarialLoss, FeatureMatching, MutualInformation, Wasserstein
from specc.vocabulary.families import LossTerm
from specc.vocabulary.layers.composite import Code
from specc.vocabulary.losses import MeanAbsoluteError, MeanSquaredError
from specc.vocabulary.remedies import R1, GradientPenalty

PIECES = {MeanAbsoluteError: torch.abs, MeanSquaredError: torch.square}


class Discriminator:
    """Its losses in one phase. `made` is the tensor of the door that the generator makes."""

    def __init__(self, spec: Spec, phase: Phase, parts: Parts, made: DoorTensor) -> None:
        self.spec, self.phase, self.parts, self.made = spec, phase, parts, made
        graph, settings = spec.graphs["discriminator"], phase.settings
        self.end, self.answers = end_of(graph), answers(graph)
        self.scored_by_labels = any(self.end in graph.node(answer.node).inputs for answer in self.answers)
        """Whether the labels' logits are the score: the generated rows are one more class (Salimans et al. 2016)."""
        (self.game_term,) = [term for term in settings.loss if isinstance(term.loss, AdversarialLoss)]
        self.game = GAMES[type(self.game_term.loss)]
        self.codes = {node.local_name: node.layer for node in spec.graphs["generator"].nodes if isinstance(node.layer, Code)}

    def given(self, module: nn.Module, columns: dict[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
        """All tensors that it gives of rows, which stand in place of the data's."""
        return self.parts(module, "discriminator", {**columns, self.made.name: rows})

    def score(self, given: dict[str, Tensor]) -> Tensor:
        """The logits of being real, `[rows, …]`. Of labels alone: `ln Σ e^z`, so that `σ = Z / (Z + 1)`."""
        if self.scored_by_labels:
            return torch.logsumexp(given[self.answers[0].node], dim=1, keepdim=True)
        return given[self.end]

    def loss(self, state: State, batch: Batch, noise: dict[str, Tensor], made: Tensor, clock: Clock) -> tuple[Tensor, Step]:
        """What the discriminator is to make small, and what it says of the rows; made rows come without their history."""
        settings, streams, rows = self.phase.settings, state.streams, batch.inputs[self.made.name]
        deviation = deviation_of(settings.instance_noise, clock)
        seen = with_noise(rows, deviation, streams["sampling"])
        seen_made = with_noise(made, deviation, streams["sampling"])
        if self._penalty(R1, clock) is not None:
            seen = seen.detach().requires_grad_(True)
        real, generated = (self.given(state.module, batch.inputs, x) for x in (seen, seen_made))
        scores = self.score(real), self.score(generated)
        labels = labels_of(settings.label_smoothing, settings.noisy_labels, len(batch), streams["sampling"])
        told = [label.to(rows.device).view(-1, *[1] * (scores[0].dim() - 1)) for label in labels]
        loss = self.game_term.weight * self.game.discriminator(*scores, *told)
        loss = loss + self._classified(real, batch.targets) + self._information(state.module, generated, noise)
        loss = loss + self._penalties(state, batch, seen, seen_made, clock)
        return loss, self._said(*scores)

    def _penalty(self, kind: type[R1] | type[GradientPenalty], clock: Clock) -> R1 | GradientPenalty | None:
        """The penalty of a kind that is due at this moment."""
        penalty = self.phase.settings.penalty
        if not isinstance(penalty, kind) or clock.step % getattr(penalty, "every", 1):
            return None
        return penalty

    def _penalties(self, state: State, batch: Batch, real: Tensor, made: Tensor, clock: Clock) -> Tensor | float:
        def score(rows: Tensor) -> Tensor:
            return self.score(self.given(state.module, batch.inputs, rows))

        r1, between = self._penalty(R1, clock), self._penalty(GradientPenalty, clock)
        weight = between.weight if between is not None else getattr(self.game_term.loss, "gradient_penalty", 0.0)
        total: Tensor | float = 0.0
        if r1 is not None:
            total = r1.weight * getattr(r1, "every", 1) * r1_penalty(score, real)
        if weight:
            shares = torch.rand(len(batch), generator=state.streams["sampling"]).to(real.device)
            total = total + weight * gradient_penalty(score, real.detach(), made, shares)
        return total

    def deceived(self, state: State, batch: Batch, noise: dict[str, Tensor], made: Tensor, clock: Clock) -> tuple[Tensor, Step]:
        """What the generator is to make small."""
        deviation = deviation_of(self.phase.settings.instance_noise, clock)
        generated = self.given(state.module, batch.inputs, with_noise(made, deviation, state.streams["sampling"]))
        loss = self.game_term.weight * self.game.generator(self.score(generated))
        if not self.scored_by_labels:
            loss = loss + self._classified(generated, batch.targets)
        loss = loss + self._information(state.module, generated, noise)
        for term in self.phase.settings.loss:
            loss = loss + term.weight * self._beside(term, state.module, batch, made, generated)
        return loss, {}

    def _beside(
        self, term: LossTerm, module: nn.Module, batch: Batch, made: Tensor, generated: dict[str, Tensor]
    ) -> Tensor | float:
        """What the generator learns by beside the game: the distance to the data's own row, or to the mean of real features."""
        if isinstance(term.loss, MeanAbsoluteError | MeanSquaredError):
            return PIECES[type(term.loss)](made - batch.inputs[self.made.name]).mean()
        if isinstance(term.loss, FeatureMatching):
            tensor = term.loss.tensor or ""
            with torch.no_grad():
                real = self.given(module, batch.inputs, batch.inputs[self.made.name])[tensor]
            return (real.mean(0) - generated[tensor].mean(0)).square().sum()
        return 0.0

    def _classified(self, given: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor | float:
        """The loss of the labels that the discriminator answers beside its score (Odena, Olah and Shlens 2017)."""
        total: Tensor | float = 0.0
        for answer in self.answers:
            total = total + self._weight_of(answer) * _answered(answer, given[answer.node], targets[answer.column])
        return total

    def _weight_of(self, answer: Answer) -> float:
        named = (term.weight for term in self.phase.settings.loss if term.loss.output in (None, answer.column))
        return next((w for w, t in zip(named, self.phase.settings.loss) if t.loss.word.endswith("cross_entropy")), 1.0)

    def _information(self, module: nn.Module, generated: dict[str, Tensor], noise: dict[str, Tensor]) -> Tensor | float:
        """How badly the recognizer finds the codes of the rows again."""
        term = next((term for term in self.phase.settings.loss if isinstance(term.loss, MutualInformation)), None)
        if term is None:
            return 0.0
        found = self.parts(module, "recognizer", {}, generated)
        return term.weight * sum(
            code_loss(layer.distribution, found[f"recognizer.{name}"], noise[name]) for name, layer in self.codes.items()
        )

    def judged(self, module: nn.Module, batch: Batch, made: Tensor) -> Step:
        """What is measured of rows, and of made ones, in use."""
        real = self.score(self.given(module, batch.inputs, batch.inputs[self.made.name]))
        generated = self.score(self.given(module, batch.inputs, made))
        one = torch.ones((), device=made.device)
        losses = [self.game.discriminator(r[None], g[None], one, one * 0) for r, g in zip(real, generated)]
        deceived = [self.game.generator(g[None]) for g in generated]
        return {"discriminator_loss": torch.stack(losses), "generator_loss": torch.stack(deceived)} | self._said(real, generated)

    def _said(self, real: Tensor, generated: Tensor) -> Step:
        """The scores of each row, and how often the discriminator is right."""
        said = {"real_score": real.detach().flatten(1).mean(1), "generated_score": generated.detach().flatten(1).mean(1)}
        if self.game.boundary is None:
            return said
        right = [said["real_score"] > self.game.boundary, said["generated_score"] <= self.game.boundary]
        return said | {"discriminator_accuracy": torch.cat(right).float()}


def _answered(answer: Answer, logits: Tensor, targets: Tensor) -> Tensor:
    """The loss of the rows whose label is known, those without one left out."""
    known = targets >= 0
    if not known.any():
        return logits.sum() * 0.0
    if answer.head == "sigmoid":
        return F.binary_cross_entropy_with_logits(logits[known, 0], targets[known].to(logits.dtype))
    return F.cross_entropy(logits[known], targets[known])
