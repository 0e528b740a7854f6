"""Adversarial training: in each step the discriminator's updates, each on a batch of its own, then one of the generator."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from specc.ir import Phase, Spec
from specc.memory import rows_at_once
from specc.training.clock import Clock
from specc.training.composites.discriminator import LOGITS, Discriminator
from specc.training.composites.failures import failures, is_time_to_look, nothing_seen
from specc.training.composites.labels import is_known
from specc.training.composites.noise import drawn_noise, noise_entries
from specc.training.composites.parts import Parts, made_tensor
from specc.training.composites.quality import Quality
from specc.training.composites.reference import Reference
from specc.training.composites.resting import at_rest, layers_of
from specc.training.descent import descend
from specc.training.evaluate import Evaluation, in_use, measure_answers
from specc.training.faults import NotFinite, bad_result
from specc.training.procedures.procedure import Alarm, Measures, Procedure, Step
from specc.training.rows import Batch, Rows
from specc.training.state import State
from specc.training.streams import new_generator


class Turn(NamedTuple):
    """What the generator made of which noise, and what the discriminator's update by it measured."""

    noise: dict[str, Tensor]
    made: Tensor
    measured: Step


class Adversarial(Procedure):
    """Real and generated rows pass through the discriminator apart; an update of one side leaves the other as it is.

    That is weights, gradients, running statistics and all. A side that is frozen is measured and not updated.
    """

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        super().__init__(spec, phase, rows)
        self.parts, self.made = Parts(spec), made_tensor(spec)
        self.entries = noise_entries(spec)
        self.discriminator = Discriminator(spec, phase, self.parts, self.made)
        self.reference = Reference(spec, self.parts, self.entries)
        self.quality = Quality(spec, phase, rows, self.made, self.generated)

    def begin(self, state: State) -> None:
        self.reference.begin(state, self.rows, self.phase)
        state.own["failures"] = nothing_seen()

    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        self.reference.show(state, self.rows, "generator")
        turns = [self._turn(state, batch, clock, batch is batches[-1]) for batch in batches]
        with torch.no_grad():
            self.reference.show(state, self.rows, "discriminator")
        measured = {name: torch.cat([turn.measured[name] for turn in turns]) for name in turns[0].measured}
        return measured | self._generate(state, batches[-1], turns[-1], clock)

    def _turn(self, state: State, batch: Batch, clock: Clock, is_last: bool) -> Turn:
        """Rows for a batch, and the discriminator's update by both; the last ones serve the generator's update as well."""
        noise = self._noise(len(batch), state.streams["noise"])
        resting = [] if is_last else self._layers(state.module, "generator")
        with torch.set_grad_enabled(is_last), at_rest(resting):
            made = self.generated(state.module, batch.inputs, noise)
        return Turn(noise, made, self._discriminate(state, batch, noise, made.detach(), clock))

    def _noise(self, rows: int, generator: torch.Generator) -> dict[str, Tensor]:
        return drawn_noise(self.spec, self.entries, rows, generator, self.rows.device)

    def generated(self, module: nn.Module, columns: dict[str, Tensor], noise: dict[str, Tensor]) -> Tensor:
        """The rows that the generator makes of noise, for the conditions among the columns."""
        return self.parts(module, "generator", columns, noise)[self.parts.ends["generator"]]

    def _layers(self, module: nn.Module, part: str) -> list[nn.Module]:
        return layers_of(module, self.spec.graphs.get(part))

    def _discriminate(self, state: State, batch: Batch, noise: dict[str, Tensor], made: Tensor, clock: Clock) -> Step:
        """One update of the discriminator."""
        parameters = state.parameters
        parameters.clear_gradient("discriminator")
        with parameters.only("discriminator"), at_rest(self._layers(state.module, "recognizer")):
            self.reference.show(state, self.rows, "discriminator")
            loss, measured = self.discriminator.loss(state, batch, noise, made, clock)
            self._backward(loss, state.module, batch, noise)
        descend(self.phase, state, clock, "discriminator")
        return measured

    def _generate(self, state: State, batch: Batch, turn: Turn, clock: Clock) -> Step:
        """One update of the generator, and of a recognizer."""
        parameters = state.parameters
        parameters.clear_gradient("generator")
        with parameters.only("generator"), at_rest(self._layers(state.module, "discriminator")):
            loss, measured = self.discriminator.deceived(state, batch, turn.noise, turn.made, clock)
            self._backward(loss, state.module, batch, turn.noise)
        own = [p.grad for layer in self._layers(state.module, "generator") for p in layer.parameters() if p.grad is not None]
        length = torch.nn.utils.get_total_norm(own)[None]
        descend(self.phase, state, clock, "generator")
        return {"generator_gradient": length} | measured

    def _backward(self, loss: Tensor, module: nn.Module, batch: Batch, noise: dict[str, Tensor]) -> None:
        """Gradients of a loss, unless all that it is of is frozen. Raises `NotFinite`."""
        if not math.isfinite(loss.detach()):
            made = partial(self.generated, module, batch.inputs, noise)
            raise NotFinite("loss", bad_result(module, lambda: self.discriminator.judged(module, batch, made())))
        if loss.requires_grad:
            loss.backward()

    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        with torch.no_grad():  # in use the generator goes by what its last weights make of the reference
            self.reference.show(state, self.rows, "generator")
        alone = not len(self.rows.dataset.rows.get("validation", ()))
        answered = self._answered(measured, numbers, epoch)
        measured = {name: values for name, values in measured.items() if not name.startswith(LOGITS)}
        return _means(measured) | answered | (self._quality(state, np.sort(numbers), epoch) if alone else {})

    def _answered(self, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        """The metrics of the labels that the discriminator answered while it learnt, of the rows whose label is known."""
        targets, truth = self.rows.answers(numbers)
        found: Measures = {}
        for answer in self.discriminator.labels.answers:
            known, logits = is_known(targets[answer.column]), measured[f"{LOGITS}{answer.column}"]
            if known.any():
                own = {answer.column: truth[answer.column][known.cpu().numpy()]}
                outputs = self.discriminator.labels.answers
                found |= measure_answers(
                    self.spec, self.phase, (answer,), {answer.column: logits[known]}, own, epoch, len(outputs) > 1
                )
        return found

    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        return self._of(state.module, numbers, epoch).metrics | self._quality(state, numbers, epoch)

    def _quality(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        updates = max((group.updates for group in state.parameters.groups if group.side == "generator"), default=0)
        tracked = is_time_to_look(state.own["failures"], updates)
        return self.quality.while_training(state.module, numbers, epoch, tracked)

    def alarms(self, state: State, event: dict[str, Any]) -> Iterable[Alarm]:
        return failures(state.own["failures"], event, self.spec, self.phase)

    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        found = self._of(module, numbers, None)
        return found._replace(metrics=found.metrics | self.quality.at_the_end(module, numbers))

    @torch.no_grad()
    def _of(self, module: nn.Module, numbers: np.ndarray, epoch: int | None) -> Evaluation:
        """What the discriminator says of many rows and of as many generated ones, always of the same noise; both in use."""
        generator, outputs = new_generator(0, "noise"), self.discriminator.labels.answers
        parts: list[Step] = []
        answered: dict[str, list[Tensor]] = {answer.column: [] for answer in outputs}
        with in_use(module):
            for chunk in torch.as_tensor(numbers).split(rows_at_once(self.spec)):
                batch = self.rows.batch(chunk)
                made = self.generated(module, batch.inputs, self._noise(len(batch), generator))
                measured, given = self.discriminator.judged(module, batch, made)
                parts.append(measured)
                for answer in outputs:
                    answered[answer.column].append(given[answer.node])
        metrics: Measures = _means({name: torch.cat([part[name] for part in parts]) for name in parts[0]})
        logits, truth = {column: torch.cat(chunks) for column, chunks in answered.items()}, self.rows.answers(numbers)[1]
        return Evaluation(metrics | measure_answers(self.spec, self.phase, outputs, logits, truth, epoch), logits, truth)


def _means(measured: Step) -> Measures:
    return {name: float(values.double().mean()) for name, values in measured.items()}
