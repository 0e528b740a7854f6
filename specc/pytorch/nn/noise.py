"""Noise that acts in training only. It is drawn as PyTorch's dropout draws: from the default generator of the device."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GaussianNoise(nn.Module):
    """`x + deviation · ε`, ε standard normal."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        return x + self.deviation * torch.randn_like(x) if self.training else x


class MaskingNoise(nn.Module):
    """Zeros with probability `rate`; what is left stays as it is."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        return x.masked_fill(torch.rand_like(x) < self.rate, 0.0) if self.training else x


class SaltAndPepper(nn.Module):
    """`low` and `high` with probability `rate / 2` each."""

    def __init__(self, rate: float, low: float = 0.0, high: float = 1.0) -> None:
        super().__init__()
        self.rate, self.low, self.high = rate, low, high

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        drawn = torch.rand_like(x)
        return x.masked_fill(drawn < self.rate, self.high).masked_fill(drawn < self.rate / 2, self.low)
