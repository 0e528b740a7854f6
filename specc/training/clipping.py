"""What each clipping of the vocabulary does to a gradient, in place."""

from __future__ import annotations

import torch
from torch import Tensor

from specc.training.changing import at_moment
from specc.training.clock import Clock
from specc.vocabulary.clipping import Norm, Value
from specc.vocabulary.families import Clipping


@torch.no_grad()
def clip_gradient(part: Clipping | None, gradient: Tensor, clock: Clock) -> None:
    """Clips the whole gradient of a step; what is frozen has zeros there."""
    match part and at_moment(part, clock):
        case Norm(limit=limit):
            length = float(torch.linalg.vector_norm(gradient, dtype=torch.float64))
            if length > limit:
                gradient.mul_(limit / length)
        case Value(limit=limit):
            gradient.clamp_(-limit, limit)
