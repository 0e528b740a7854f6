"""Parallel tempering: persistent chains at several temperatures, of which the coldest are samples of the model."""

from __future__ import annotations

from torch import Tensor

from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.boltzmann.sides import Sides
from specc.training.boltzmann.tempering import Ladder
from specc.training.state import State


class ParallelTempering(BoltzmannProcedure):
    """`state.own["chains"]` are hidden states, the coldest first; chains that may change places keep one number of draws."""

    def begin(self, state: State) -> None:
        super().begin(state)
        chains, temperatures = self.settings.chains, self.settings.temperatures
        self.start_chains(state, self.draw_rows(state, chains).repeat(temperatures, 1))
        self.ladder = Ladder(self.conditionals, chains, temperatures)

    def sample(self, state: State, sides: Sides, totals: Tensor | None, steps: int) -> None:
        conditionals, own_totals = self.conditionals, state.own.get("totals")
        for _ in range(steps):
            self.ladder.step(state.own["chains"], own_totals, self.generator, sides.model_visible)
        sides.weigh_totals(totals, None if own_totals is None else own_totals[: sides.chains])
        conditionals.hidden_input(sides.both_visible, sides.totals, sides.both_hidden)
        conditionals.hidden.mean_(sides.data_hidden)
        conditionals.hidden.mean_(sides.model_hidden)
