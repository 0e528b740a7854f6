"""Contrastive divergence: chains that start at the data anew in every step."""

from __future__ import annotations

from torch import Tensor

from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.boltzmann.stack import Stack
from specc.training.state import State


class ContrastiveDivergence(BoltzmannProcedure):
    """A chain for every row. Visible states are drawn, so that with more steps the gradient becomes that of the likelihood."""

    def chains(self, rows: int) -> int:
        return rows

    def sample(self, state: State, stack: Stack, totals: Tensor | None, steps: int) -> None:
        conditionals = self.conditionals
        up = conditionals.hidden_input(stack.data_visible, totals, stack.data_hidden)
        conditionals.hidden.mean_and_draw(up, stack.draws, self.generator)
        self.walk(stack.draws, stack, totals, steps)
        conditionals.hidden.mean_(conditionals.hidden_input(stack.model_visible, totals, stack.model_hidden))
        stack.weigh_totals(totals, totals)
