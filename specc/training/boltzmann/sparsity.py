"""The gradient of `cost · Σⱼ KL(target ‖ qⱼ)`, qⱼ being the mean of `σ(xⱼ)` over the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from specc.vocabulary.regularizers import Sparsity

LEAST = 1e-6
"""How near to 0 or 1 a mean may come in the denominator."""


def add_sparsity_slope(part: Sparsity, hidden: Tensor) -> None:
    """Takes the penalty's gradient by each row's hidden input, times the number of rows, from the hidden means `hidden`.

    `∂KL/∂q = (q − t) / (q (1 − q))` and `∂q/∂x = σ'(x)/B`: what is left in `hidden` makes the gradient of likelihood less
    penalty in the same product.
    """
    mean = hidden.mean(0).clamp_(LEAST, 1 - LEAST)
    pull = (mean - part.target) / (mean * (1 - mean))
    hidden.sub_(torch.addcmul(hidden, hidden, hidden, value=-1).mul_(pull), alpha=part.cost)
