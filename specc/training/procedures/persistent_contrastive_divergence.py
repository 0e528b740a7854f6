"""Persistent contrastive divergence: chains that go on from step to step."""

from __future__ import annotations

import torch
from torch import Tensor

from specc.pytorch.nn.units import uniform_
from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.boltzmann.sides import Sides
from specc.training.state import State


class PersistentContrastiveDivergence(BoltzmannProcedure):
    """`state.own["chains"]` are hidden states; they begin as those of rows of the data, whose number of draws they keep."""

    def begin(self, state: State) -> None:
        super().begin(state)
        self.start_chains(state, self.draw_rows(state, self.settings.chains))

    def sample(self, state: State, sides: Sides, totals: Tensor | None, steps: int) -> None:
        conditionals, chains, own_totals = self.conditionals, state.own["chains"], state.own.get("totals")
        if conditionals.is_binary and steps == 1:
            self._sample_binary(sides, chains)
            return
        self.walk(chains, sides, own_totals, steps)
        sides.weigh_totals(totals, own_totals)
        conditionals.hidden_input(sides.both_visible, sides.totals, sides.both_hidden)
        conditionals.hidden.mean_(sides.data_hidden)
        conditionals.hidden.mean_and_draw(sides.model_hidden, chains, self.generator)

    def _sample_binary(self, sides: Sides, chains: Tensor) -> None:
        """The same of bernoulli units alone in as few calls as there can be: they are what a small machine's time goes to."""
        uniform_(sides.lots, self.generator)
        self.conditionals.draw_binary(chains, sides.noise, sides.model_visible)
        self.conditionals.hidden_input(sides.both_visible, None, sides.both_hidden).sigmoid_()
        torch.lt(sides.draws, sides.model_hidden, out=chains)
