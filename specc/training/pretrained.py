"""The weights that a module starts with: drawn, and those of parts that another run has trained."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn


@torch.no_grad()
def start(module: nn.Module, generator: torch.Generator, pretrained: Mapping[str, np.ndarray]) -> None:
    """Draws every weight; those that other runs bring, with their batch statistics, then take the place of what was drawn."""
    module.start(generator)  # type: ignore[operator]
    state = module.state_dict()
    for key, values in pretrained.items():
        state[key].copy_(torch.from_numpy(values))
