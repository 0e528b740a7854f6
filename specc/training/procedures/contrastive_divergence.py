"""Contrastive divergence: chains that start at the data anew in every step."""

from __future__ import annotations

from torch import Tensor

from specc.pytorch.nn.units import uniform_
from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.boltzmann.sides import Sides
from specc.training.state import State


class ContrastiveDivergence(BoltzmannProcedure):
    """A chain for every row. Visible states are drawn, so that with more steps the gradient becomes that of the likelihood."""

    def chains(self, rows: int) -> int:
        return rows

    def sample(self, state: State, sides: Sides, totals: Tensor | None, steps: int) -> None:
        conditionals = self.conditionals
        if conditionals.is_binary and steps == 1:
            self._sample_binary(sides)
            return
        up = conditionals.hidden_input(sides.data_visible, totals, sides.data_hidden)
        conditionals.hidden.mean_and_draw(up, sides.draws, self.generator)
        self.walk(sides.draws, sides, totals, steps)
        conditionals.hidden.mean_(conditionals.hidden_input(sides.model_visible, totals, sides.model_hidden))
        sides.weigh_totals(totals, totals)

    def _sample_binary(self, sides: Sides) -> None:
        """The same of bernoulli units alone in as few calls as there can be: they are what a small machine's time goes to."""
        conditionals = self.conditionals
        uniform_(sides.lots, self.generator)
        sides.draws.lt_(conditionals.hidden_input(sides.data_visible, None, sides.data_hidden).sigmoid_())
        conditionals.draw_binary(sides.draws, sides.noise, sides.model_visible)
        conditionals.hidden_input(sides.model_visible, None, sides.model_hidden).sigmoid_()
