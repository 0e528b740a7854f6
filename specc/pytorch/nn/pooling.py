"""Pooling that PyTorch does not have."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def average_pool2d(
    x: Tensor, kernel: int | tuple[int, int], stride: int | tuple[int, int], padding: tuple[int, int, int, int]
) -> Tensor:
    """The mean of each window of `x` `[N, channels, height, width]` over the numbers that lie inside the image.

    `padding`: left, right, top, bottom; it may differ from side to side.
    """
    inside = torch.ones_like(x[:1, :1])
    total = F.avg_pool2d(F.pad(x, padding), kernel, stride)
    return total / F.avg_pool2d(F.pad(inside, padding), kernel, stride)
