"""Markov chains that draw from machines: alternating Gibbs sampling in the top one, then one way down to the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from specc.pytorch.nn import RestrictedBoltzmann


class Drawn(NamedTuple):
    """Visible units `[rows, visible]`: draws, and their means given the last hidden units."""

    draws: Tensor
    means: Tensor


class Held(NamedTuple):
    """Units by number that are not drawn, and what they stay at."""

    units: Tensor
    values: Tensor

    def put(self, v: Tensor) -> Tensor:
        v[:, self.units] = self.values
        return v


@torch.no_grad()
def draw(
    stack: Sequence[RestrictedBoltzmann], rows: int, steps: int, held: Held | None, total: int | None, generator: Generator
) -> Drawn:
    """`rows` chains of `steps` Gibbs steps each. They begin where no hidden unit says anything: at draws by the visible biases.

    `held` are visible units of the one machine there is; `total` is how often a replicated softmax is drawn.
    """
    *lower, top = stack
    totals = None if total is None else top.visible_bias.new_full((rows,), float(total))
    nothing = top.hidden_bias.new_zeros(rows, len(top.hidden_bias))
    v = top.sample_visible(nothing, generator, totals if not lower else None)
    for _ in range(steps):
        v = held.put(v) if held is not None else v
        h = top.sample_hidden(v, generator)
        last, v = h, top.sample_visible(h, generator, totals if not lower else None)
    machine, h = top, last
    for machine in reversed(lower):
        h = v
        v = machine.draw_visible_(machine.generative_input(h), generator, totals if machine is stack[0] else None)
    means = machine.visible_mean_(machine.generative_input(h), totals if machine is stack[0] else None)
    if held is not None:
        v, means = held.put(v), held.put(means)
    return Drawn(v, means)
