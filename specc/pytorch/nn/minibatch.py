"""Minibatch discrimination: how close the rows of a batch are to one another."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MinibatchDiscrimination(nn.Module):
    """`concat(x, o)` of `x` `[N, incoming]`, `o[i, b] = Σ_{j≠i} exp(−Σ_c |M[i, b, c] − M[j, b, c]|)` with `M = x Wᵀ`.

    So Salimans et al. (2016) have it; `weight` is the transpose of the paper's T, `[features · kernel_width, incoming]`.
    """

    def __init__(self, incoming: int, features: int, kernel_width: int) -> None:
        super().__init__()
        self.features, self.kernel_width = features, kernel_width
        self.weight = nn.Parameter(torch.empty(features * kernel_width, incoming))

    def forward(self, x: Tensor) -> Tensor:
        rows = (x @ self.weight.T).view(-1, self.features, self.kernel_width)
        distances = (rows[:, None] - rows[None]).abs().sum(3)  # [N, N, features]
        closeness = torch.exp(-distances).sum(1) - 1  # each row is at distance 0 from itself
        return torch.cat([x, closeness], 1)
