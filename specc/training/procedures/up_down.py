"""The up-down algorithm: a stack of machines trained as one model of the data, in its wake and in its sleep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Generator, Tensor, nn

from specc.data.split import training_rows
from specc.ir import Phase, Spec
from specc.pytorch.nn import RestrictedBoltzmann
from specc.training.boltzmann.rows import VisibleRows
from specc.training.boltzmann.stacked import StackMeasuring, machines_of
from specc.training.boltzmann.start import ROWS_OF_MEANS, start_visible_bias
from specc.training.changing import at_moment
from specc.training.clock import Clock
from specc.training.descent import descend
from specc.training.evaluate import Evaluation
from specc.training.procedures.procedure import Measures, Procedure, Step
from specc.training.rows import Batch, Rows
from specc.training.state import State
from specc.training.streams import Streams
from specc.vocabulary import procedures as words


class UpDown(Procedure):
    """Contrastive wake and sleep (Hinton, Osindero and Teh 2006, appendix B).

    Wake: every layer is drawn from the one below, and the weights and biases for the way down learn to give that one back. The
    top machine learns by `steps` Gibbs steps from there. Sleep: what those reached is passed down, and the weights and biases
    for the way up learn to find each layer from the one below. All slopes are `(value − mean) · input`, means over the rows.
    """

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        super().__init__(spec, phase, rows)
        assert isinstance(phase.settings.procedure, words.UpDown)
        self.settings = phase.settings.procedure

    def look_at(self, module: nn.Module) -> None:
        """Takes the machines of the module, and the rows as the lowest of them sees them."""
        stack = machines_of(self.spec, module)
        self.seen = VisibleRows(self.spec, next(iter(stack)), self.rows, module)
        self.lower, self.top = tuple(stack.values())[:-1], tuple(stack.values())[-1]
        self.measuring = StackMeasuring(self.spec, self.phase, (*self.lower, self.top), self.seen)

    @torch.no_grad()
    def begin(self, state: State) -> None:
        self.look_at(state.module)
        # A generator draws on the CPU only; elsewhere it is torch's own, as for dropout.
        on_cpu = self.top.weight.device.type == "cpu"
        self.generator: Generator | None = state.streams["sampling"] if on_cpu else None
        start_visible_bias(self.lower[0], self.seen.some(training_rows(self.spec, self.rows.dataset, self.phase), ROWS_OF_MEANS))
        for machine in self.lower:
            down = _down(machine)
            if not bool(down.any()):
                down.copy_(machine.weight)

    def batch(self, order: Tensor, stretch: slice, streams: Streams) -> Batch:
        return self.seen.stretch(order, stretch, streams)

    @torch.no_grad()
    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        state.parameters.clear_gradient()
        v = torch.cat([batch.inputs["visible"] for batch in batches])
        h = self._wake(v)
        h = self._associate(h, round(at_moment(self.settings, clock).steps))
        self._sleep(h, self.lower[0].totals(v))
        descend(self.phase, state, clock)
        return {}

    def _wake(self, v: Tensor) -> Tensor:
        """The layer that the top machine sees, drawn from the rows; the slopes of the way down."""
        for machine in self.lower:
            h = machine.sample_hidden(v, self.generator)
            missed = v - machine.visible_mean_(machine.generative_input(h), machine.totals(v))
            _add(_down(machine), h.t() @ missed, len(v))
            _add(machine.visible_bias, missed.sum(0), len(v))
            v = h
        return v

    def _associate(self, v: Tensor, steps: int) -> Tensor:
        """The slopes of the top machine, and what its visible units come to after so many Gibbs steps."""
        top, first, before = self.top, v, self.top.hidden_mean(v)
        for _ in range(steps):
            v = top.sample_visible(top.sample_hidden(v, self.generator), self.generator)
        after = top.hidden_mean(v)
        _add(top.weight, before.t() @ first - after.t() @ v, len(v))
        _add(top.hidden_bias, (before - after).sum(0), len(v))
        _add(top.visible_bias, (first - v).sum(0), len(v))
        return v

    def _sleep(self, h: Tensor, totals: Tensor | None) -> None:
        """Passes a dream down; the slopes of the way up. `totals` are the draws of each document at the bottom."""
        for number, machine in reversed(list(enumerate(self.lower))):
            draws = totals if number == 0 else None
            v = machine.draw_visible_(machine.generative_input(h), self.generator, draws)
            missed = h - machine.hidden_mean(v)
            _add(machine.weight, missed.t() @ v, len(v))
            _add(machine.hidden_bias, missed.sum(0) if draws is None else draws @ missed, len(v))
            h = v

    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        alone = not len(self.rows.dataset.rows.get("validation", ()))
        return self.measuring.after_epoch(np.sort(numbers), epoch, alone)

    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        return self.measuring.after_epoch(numbers, epoch, True)

    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        if not hasattr(self, "measuring"):
            self.look_at(module)
        return self.measuring.at_the_end(numbers)


def _down(machine: RestrictedBoltzmann) -> nn.Parameter:
    assert machine.generative_weight is not None
    return machine.generative_weight


def _add(parameter: nn.Parameter, slope: Tensor, rows: int) -> None:
    """Adds to the gradient, which points where the likelihood falls."""
    assert parameter.grad is not None
    parameter.grad.sub_(slope, alpha=1 / rows)
