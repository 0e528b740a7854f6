"""Where a machine of ratings begins: with how often each unit has each level."""

from __future__ import annotations

import numpy as np
import torch

from specc.data.ratings import Cases
from specc.pytorch.nn import RatingsBoltzmann

SMOOTHING = 5.0
"""Ratings of the whole data's levels that each unit has beside its own, so that a rare one says little and none is −∞."""


@torch.no_grad()
def start_biases(machine: RatingsBoltzmann, cases: Cases) -> None:
    """Sets `b[i, k] = ln (n[i, k] + s·p[k]) / (n[i] + s)`, p being the shares of the levels over all units."""
    units, levels = machine.visible_bias.shape
    place = cases.units.astype(np.int64) * levels + cases.levels
    counts = np.bincount(place, minlength=units * levels).reshape(units, levels).astype(np.float64)
    shares = (counts.sum(0) + 1) / (counts.sum() + levels)  # no level has no chance at all
    smoothed = (counts + SMOOTHING * shares) / (counts.sum(1, keepdims=True) + SMOOTHING)
    machine.visible_bias.copy_(torch.from_numpy(np.log(smoothed)))
