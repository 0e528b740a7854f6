"""What is measured of a stack of machines that is one model of its data."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from specc.door import identifier
from specc.ir import Phase, Spec
from specc.machines import machines
from specc.pytorch.nn import RestrictedBoltzmann
from specc.training.boltzmann.measures import CHUNK, MOST_ROWS, Measures, is_due, rows_to_compare_with
from specc.training.boltzmann.rows import VisibleRows
from specc.training.boltzmann.views import Stack
from specc.training.evaluate import Evaluation
from specc.training.streams import new_generator
from specc.vocabulary.metrics import LogLikelihood


def machines_of(spec: Spec, module: nn.Module) -> dict[str, RestrictedBoltzmann]:
    """The machines of a module from the bottom up, by their names in the spec."""
    return {node.name: getattr(module, identifier(node.name)) for node in machines(spec)}


@torch.no_grad()
def reconstructed(stack: Stack, v: Tensor) -> Tensor:
    """`[rows, visible]`: the means of the features up to the top, and of the visible units from there down."""
    totals = stack[0].totals(v)
    for machine in stack:
        v = machine.hidden_mean(v)
    for number, machine in reversed(list(enumerate(stack))):
        v = machine.visible_mean_(machine.generative_input(v), totals if number == 0 else None)
    return v


class StackMeasuring:
    """The reconstruction error through all machines, and the lower bound of the likelihood."""

    def __init__(self, spec: Spec, phase: Phase, stack: Stack, seen: VisibleRows) -> None:
        self.spec, self.phase, self.stack, self.seen = spec, phase, stack, seen
        self.likelihood = next((m for m in phase.settings.metrics if isinstance(m, LogLikelihood)), None)

    def after_epoch(self, numbers: np.ndarray, epoch: int, likely: bool) -> Measures:
        """Of some rows, and with `likely` of their likelihood where it is due."""
        return self._measured(self.seen.some(numbers, MOST_ROWS), epoch, likely)

    def at_the_end(self, numbers: np.ndarray) -> Evaluation:
        """Everything, of all rows."""
        return Evaluation(self._measured(self.seen.some(numbers, len(numbers)), None, True), {}, {})

    def _measured(self, v: Tensor, epoch: int | None, likely: bool) -> Measures:
        total = sum(float((reconstructed(self.stack, c) - c).square_().sum(dtype=torch.float64)) for c in v.split(CHUNK))
        measured: Measures = {"reconstruction_error": total / v.numel()}
        if self.likelihood is not None and likely and is_due(self.likelihood.every, epoch):
            measured |= self._bound(self.likelihood, v, epoch)
        return measured

    def _bound(self, metric: LogLikelihood, v: Tensor, epoch: int | None) -> Measures:
        from specc.training.likelihood import log_partition, variational_bound
        from specc.training.likelihood.bound import rows_of_the_top

        lots = new_generator(0, "likelihood")
        training = rows_to_compare_with(self.spec, self.seen.rows.dataset, self.phase)
        base = rows_of_the_top(self.stack, self.seen.some(training, MOST_ROWS), lots)
        temperatures = metric.final_temperatures if epoch is None else metric.temperatures
        top = log_partition(self.stack[-1], base, lots, metric.chains, temperatures)
        down = [(m.weight if m.generative_weight is None else m.generative_weight, m.visible_bias) for m in self.stack[:-1]]
        bound = variational_bound(self.stack, v, top, lots, down)
        return {"log_likelihood": bound.value} | ({"log_likelihood_error": bound.error} if bound.error else {})
