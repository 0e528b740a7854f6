"""From the gradient of a step to new weights: what every procedure with gradients does alike."""

from __future__ import annotations

import math

from specc.ir import Phase
from specc.training.clipping import clip_gradient
from specc.training.clock import Clock
from specc.training.faults import NotFinite, bad_gradient, checked_rate
from specc.training.optimizers import update
from specc.training.state import State


def descend(phase: Phase, state: State, clock: Clock, side: str = "") -> None:
    """Clips the gradient, then every group that is not frozen takes its step; with `side` only those of it are touched.

    Raises `NotFinite` before anything changes.
    """
    parameters = state.parameters
    _, gradient = parameters.of(side)
    # A sum is one pass and no memory; only where it is not finite the numbers are looked at one by one.
    if not math.isfinite(gradient.sum()) and (layer := bad_gradient(state.module)) is not None:
        raise NotFinite("gradient", layer)
    trained = parameters.trained(side)
    for group in trained:
        group.last_rate = checked_rate(group.rate, clock)
    clip_gradient(phase.settings.clip, gradient, clock)
    for group in trained:
        update(group, group.last_rate, clock)
