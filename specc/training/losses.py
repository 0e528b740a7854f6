"""Losses on logits: the mean over the rows of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from specc.vocabulary.families import Loss
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanAbsoluteError, MeanSquaredError

Function = Callable[[Any, Tensor, Tensor, Tensor | None], Tensor]
LOSSES: dict[type[Loss], Function] = {}


def computes(part: type[Loss]) -> Callable[[Function], Function]:
    """Registers the computation of a loss: its settings, logits `[batch, units]`, targets `[batch]`, weights of the labels."""

    def register(function: Function) -> Function:
        LOSSES[part] = function
        return function

    return register


def loss_value(part: Loss, logits: Tensor, targets: Tensor, label_weights: Tensor | None = None) -> Tensor:
    """The loss of a batch, a scalar."""
    return LOSSES[type(part)](part, logits, targets, label_weights)


def label_weights(part: Loss, counts: tuple[int, ...], device: torch.device) -> Tensor | None:
    """What each label weighs; `balanced`: `rows / (labels · count)`, a label without rows weighs nothing."""
    weights = getattr(part, "class_weights", None)
    if weights is None:
        return None
    if weights == "balanced":
        rows = sum(counts)
        weights = tuple(rows / (len(counts) * count) if count else 0.0 for count in counts)
    return torch.tensor(weights, device=device, dtype=torch.float32)


def mass(targets: Tensor, label_weights: Tensor | None) -> float:
    """What a loss's mean divides by: the rows, or the sum of their labels' weights."""
    return float(len(targets)) if label_weights is None else float(label_weights[targets].sum())


@computes(MeanSquaredError)
def mean_squared_error(part: MeanSquaredError, logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
    return (logits[:, 0] - targets).square().mean()


@computes(MeanAbsoluteError)
def mean_absolute_error(part: MeanAbsoluteError, logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
    return (logits[:, 0] - targets).abs().mean()


@computes(CrossEntropy)
def cross_entropy(part: CrossEntropy, logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
    return F.cross_entropy(logits, targets, weight=weights, label_smoothing=part.label_smoothing)


@computes(BinaryCrossEntropy)
def binary_cross_entropy(part: BinaryCrossEntropy, logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
    losses = F.binary_cross_entropy_with_logits(logits[:, 0], targets.to(logits.dtype), reduction="none")
    if weights is None:
        return losses.mean()
    rows = weights[targets]
    return (losses * rows).sum() / rows.sum()
