"""Adversarial training: in each step the discriminator's updates, each on a batch of its own, then one of the generator."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from specc.ir import Phase, Spec
from specc.memory import rows_at_once
from specc.training.clock import Clock
from specc.training.composites.discriminator import Discriminator
from specc.training.composites.noise import drawn_noise, noise_entries
from specc.training.composites.parts import Parts, made_tensor
from specc.training.composites.reference import Reference
from specc.training.descent import descend
from specc.training.evaluate import Evaluation, in_use
from specc.training.faults import NotFinite, bad_gradient
from specc.training.procedures.procedure import Measures, Procedure, Step
from specc.training.rows import Batch, Rows
from specc.training.state import State
from specc.training.streams import new_generator


class Adversarial(Procedure):
    """Real and generated rows pass through the discriminator apart; neither side's update leaves gradients on the other."""

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        super().__init__(spec, phase, rows)
        self.parts, self.made = Parts(spec), made_tensor(spec)
        self.entries = noise_entries(spec)
        self.discriminator = Discriminator(spec, phase, self.parts, self.made)
        self.reference = Reference(spec, self.parts, self.made, self.entries)

    def begin(self, state: State) -> None:
        self.reference.begin(state, self.rows, self.phase)

    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        measured: dict[str, list[Tensor]] = {}
        for batch in batches:
            noise = self._noise(len(batch), state.streams["noise"])
            with torch.set_grad_enabled(batch is batches[-1]):  # its rows serve the generator's update as well
                self.reference.show(state, self.rows, "generator")
                made = self.generated(state.module, batch.inputs, noise)
            for name, value in self._discriminate(state, batch, noise, made.detach(), clock).items():
                measured.setdefault(name, []).append(value)
        step = {name: torch.cat(values) for name, values in measured.items()}
        return step | self._generate(state, batches[-1], noise, made, clock)

    def _noise(self, rows: int, generator: torch.Generator) -> dict[str, Tensor]:
        return drawn_noise(self.spec, self.entries, rows, generator, self.rows.device)

    def generated(self, module: nn.Module, columns: dict[str, Tensor], noise: dict[str, Tensor]) -> Tensor:
        """The rows that the generator makes of noise, for the conditions among the columns."""
        return self.parts(module, "generator", columns, noise)[self.parts.ends["generator"]]

    def _discriminate(self, state: State, batch: Batch, noise: dict[str, Tensor], made: Tensor, clock: Clock) -> Step:
        """One update of the discriminator."""
        parameters = state.parameters
        parameters.clear_gradient("discriminator")
        with parameters.only("discriminator"):
            self.reference.show(state, self.rows, "discriminator")
            loss, measured = self.discriminator.loss(state, batch, noise, made, clock)
            _backward(loss, state.module)
        descend(self.phase, state, clock, "discriminator")
        return {"discriminator_loss": loss.detach()[None]} | measured

    def _generate(self, state: State, batch: Batch, noise: dict[str, Tensor], made: Tensor, clock: Clock) -> Step:
        """One update of the generator, and of a recognizer."""
        parameters = state.parameters
        parameters.clear_gradient("generator")
        with parameters.only("generator"):
            self.reference.show(state, self.rows, "discriminator")
            loss, measured = self.discriminator.deceived(state, batch, noise, made, clock)
            _backward(loss, state.module)
        length = torch.linalg.vector_norm(parameters.of("generator")[1])[None]
        descend(self.phase, state, clock, "generator")
        return {"generator_loss": loss.detach()[None], "generator_gradient": length} | measured

    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        return {name: float(values.double().mean()) for name, values in measured.items()}

    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        return self._of(state.module, numbers)

    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        return Evaluation(self._of(module, numbers), {}, {})

    @torch.no_grad()
    def _of(self, module: nn.Module, numbers: np.ndarray) -> Measures:
        """What the discriminator says of many rows and of as many generated ones, always of the same noise; both in use."""
        generator = new_generator(0, "noise")
        parts: list[Step] = []
        with in_use(module):
            for chunk in torch.as_tensor(numbers).split(rows_at_once(self.spec)):
                batch = self.rows.batch(chunk)
                made = self.generated(module, batch.inputs, self._noise(len(batch), generator))
                parts.append(self.discriminator.judged(module, batch, made))
        return {name: float(torch.cat([part[name] for part in parts]).double().mean()) for name in parts[0]}


def _backward(loss: Tensor, module: nn.Module) -> None:
    """Gradients of a loss. Raises `NotFinite`."""
    if not math.isfinite(loss.detach()):
        raise NotFinite("loss", bad_gradient(module))
    loss.backward()
