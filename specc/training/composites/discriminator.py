"""The discriminator's side of the game: what it is told of rows, what it says of them, and what both sides lose by it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from specc.composites import end_of
from specc.door import DoorTensor
from specc.ir import Phase, Spec
from specc.training.clock import Clock
from specc.training.composites.adversarial import GAMES, code_loss, gradient_penalty, r1_penalty
from specc.training.composites.labels import Labels
from specc.training.composites.noise import noise_entries
from specc.training.composites.parts import Parts
from specc.training.composites.remedies import deviation_of, labels_of, with_noise
from specc.training.procedures.procedure import Step
from specc.training.rows import Batch
from specc.training.state import State
from specc.vocabulary.adversarial import AdversarialLoss, FeatureMatching, MutualInformation
from specc.vocabulary.families import Loss
from specc.vocabulary.layers.composite import Code
from specc.vocabulary.losses import MeanAbsoluteError, MeanSquaredError
from specc.vocabulary.remedies import R1, GradientPenalty

PIECES: dict[type[Loss], Callable[[Tensor], Tensor]] = {MeanAbsoluteError: torch.abs, MeanSquaredError: torch.square}
LOGITS = "logits/"
"""Before the column of an answer: what a step measured of its labels."""
Given = dict[str, Tensor]
"""What the discriminator gives of rows: tensors by reference."""


class Discriminator:
    """Its losses in one phase. `made` is the tensor of the door that the generator makes."""

    def __init__(self, spec: Spec, phase: Phase, parts: Parts, made: DoorTensor) -> None:
        self.spec, self.phase, self.parts, self.made = spec, phase, parts, made
        graph, settings = spec.graphs["discriminator"], phase.settings
        self.end, self.labels = end_of(graph), Labels(spec, phase)
        by_score = [a.node for a in self.labels.answers if self.end in graph.node(a.node).inputs]
        self.score_of_labels = by_score[0] if by_score else None
        """The answer whose logits are the score, if any: generated rows are one more label (Salimans et al. 2016)."""
        ((self.weight, game),) = [(t.weight, t.loss) for t in settings.loss if isinstance(t.loss, AdversarialLoss)]
        self.game = GAMES[type(game)]
        entries = noise_entries(spec)
        self.codes = {one.name: one.node for one in entries if one.node is not None and isinstance(one.node.layer, Code)}

    def given(self, module: nn.Module, columns: dict[str, Tensor], rows: Tensor) -> Given:
        """All tensors that it gives of rows, which stand in place of the data's."""
        return self.parts(module, "discriminator", {**columns, self.made.name: rows})

    def score(self, given: Given) -> Tensor:
        """The logits of being real, `[rows, …]`. Of labels alone: `ln Σ e^z`, so that `σ = Z / (Z + 1)`."""
        if self.score_of_labels is not None:
            return torch.logsumexp(given[self.score_of_labels], dim=1, keepdim=True)
        return given[self.end]

    def loss(self, state: State, batch: Batch, noise: dict[str, Tensor], made: Tensor, clock: Clock) -> tuple[Tensor, Step]:
        """What the discriminator is to make small, and what it says of the rows; made rows come without their history."""
        settings, lots, rows = self.phase.settings, state.streams["sampling"], batch.inputs[self.made.name]
        deviation = deviation_of(settings.instance_noise, clock)
        seen, seen_made = with_noise(rows, deviation, lots), with_noise(made, deviation, lots)
        if self._is_due(R1, clock):
            seen = seen.detach().requires_grad_(True)
        real, generated = (self.given(state.module, batch.inputs, x) for x in (seen, seen_made))
        scores = self.score(real), self.score(generated)
        labels = labels_of(settings.label_smoothing, settings.noisy_labels, len(batch), lots)
        told = [label.to(rows.device).view(-1, *[1] * (scores[0].dim() - 1)) for label in labels]
        loss = self.weight * self.game.discriminator(*scores, *told).mean()
        loss = loss + self.labels.of_real(real, batch.targets)
        information, _ = self._information(state.module, generated, noise)
        penalty, measured = self._penalty(state, batch, scores[0], seen, seen_made, clock)
        measured |= {f"{LOGITS}{answer.column}": real[answer.node].detach() for answer in self.labels.answers}
        return loss + information + penalty, self._said(*scores) | measured

    def _is_due(self, kind: type[R1] | type[GradientPenalty], clock: Clock) -> bool:
        """Whether the penalty is of a kind, and is taken at this moment."""
        penalty = self.phase.settings.penalty
        return isinstance(penalty, kind) and clock.step % getattr(penalty, "every", 1) == 0

    def _penalty(
        self, state: State, batch: Batch, scores: Tensor, real: Tensor, made: Tensor, clock: Clock
    ) -> tuple[Tensor | float, Step]:
        """The penalty with its weight, and as it is measured without."""
        penalty = self.phase.settings.penalty
        if isinstance(penalty, R1) and self._is_due(R1, clock):
            value = r1_penalty(scores, real)
            return penalty.weight * penalty.every * value, {"r1": value.detach()[None]}
        if not isinstance(penalty, GradientPenalty):
            return 0.0, {}
        shares = torch.rand(len(batch), generator=state.streams["sampling"]).to(real.device)
        value = gradient_penalty(lambda x: self.score(self.given(state.module, batch.inputs, x)), real, made, shares)
        return penalty.weight * value, {"gradient_penalty": value.detach()[None]}

    def deceived(self, state: State, batch: Batch, noise: dict[str, Tensor], made: Tensor, clock: Clock) -> tuple[Tensor, Step]:
        """What the generator is to make small, and what is measured of it: the game's own loss, and each beside it."""
        deviation, lots = deviation_of(self.phase.settings.instance_noise, clock), state.streams["sampling"]
        generated = self.given(state.module, batch.inputs, with_noise(made, deviation, lots))
        played = self.game.generator(self.score(generated)).mean()
        information, measured = self._information(state.module, generated, noise)
        loss = self.weight * played + self.labels.of_generated(generated, batch.targets) + information
        measured["generator_loss"] = played.detach()[None]
        for term in self.phase.settings.loss:
            if type(term.loss) in PIECES and term.loss.output == "generator":
                value = PIECES[type(term.loss)](made - batch.inputs[self.made.name]).mean()
            elif isinstance(term.loss, FeatureMatching):
                assert term.loss.tensor is not None
                value = self._features_apart(state, batch, generated[term.loss.tensor], term.loss.tensor, deviation)
            else:
                continue
            loss = loss + term.weight * value
            measured[term.loss.word] = value.detach()[None]
        return loss, measured

    def _features_apart(self, state: State, batch: Batch, generated: Tensor, tensor: str, deviation: float) -> Tensor:
        """`‖mean f(x) − mean f(y)‖²`, real rows as the discriminator sees them."""
        with torch.no_grad():
            rows = with_noise(batch.inputs[self.made.name], deviation, state.streams["sampling"])
            real = self.given(state.module, batch.inputs, rows)[tensor]
        return (real.mean(0) - generated.mean(0)).square().sum()

    def _information(self, module: nn.Module, generated: Given, noise: dict[str, Tensor]) -> tuple[Tensor | float, Step]:
        """How badly the recognizer finds the codes of the rows again: with its weight, and as it is measured."""
        term = next((term for term in self.phase.settings.loss if isinstance(term.loss, MutualInformation)), None)
        if term is None:
            return 0.0, {}
        found = self.parts(module, "recognizer", {}, generated)
        losses = [
            code_loss(node.layer.distribution, found[f"recognizer.{node.local_name}"], noise[name])  # type: ignore[attr-defined]
            for name, node in self.codes.items()
        ]
        value = torch.stack(losses).sum()
        return term.weight * value, {"mutual_information": value.detach()[None]}

    def judged(self, module: nn.Module, batch: Batch, made: Tensor) -> tuple[Step, Given]:
        """What is measured of rows, and of made ones, in use; and all that it gives of the rows."""
        given = self.given(module, batch.inputs, batch.inputs[self.made.name])
        generated = self.score(self.given(module, batch.inputs, made))
        deceived = self.game.generator(generated).flatten(1).mean(1)
        return {"generator_loss": deceived} | self._said(self.score(given), generated), given

    def _said(self, real: Tensor, generated: Tensor) -> Step:
        """The loss of the game by its true labels, the scores of each row, and how often the discriminator is right."""
        real, generated = real.detach(), generated.detach()
        said = {"discriminator_loss": self.game.discriminator(real, generated, 1.0, 0.0).flatten(1).mean(1)}
        said |= {"real_score": real.flatten(1).mean(1), "generated_score": generated.flatten(1).mean(1)}
        if self.game.boundary is None:
            return said
        right = [said["real_score"] > self.game.boundary, said["generated_score"] <= self.game.boundary]
        return said | {"discriminator_accuracy": torch.cat(right).float()}
