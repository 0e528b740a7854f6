"""Normalization that PyTorch lacks: by the statistics of a reference batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class VirtualBatchNorm(nn.Module):
    """Each row by the statistics of a reference batch and its own (Salimans et al. 2016), then `weight · x + bias`.

    With `x` `[N, features]` or `[N, channels, height, width]`, m and v the mean and variance of a row's own pixels (features:
    the number itself and 0), μ and σ² those of the reference batch, of n rows, and `s = 1/(n + 1)`, which is `own_share`:

        mean = μ + s (m − μ)        variance = (1 − s) σ² + s v + s (1 − s) (m − μ)²

    which is the mean and variance of both together, without the difference of large squares. Until a reference was shown,
    μ = 0, σ² = 1 and s = 0. The reference batch itself is normalized by its own statistics alone.
    """

    def __init__(self, features: int, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(features)) if affine else None
        self.reference_mean: Tensor
        self.reference_variance: Tensor
        self.own_share: Tensor
        self.register_buffer("reference_mean", torch.zeros(features))
        self.register_buffer("reference_variance", torch.ones(features))
        self.register_buffer("own_share", torch.zeros(()))
        self.is_shown_reference = False
        self.shown: tuple[Tensor, Tensor, float] | None = None
        """Mean and variance of the reference as it was shown last, with their gradients, and s: what training goes by."""

    def forward(self, x: Tensor) -> Tensor:
        if self.is_shown_reference:
            return self._normalized(x, *self._keep(x))
        mean, variance, share = self.reference_mean, self.reference_variance, self.own_share
        if self.training and self.shown is not None:
            mean, variance, share = self.shown
        own_variance, own_mean = self._moments(x, (2, 3)) if x.dim() == 4 else (torch.zeros_like(x), x)
        apart = own_mean - mean
        variance = (1 - share) * variance + share * own_variance + share * (1 - share) * apart.square()
        return self._normalized(x, mean + share * apart, variance)

    def _keep(self, reference: Tensor) -> tuple[Tensor, Tensor]:
        """Takes the statistics of the reference batch."""
        variance, mean = self._moments(reference, (0, 2, 3) if reference.dim() == 4 else (0,))
        self.shown = mean, variance, 1 / (len(reference) + 1)
        with torch.no_grad():
            self.reference_mean.copy_(mean)
            self.reference_variance.copy_(variance)
            self.own_share.fill_(self.shown[2])
        return mean, variance

    @staticmethod
    def _moments(x: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        return torch.var_mean(x, axes, correction=0)

    def _normalized(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        """`mean` and `variance` are those of a feature or channel, or of one in a row."""
        if x.dim() == 4:
            mean, variance = mean[..., None, None], variance[..., None, None]
        y = (x - mean) * torch.rsqrt(variance + self.eps)
        if self.weight is None or self.bias is None:
            return y
        sizes = (-1, 1, 1) if x.dim() == 4 else (-1,)
        return y * self.weight.view(sizes) + self.bias.view(sizes)


@contextmanager
def reference(module: nn.Module) -> Iterator[None]:
    """What runs through the layers of `module` within is their reference batch: `with reference(module): module(batch)`.

    In training they go by it, with its gradient, until it is shown again: that is due whenever weights have changed. In use
    they go by the statistics that it had last, which are buffers.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, VirtualBatchNorm)]
    for layer in layers:
        layer.is_shown_reference = True
    try:
        yield
    finally:
        for layer in layers:
            layer.is_shown_reference = False
