"""A discriminator in an autoencoder: of codes, which become like the latent's noise, or of what a decoder makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from specc.composites import end_of
from specc.door import DoorTensor
from specc.ir import Phase, Spec
from specc.training.clock import Clock
from specc.training.composites.discriminator import Discriminator, Given
from specc.training.composites.noise import drawn_noise, noise_entries
from specc.training.composites.parts import Parts, made_tensor
from specc.training.composites.reconstruction import activated
from specc.training.composites.resting import at_rest, layers_of
from specc.training.descent import descend
from specc.training.faults import NotFinite, bad_gradient
from specc.training.procedures.procedure import Step
from specc.training.rows import Batch
from specc.training.state import State
from specc.vocabulary.layers.composite import Made

PLAYER = "generator"
"""The side of everything that is no discriminator."""


class OfCodes(Discriminator):
    """A discriminator that takes codes, `[rows, size]`, in place of columns; real ones are draws of the latent."""

    def given(self, module: nn.Module, columns: dict[str, Tensor], rows: Tensor) -> Given:
        return self.parts(module, "discriminator", columns, {self.made.name: rows})


class Alone:
    """No discriminator: what there is learns by itself."""

    def __init__(self, phase: Phase) -> None:
        self.phase = phase

    def play(self, state: State, batches: Sequence[Batch], clock: Clock, descended: Callable[[], Step]) -> Step:
        """One update by the gradient that `descended` takes; it gives what it measured."""
        state.parameters.clear_gradient()
        measured = descended()
        descend(self.phase, state, clock)
        return measured


class Adversary(Alone):
    """The discriminator of an autoencoder (Makhzani et al. 2015) or of a variational one (Larsen et al. 2016).

    Of codes: noise of the latent is real, the codes of rows are not, and the encoder learns to make codes that pass for noise.
    Of rows: those of the data are real, those that the decoder makes of N(0, 1) are not, and the decoder learns to make others.
    """

    def __init__(self, spec: Spec, phase: Phase, parts: Parts) -> None:
        super().__init__(phase)
        self.spec, self.parts = spec, parts
        self.entries = noise_entries(spec, "discriminator")
        self.code = end_of(spec.graphs["encoder"])
        self.head = next(node.layer.head for node in spec.nodes if isinstance(node.layer, Made))
        if self.entries:
            (latent,) = self.entries
            self.judge: Discriminator = OfCodes(spec, phase, parts, DoorTensor(latent.name, "array", ()))
        else:
            self.judge = Discriminator(spec, phase, parts, made_tensor(spec))

    def play(self, state: State, batches: Sequence[Batch], clock: Clock, descended: Callable[[], Step]) -> Step:
        """The discriminator's updates, each by a batch, then one of encoder and decoder.

        `descended` takes the gradient that these have of their own, of all batches, and gives what it measured; what they
        lose by the game is of the last batch.
        """
        learned: list[Step] = []
        for batch in batches:
            with torch.no_grad(), at_rest(self._players(state)):
                judged = self.judged(state, batch)
            learned.append(self.learn(state, batch, judged, clock))
        state.parameters.clear_gradient(PLAYER)
        with state.parameters.only(PLAYER):
            measured = descended()
            with at_rest(self._players(state)):  # what they keep of a batch they have kept of its own pass
                judged = self.judged(state, batches[-1])
            loss, deceived = self.deceived(state, batches[-1], judged, clock)
            if loss.requires_grad:
                loss.backward()
        descend(self.phase, state, clock, PLAYER)
        return measured | {name: torch.cat([step[name] for step in learned]) for name in learned[0]} | deceived

    def _players(self, state: State) -> list[nn.Module]:
        """The layers of encoder and decoder."""
        return [layer for part in ("encoder", "decoder") for layer in layers_of(state.module, self.spec.graphs[part])]

    def judged(self, state: State, batch: Batch) -> Tensor:
        """What the discriminator is to tell from what is real: codes of rows, or rows of noise."""
        if self.entries:
            return self.parts(state.module, "encoder", batch.inputs, batch.inputs)[self.code]
        size = self.spec.shapes[self.code].dimensions()
        noise = torch.randn(len(batch), *size, generator=state.streams["noise"]).to(next(iter(batch.inputs.values())).device)
        made = self.parts(state.module, "decoder", batch.inputs, {self.code: noise})[self.parts.ends["decoder"]]
        return activated(made, self.head)

    def learn(self, state: State, batch: Batch, made: Tensor, clock: Clock) -> Step:
        """One update of the discriminator."""
        state.parameters.clear_gradient("discriminator")
        with state.parameters.only("discriminator"):
            loss, measured = self.judge.loss(state, self._beside(state, batch), {}, made.detach(), clock)
            if not math.isfinite(loss.detach()):
                raise NotFinite("loss", bad_gradient(state.module))
            if loss.requires_grad:
                loss.backward()
        descend(self.phase, state, clock, "discriminator")
        return measured

    def deceived(self, state: State, batch: Batch, made: Tensor, clock: Clock) -> tuple[Tensor, Step]:
        """What the others lose by the game, with its weight, and what is measured of it."""
        with at_rest(layers_of(state.module, self.spec.graphs["discriminator"])):
            return self.judge.deceived(state, self._beside(state, batch), {}, made, clock)

    def _beside(self, state: State, batch: Batch) -> Batch:
        """The batch, and draws of the latent where these are what is real."""
        if not self.entries:
            return batch
        device = next(iter(batch.inputs.values())).device
        drawn = drawn_noise(self.spec, self.entries, len(batch), state.streams["noise"], device)
        return Batch({**batch.inputs, **drawn}, batch.targets)


def game_of(spec: Spec, phase: Phase, parts: Parts) -> Alone:
    """How an autoencoder takes a step: against its discriminator, where it has one."""
    return Adversary(spec, phase, parts) if "discriminator" in spec.graphs else Alone(phase)
