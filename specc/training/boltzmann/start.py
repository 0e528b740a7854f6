"""Where the visible biases of a machine begin: at the means of what it sees."""

from __future__ import annotations

import torch
from torch import Tensor

from specc.pytorch.nn import RestrictedBoltzmann

SMOOTHING = 1.0
"""Rows of an even chance that are added to the data's."""
ROWS_OF_MEANS = 10_000
"""Biases, and the offsets of centring, begin with the means of so many rows."""


@torch.no_grad()
def start_visible_bias(machine: RestrictedBoltzmann, rows: Tensor) -> None:
    """Sets visible biases that are still zero from some rows `[rows, visible]`, so that without weights the means are the data's.

    Bernoulli units: `ln p/(1 − p)` of the smoothed share p of ones; of a softmax or replicated softmax the logarithm of each
    smoothed share, less their mean; gaussian and relu units: the mean (Hinton 2012, section 8.1).
    """
    if bool(machine.visible_bias.any()):
        return
    start = 0
    for kind, width in machine.blocks:
        place = slice(start, start + width)
        machine.visible_bias[place] = _bias(kind, rows[:, place].double()).to(machine.visible_bias.dtype)
        start += width


def _bias(kind: str, values: Tensor) -> Tensor:
    if kind == "bernoulli":
        ones = values.sum(0) + SMOOTHING / 2
        return (ones / (len(values) + SMOOTHING - ones)).log()
    if kind in ("softmax", "replicated_softmax"):
        shares = (values.sum(0) + SMOOTHING / values.shape[1]).log()
        return shares - shares.mean()
    return values.mean(0)
