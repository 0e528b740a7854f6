"""What all procedures that train one restricted Boltzmann machine have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from specc.data.split import training_rows
from specc.door import identifier
from specc.ir import Phase, Spec
from specc.pytorch.nn import RestrictedBoltzmann
from specc.training.boltzmann.alarm import likelihood_alarm, nothing_seen
from specc.training.boltzmann.ascent import Ascent
from specc.training.boltzmann.centring import Offsets
from specc.training.boltzmann.conditionals import Conditionals
from specc.training.boltzmann.measures import Measuring
from specc.training.boltzmann.rows import VisibleRows
from specc.training.boltzmann.sides import Sides
from specc.training.boltzmann.start import ROWS_OF_MEANS, start_visible_bias
from specc.training.changing import at_moment, changes
from specc.training.clock import Clock
from specc.training.evaluate import Evaluation
from specc.training.procedures.procedure import Alarm, Measures, Procedure, Step
from specc.training.rows import Batch, Rows
from specc.training.state import State
from specc.training.streams import Streams
from specc.unrolled import stage_of

if TYPE_CHECKING:
    from specc.training.composites.machines import UnrolledMachine


class BoltzmannProcedure(Procedure):
    """Statistics of the data less statistics of samples of the model; where the samples come from is each procedure's own.

    What a run depends on is in the machine, in `state.own` and in the optimizer's memory; all else here is views and memory
    that a step fills anew.
    """

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        super().__init__(spec, phase, rows)
        self.settings: Any = phase.settings.procedure
        self.centered: bool = self.settings.centered
        self.is_varying = changes(self.settings)
        self.layer = identifier(phase.layer or "")
        self.sides: dict[int, Sides] = {}
        self.unrolled: UnrolledMachine | None = None
        """Of an autoencoder's layer: the machine that it and its way back are."""

    def look_at(self, module: nn.Module) -> None:
        """Takes the machine of the module, and the rows as that machine sees them."""
        assert self.phase.layer is not None
        stage = stage_of(self.spec, self.phase.layer)
        if stage is None:
            self.machine: RestrictedBoltzmann = getattr(module, self.layer)
            self.seen = VisibleRows(self.spec, self.phase.layer, self.rows, module)
        else:
            from specc.training.composites.machines import EncodedRows, UnrolledMachine

            self.unrolled = UnrolledMachine(self.spec, stage, module)
            self.machine = self.unrolled.machine
            self.seen = EncodedRows(self.spec, stage, self.rows, module, self.machine)
        self.measuring = Measuring(self.spec, self.phase, self.machine, self.seen)

    def begin(self, state: State) -> None:
        self.look_at(state.module)
        start_visible_bias(self.machine, self.seen.some(self._training_rows(), ROWS_OF_MEANS))
        self.conditionals = Conditionals(self.machine)
        self.ascent = Ascent(self.phase, state, self.conditionals)
        # A generator draws on the CPU only; elsewhere it is torch's own, as for dropout.
        on_cpu = self.machine.weight.device.type == "cpu"
        self.generator: Generator | None = state.streams["sampling"] if on_cpu else None
        self.sides.clear()
        if self.measuring.likelihood is not None:
            state.own["seen"] = nothing_seen()
        if self.centered:
            v = self.seen.some(self._training_rows(), ROWS_OF_MEANS)
            totals = self.machine.totals(v)
            draws = 1.0 if totals is None else max(float(totals.mean()), 1.0)
            state.own["visible_offset"] = v.mean(0).div_(draws)
            state.own["hidden_offset"] = self.machine.hidden_mean(v).mean(0)

    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        # No tensor here asks for a gradient: those of the machine are taken without their history.
        ascent = self.ascent
        if ascent.group.frozen:
            return {}
        rows = batches[0].inputs["visible"] if len(batches) == 1 else torch.cat([b.inputs["visible"] for b in batches])
        conditionals = self.conditionals
        sides = self.sides.get(rows.shape[0]) or self._new_sides(rows.shape[0])
        sides.data_visible.copy_(rows)
        totals = conditionals.totals(rows) if conditionals.has_counts else None
        if conditionals.precision is not None:
            conditionals.settle()
            conditionals.scale_(sides.data_visible)
        steps = round(at_moment(self.settings, clock).steps) if self.is_varying else self.settings.steps
        self.sample(state, sides, totals, steps)
        own = state.own
        offsets = Offsets(own["visible_offset"], own["hidden_offset"]) if self.centered else None
        ascent.prepare(sides, offsets, clock)
        ascent.climb(sides, offsets, clock)
        if self.unrolled is not None:
            self.unrolled.give_back()
        return {}

    @abstractmethod
    def sample(self, state: State, sides: Sides, totals: Tensor | None, steps: int) -> None:
        """Fills both sides, where the data is there: samples of the model, and the hidden means of both phases."""

    def chains(self, rows: int) -> int:
        """How many samples a batch of so many rows is compared with."""
        return self.settings.chains

    def walk(self, draws: Tensor, sides: Sides, totals: Tensor | None, steps: int) -> None:
        """Gibbs steps from hidden states `draws`, which are written over; the visible states reached are the model's."""
        conditionals, generator, visible = self.conditionals, self.generator, sides.model_visible
        for number in range(1, steps + 1):
            conditionals.draw_visible(draws, generator, totals, visible, sides.noise)
            if number < steps:
                conditionals.hidden.draw_(conditionals.hidden_input(visible, totals, draws), generator)

    def draw_rows(self, state: State, count: int) -> Tensor:
        """The visible values of so many training rows, drawn with replacement."""
        numbers = self._training_rows()
        chosen = torch.randint(len(numbers), (count,), generator=state.streams["sampling"])
        return self._visible(numbers[chosen.numpy()])

    def start_chains(self, state: State, rows: Tensor) -> None:
        """Chains that go on from step to step: hidden states of some rows, whose numbers of draws they keep."""
        state.own["chains"] = self.machine.sample_hidden(rows, self.generator)
        if (totals := self.machine.totals(rows)) is not None:
            state.own["totals"] = totals

    def batch(self, order: Tensor, stretch: slice, streams: Streams) -> Batch:
        return self.seen.stretch(order, stretch, streams)

    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        return self.measuring.of_training(np.sort(numbers), epoch)

    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        return self.measuring.of_others(numbers, epoch)

    def alarms(self, state: State, event: dict[str, Any]) -> Iterable[Alarm]:
        return likelihood_alarm(state.own["seen"], event, self.settings.word) if "seen" in state.own else ()

    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        if not hasattr(self, "measuring"):
            self.look_at(module)
        return self.measuring.at_the_end(numbers)

    def _new_sides(self, rows: int) -> Sides:
        self.sides[rows] = Sides(self.conditionals, rows, self.chains(rows), self.centered)
        return self.sides[rows]

    def _training_rows(self) -> np.ndarray:
        return training_rows(self.spec, self.rows.dataset, self.phase)

    def _visible(self, numbers: np.ndarray) -> Tensor:
        return self.seen.batch(torch.from_numpy(np.ascontiguousarray(numbers))).inputs["visible"]
