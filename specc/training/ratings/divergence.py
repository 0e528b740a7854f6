"""Contrastive divergence of ratings: a chain of Gibbs steps on the units that a case has ratings of, and on no others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from specc.door import identifier
from specc.pytorch.nn import RatingsBoltzmann
from specc.pytorch.nn.ratings import SHARE
from specc.training.changing import at_moment
from specc.training.clock import Clock
from specc.training.descent import descend
from specc.training.evaluate import Evaluation
from specc.training.procedures.procedure import Measures, Procedure, Step
from specc.training.ratings.evaluate import measure_ratings
from specc.training.ratings.rows import RatingsRows
from specc.training.ratings.start import start_biases
from specc.training.rows import Batch
from specc.training.state import State
from specc.vocabulary.procedures import ContrastiveDivergence


class RatingsDivergence(Procedure):
    """The statistics of the ratings less those after k Gibbs steps, whose levels and hidden units are drawn anew each time.

    The gradient is that of the mean over the cases of a batch; memory grows with the ratings of the batch alone.
    """

    def machine(self, module: nn.Module) -> RatingsBoltzmann:
        assert self.phase.layer is not None
        return getattr(module, identifier(self.phase.layer))

    def begin(self, state: State) -> None:
        """The visible biases begin with how often each unit has each level, unless an earlier phase has trained them."""
        assert isinstance(self.rows, RatingsRows)
        machine = self.machine(state.module)
        if not bool(machine.visible_bias.any()):
            start_biases(machine, self.rows.ratings("train"))

    @torch.no_grad()
    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        procedure = at_moment(self.phase.settings.procedure, clock)  # type: ignore[type-var]
        assert isinstance(procedure, ContrastiveDivergence)
        state.parameters.clear_gradient()
        machine = self.machine(state.module)
        cases = sum(map(len, batches))
        for batch in batches:
            ratings = batch.inputs["ratings"]
            means = machine(ratings, len(batch))
            add_statistics(machine, ratings, means, -1.0 / cases)
            for _ in range(round(procedure.steps)):
                hidden = machine.sample_hidden(means, state.streams["sampling"])
                ratings = machine.sample_visible(ratings, hidden, state.streams["sampling"])
                means = machine(ratings, len(batch))
            add_statistics(machine, ratings, means, 1.0 / cases)
        descend(self.phase, state, clock)
        return {}

    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        """Measured after the epoch: a running mean would be of weights that never were together."""
        return self.measures(state, numbers, epoch)

    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        assert isinstance(self.rows, RatingsRows)
        return measure_ratings(self.machine(state.module), self.rows, numbers, self.phase, epoch)

    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        assert isinstance(self.rows, RatingsRows)
        return Evaluation(measure_ratings(self.machine(module), self.rows, numbers, self.phase, None), {}, {})


@torch.no_grad()
def add_statistics(machine: RatingsBoltzmann, ratings: Tensor, hidden: Tensor, factor: float) -> None:
    """Adds `factor` times the sums of `v h`, `v` and `h` over the ratings to the gradients, in place and where ratings are."""
    gradients = [p.grad for p in (machine.weight, machine.shared_weight, machine.visible_bias, machine.hidden_bias)]
    weight, shared_weight, visible_bias, hidden_bias = gradients
    assert weight is not None and shared_weight is not None and visible_bias is not None and hidden_bias is not None
    row, unit, level = ratings.unbind(1)
    place = unit * machine.levels + level
    for stretch in machine.stretches(len(ratings)):
        weight.flatten(0, 1).index_add_(0, place[stretch], hidden[row[stretch]], alpha=factor)
    shared_weight.addmm_(machine.level_counts(ratings, len(hidden)).T, hidden, alpha=factor * SHARE)
    visible_bias.flatten().index_add_(0, place, hidden.new_ones(len(place)), alpha=factor)
    hidden_bias.add_(hidden.sum(0), alpha=factor)
