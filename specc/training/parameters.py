"""All parameters of a module in one flat buffer, so that an optimizer's step is a few operations whatever the depth."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from specc.ir import Spec
from specc.pytorch.source import parameter_table
from specc.vocabulary.families import Regularizer
from specc.vocabulary.regularizers import L1, L2


class Segment(NamedTuple):
    """A stretch of the flat buffer whose parameters are regularized alike. `is_weight`: neither biases nor gains."""

    start: int
    end: int
    is_weight: bool
    l1: float
    l2: float


class FlatParameters:
    """`weights` and `gradient` hold every parameter of the module; the module's own tensors are views into them."""

    def __init__(self, module: nn.Module, spec: Spec, regularize: tuple[Regularizer, ...]) -> None:
        table = parameter_table(spec)
        named = dict(module.named_parameters())
        costs: dict[str, tuple[bool, float, float]] = {}
        for key in named:
            info = table[key]
            own = getattr(info.node.layer, "regularize", None)
            active = (own if own is not None else regularize) if info.is_weight else ()
            l1 = sum(r.cost for r in active if isinstance(r, L1))
            l2 = sum(r.cost for r in active if isinstance(r, L2))
            costs[key] = (info.is_weight, l1, l2)
        order = sorted(named, key=lambda key: (not costs[key][0], costs[key][1:]))
        device = next(iter(named.values())).device if named else torch.device("cpu")
        total = sum(p.numel() for p in named.values())
        self.weights = torch.empty(total, device=device)
        self.gradient = torch.zeros(total, device=device)
        self.segments: list[Segment] = []
        position = 0
        for key in order:
            parameter = named[key]
            end = position + parameter.numel()
            view = self.weights[position:end].view_as(parameter)
            view.copy_(parameter.detach())
            parameter.data = view
            parameter.grad = self.gradient[position:end].view_as(parameter)
            self._extend(position, end, *costs[key])
            position = end

    def _extend(self, start: int, end: int, is_weight: bool, l1: float, l2: float) -> None:
        if self.segments and self.segments[-1][2:] == (is_weight, l1, l2):
            self.segments[-1] = self.segments[-1]._replace(end=end)
        else:
            self.segments.append(Segment(start, end, is_weight, l1, l2))

    def clear_gradient(self) -> None:
        self.gradient.zero_()

    @torch.no_grad()
    def add_penalty_gradient(self) -> None:
        """Adds the gradient of `l2/2 · Σw²`, which is `l2 · w`."""
        for segment in self.segments:
            if segment.l2:
                self.gradient[segment.start : segment.end].add_(self.weights[segment.start : segment.end], alpha=segment.l2)

    @torch.no_grad()
    def shrink(self, rate: float) -> None:
        """The proximal step of `l1 · Σ|w|`: every weight moves towards zero by `rate · l1`, and stays there once it arrives."""
        for segment in self.segments:
            if segment.l1:
                weights = self.weights[segment.start : segment.end]
                weights.copy_(torch.sign(weights) * torch.relu(weights.abs() - rate * segment.l1))

    @torch.no_grad()
    def penalty(self) -> float:
        """`Σ l1·|w| + Σ l2/2·w²`, reported beside the loss."""
        total = 0.0
        for segment in self.segments:
            weights = self.weights[segment.start : segment.end]
            if segment.l1:
                total += segment.l1 * float(weights.abs().sum())
            if segment.l2:
                total += segment.l2 / 2 * float(weights.square().sum())
        return total

    @property
    def is_regularized(self) -> bool:
        return any(segment.l1 or segment.l2 for segment in self.segments)

    @torch.no_grad()
    def share_of_zeros(self) -> float | None:
        """The share of exact zeros among the weights under `l1`; None without it."""
        shrunk = [self.weights[s.start : s.end] for s in self.segments if s.l1]
        if not shrunk:
            return None
        return float(sum((w == 0).sum() for w in shrunk)) / sum(w.numel() for w in shrunk)

    def decayed(self) -> list[Tensor]:
        """The stretches that weight decay acts on: weights only."""
        return [self.weights[s.start : s.end] for s in self.segments if s.is_weight]
