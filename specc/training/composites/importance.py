"""The log-likelihood of rows under a variational autoencoder, by importance sampling from its encoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from specc.training.composites.elbo import Code

Decoded = Callable[[Tensor], Tensor]
"""ln p(x | z) `[samples, rows]` of codes `[samples, rows, latent]`."""


class Estimates(NamedTuple):
    """Of each row, float64 `[rows]`: `values` in nats, and the variance of each by the lot of its codes."""

    values: Tensor
    variances: Tensor

    @property
    def error(self) -> float:
        """The standard error of the mean of the values: what other codes would make of the same rows."""
        return float(self.variances.sum().sqrt()) / len(self.variances)


@torch.no_grad()
def log_likelihood(decoded: Decoded, code: Code, samples: int, at_once: int, generator: Generator) -> Estimates:
    """`ln 1/k Σ w` with `w = p(x | z) p(z) / q(z | x)` of each row, z drawn k = `samples` times of q.

    On average at most ln p(x), at least the evidence lower bound, and the nearer the larger k (Burda, Grosse and Salakhutdinov
    2016). `at_once`: how many codes of each row are decoded together. The variance is `(E[w²] / E[w]² − 1) / k`, to first order.
    """
    total = torch.full(code.mean.shape[:1], -math.inf, dtype=torch.float64, device=code.mean.device)
    squares, half = total.clone(), 0.5 * code.log_variance.double().sum(1)
    for start in range(0, samples, at_once):
        count = min(at_once, samples - start)
        noise = torch.randn((count, *code.mean.shape), generator=generator).to(code.mean.device)
        z = code.drawn(noise)
        # ln p(z) − ln q(z | x): the powers of 2π cancel.
        ratio = 0.5 * (noise.double().square() - z.double().square()).sum(2) + half
        weights = decoded(z).double() + ratio
        total = torch.logaddexp(total, torch.logsumexp(weights, dim=0))
        squares = torch.logaddexp(squares, torch.logsumexp(2.0 * weights, dim=0))
    variances = torch.exp(squares - 2.0 * total) - 1.0 / samples
    return Estimates(total - math.log(samples), variances.clamp(min=0.0))
