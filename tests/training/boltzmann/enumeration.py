"""All states of both sides of a tiny machine with what each counts: sums over discrete units, quadrature over continuous ones."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor

from specc.pytorch.nn import RestrictedBoltzmann
from tests.training.boltzmann.machines import every_state

WORDS = 3
"""The draws of a replicated softmax here."""
POINTS = 28


def line(low: float, high: float) -> tuple[Tensor, Tensor]:
    """Points and logarithms of weights of Gauss and Legendre."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    half = (high - low) / 2
    return torch.from_numpy(points * half + (high + low) / 2).unsqueeze(1), torch.from_numpy(weights * half).log()


def block_states(kind: str, width: int) -> tuple[Tensor, Tensor]:
    """The states `[states, width]` of some units side by side, and the logarithm of what each counts."""
    if kind == "bernoulli":
        states = every_state(width)
    elif kind == "softmax":
        states = torch.eye(width, dtype=torch.float64)
    elif kind == "replicated_softmax":
        one = torch.eye(width, dtype=torch.float64)
        states = torch.stack([sum(words) for words in itertools.product(one, repeat=WORDS)])  # type: ignore[arg-type]
    else:
        return joined([line(-7.5, 7.5) if kind == "gaussian" else line(0, 8) for _ in range(width)])
    return states, torch.zeros(len(states), dtype=torch.float64)


def joined(blocks: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Every combination of the states of blocks."""
    states, counts = blocks[0]
    for more, weights in blocks[1:]:
        states = torch.cat([states.repeat_interleave(len(more), 0), more.repeat(len(states), 1)], 1)
        counts = (counts.unsqueeze(1) + weights).flatten()
    return states, counts


def both_sides(made: RestrictedBoltzmann) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The states of the visible and of the hidden side."""
    return joined([block_states(*block) for block in made.blocks]), block_states(made.units, len(made.weight))


@torch.no_grad()
def log_joint(made: RestrictedBoltzmann) -> tuple[Tensor, Tensor, Tensor]:
    """Visible states, hidden states, and `ln` of their weight `[visible states, hidden states]`, by the energy alone."""
    (v, v_counts), (h, h_counts) = both_sides(made)
    energies = torch.stack([made.energy(v, one.expand(len(v), -1)) for one in h], 1)
    return v, h, v_counts.unsqueeze(1) + h_counts - energies
