"""Persistent contrastive divergence: chains that go on from step to step."""

from __future__ import annotations

import torch
from torch import Tensor

from specc.pytorch.nn.units import uniform_
from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.boltzmann.stack import Stack
from specc.training.state import State


class PersistentContrastiveDivergence(BoltzmannProcedure):
    """`state.own["chains"]` are hidden states; they begin as those of rows of the data, whose number of draws they keep."""

    def begin(self, state: State) -> None:
        super().begin(state)
        rows = self.draw_rows(state, self.settings.chains)
        state.own["chains"] = self.machine.sample_hidden(rows, self.generator)
        if (totals := self.machine.totals(rows)) is not None:
            state.own["totals"] = totals

    def sample(self, state: State, stack: Stack, totals: Tensor | None, steps: int) -> None:
        conditionals, chains, own_totals = self.conditionals, state.own["chains"], state.own.get("totals")
        if conditionals.is_binary and steps == 1:
            self._sample_binary(stack, chains)
            return
        self.walk(chains, stack, own_totals, steps)
        stack.weigh_totals(totals, own_totals)
        conditionals.hidden_input(stack.both_visible, stack.totals, stack.both_hidden)
        conditionals.hidden.mean_(stack.data_hidden)
        conditionals.hidden.mean_and_draw(stack.model_hidden, chains, self.generator)

    def _sample_binary(self, stack: Stack, chains: Tensor) -> None:
        """The same of bernoulli units alone in as few calls as there can be: they are what a small machine's time goes to."""
        uniform_(stack.lots, self.generator)
        self.conditionals.draw_binary(chains, stack.noise, stack.model_visible)
        self.conditionals.hidden_input(stack.both_visible, None, stack.both_hidden).sigmoid_()
        torch.lt(stack.draws, stack.model_hidden, out=chains)
