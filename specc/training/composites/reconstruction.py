"""How far what a decoder makes is from a row: losses by row, on logits where the decoder ended with a sigmoid or softmax."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from specc.vocabulary.families import Loss
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanAbsoluteError, MeanSquaredError, SumSquaredError


def activated(made: Tensor, head: str) -> Tensor:
    """The numbers of the columns: `σ(z)` or `softmax(z)` of logits, or what was made itself."""
    match head:
        case "sigmoid":
            return torch.sigmoid(made)
        case "softmax":
            return torch.softmax(made, dim=1)
    return made


def _cross_entropy(made: Tensor, head: str, rows: Tensor) -> Tensor:
    return -(rows * F.log_softmax(made, dim=1)).flatten(1).sum(1)


def _binary_cross_entropy(made: Tensor, head: str, rows: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(made, rows, reduction="none").flatten(1).mean(1)


def _squares(made: Tensor, head: str, rows: Tensor) -> Tensor:
    return (activated(made, head) - rows).square().flatten(1)


ROWWISE: dict[type[Loss], Callable[[Tensor, str, Tensor], Tensor]] = {
    MeanSquaredError: lambda made, head, rows: _squares(made, head, rows).mean(1),
    SumSquaredError: lambda made, head, rows: _squares(made, head, rows).sum(1),
    MeanAbsoluteError: lambda made, head, rows: (activated(made, head) - rows).abs().flatten(1).mean(1),
    BinaryCrossEntropy: _binary_cross_entropy,
    CrossEntropy: _cross_entropy,
}
"""The loss of each row, `[rows]`: made `[rows, …]`, its head, and the rows themselves `[rows, …]`."""


def loss_of_rows(loss: Loss, made: Tensor, head: str, rows: Tensor) -> Tensor:
    """The loss of each row, `[rows]`."""
    return ROWWISE[type(loss)](made, head, rows)
