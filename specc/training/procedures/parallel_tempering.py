"""Parallel tempering: persistent chains at several temperatures, of which the coldest are samples of the model."""

from __future__ import annotations

from torch import Tensor

from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.boltzmann.stack import Stack
from specc.training.boltzmann.tempering import Ladder
from specc.training.state import State


class ParallelTempering(BoltzmannProcedure):
    """`state.own["chains"]` are hidden states, the coldest first; chains that may change places keep one number of draws."""

    def begin(self, state: State) -> None:
        super().begin(state)
        chains, temperatures = self.settings.chains, self.settings.temperatures
        rows = self.draw_rows(state, chains).repeat(temperatures, 1)
        state.own["chains"] = self.machine.sample_hidden(rows, self.generator)
        if (totals := self.machine.totals(rows)) is not None:
            state.own["totals"] = totals
        self.ladder = Ladder(self.conditionals, chains, temperatures)

    def sample(self, state: State, stack: Stack, totals: Tensor | None, steps: int) -> None:
        conditionals, own_totals = self.conditionals, state.own.get("totals")
        for _ in range(steps):
            self.ladder.step(state.own["chains"], own_totals, self.generator, stack.model_visible)
        stack.weigh_totals(totals, None if own_totals is None else own_totals[: stack.chains])
        conditionals.hidden_input(stack.both_visible, stack.totals, stack.both_hidden)
        conditionals.hidden.mean_(stack.data_hidden)
        conditionals.hidden.mean_(stack.model_hidden)
