"""Contrastive divergence: chains that start at the data anew in every step."""

from __future__ import annotations

from torch import Tensor

from specc.pytorch.nn.units import uniform_
from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.boltzmann.stack import Stack
from specc.training.state import State


class ContrastiveDivergence(BoltzmannProcedure):
    """A chain for every row. Visible states are drawn, so that with more steps the gradient becomes that of the likelihood."""

    def chains(self, rows: int) -> int:
        return rows

    def sample(self, state: State, stack: Stack, totals: Tensor | None, steps: int) -> None:
        conditionals = self.conditionals
        if conditionals.is_binary and steps == 1:
            self._sample_binary(stack)
            return
        up = conditionals.hidden_input(stack.data_visible, totals, stack.data_hidden)
        conditionals.hidden.mean_and_draw(up, stack.draws, self.generator)
        self.walk(stack.draws, stack, totals, steps)
        conditionals.hidden.mean_(conditionals.hidden_input(stack.model_visible, totals, stack.model_hidden))
        stack.weigh_totals(totals, totals)

    def _sample_binary(self, stack: Stack) -> None:
        """The same of bernoulli units alone in as few calls as there can be: they are what a small machine's time goes to."""
        conditionals = self.conditionals
        uniform_(stack.lots, self.generator)
        stack.draws.lt_(conditionals.hidden_input(stack.data_visible, None, stack.data_hidden).sigmoid_())
        conditionals.draw_binary(stack.draws, stack.noise, stack.model_visible)
        conditionals.hidden_input(stack.model_visible, None, stack.model_hidden).sigmoid_()
