"""Chains at several temperatures and their changes of place.

At the inverse temperature β the states are weighed by `exp(own terms of v and h + b·v + β (D c·h + h W v/σ²))`: at 1 that is the
machine, at 0 its visible biases alone, where a chain forgets in one step where it was.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from specc.training.boltzmann.conditionals import Conditionals


class Ladder:
    """Chains `[temperatures · chains, hidden]`, the coldest (β = 1) first. It keeps memory only."""

    def __init__(self, conditionals: Conditionals, chains: int, temperatures: int) -> None:
        self.conditionals, self.chains, self.temperatures = conditionals, chains, temperatures
        like = conditionals.weight
        self.steps = torch.linspace(1, 0, temperatures, dtype=like.dtype) if temperatures > 1 else like.new_ones(1)
        self.steps = self.steps.to(like.device)
        self.inverse = self.steps.repeat_interleave(chains).unsqueeze(1)
        total = chains * temperatures
        self.visible, self.noise = like.new_empty(total, like.shape[0]), like.new_empty(total, like.shape[0])
        self.hidden = like.new_empty(total, like.shape[1])
        self.numbers = torch.arange(total, device=like.device).view(temperatures, chains)

    def step(self, draws: Tensor, totals: Tensor | None, generator: Generator | None, coldest: Tensor) -> None:
        """One Gibbs step of every chain and the changes of place after it; `coldest` takes the visible states at β = 1.

        `draws` are the hidden states, before and after; `totals` those of every chain.
        """
        conditionals = self.conditionals
        conditionals.draw_visible(draws.mul_(self.inverse), generator, totals, self.visible, self.noise)
        up = conditionals.hidden_input(self.visible, totals, self.hidden)
        conditionals.hidden.draw_(torch.mul(up, self.inverse, out=draws), generator)
        order = self._exchanged((draws * up).sum(1), generator)
        draws.copy_(draws[order.flatten()])
        torch.index_select(self.visible, 0, order[0], out=coldest)

    def _exchanged(self, weight: Tensor, generator: Generator | None) -> Tensor:
        """Which chain is at which temperature, `[temperatures, chains]`, after neighbors had their chance to change places.

        Two states at β and β' change places with probability `min(1, exp((β − β') (u' − u)))`, u being the logarithm of what β
        raises to a power. The pairs that begin with an even number come first, then those that begin with an odd one.
        """
        order = self.numbers.clone()
        for start in (0, 1):
            count = (self.temperatures - start) // 2
            if not count:
                continue
            pairs = order[start : start + 2 * count].view(count, 2, self.chains)
            cold, hot = pairs[:, 0], pairs[:, 1]
            step = (self.steps[start : start + 2 * count : 2] - self.steps[start + 1 : start + 1 + 2 * count : 2]).unsqueeze(1)
            chance = torch.exp(((weight[hot] - weight[cold]) * step).clamp_(max=0.0))
            changes = torch.empty_like(chance).uniform_(generator=generator) < chance
            pairs.copy_(torch.where(changes.unsqueeze(1), pairs.flip(1), pairs))
        return order
