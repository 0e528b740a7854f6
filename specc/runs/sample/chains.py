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
    bottom, counts = stack[0], None
    if total is not None:
        counts = bottom.visible_bias.new_full((rows,), float(total))
    of_top = counts if top is bottom else None
    h = top.hidden_bias.new_zeros(rows, len(top.hidden_bias))
    v = top.sample_visible(h, generator, of_top)
    for _ in range(steps):
        h = top.sample_hidden(v if held is None else held.put(v), generator)
        v = top.sample_visible(h, generator, of_top)
    for machine in reversed(lower):
        h = v
        v = machine.draw_visible_(machine.generative_input(h), generator, counts if machine is bottom else None)
    means = bottom.visible_mean_(bottom.generative_input(h), counts)
    return Drawn(v, means) if held is None else Drawn(held.put(v), held.put(means))
