"""The log-likelihood of rows under a variational autoencoder, by importance sampling from its encoder."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from specc.training.composites.elbo import Code

Decoded = Callable[[Tensor], Tensor]
"""ln p(x | z) `[samples, rows]` of codes `[samples, rows, latent]`."""


@torch.no_grad()
def log_likelihood(decoded: Decoded, code: Code, samples: int, at_once: int, generator: Generator) -> Tensor:
    """`ln 1/k Σ p(x | z) p(z) / q(z | x)` of each row, z drawn k = `samples` times of q, float64 `[rows]`.

    On average at most ln p(x), at least the evidence lower bound, and the nearer the larger k (Burda, Grosse and Salakhutdinov
    2016). `at_once`: how many codes of each row are decoded together.
    """
    total = torch.full(code.mean.shape[:1], -math.inf, dtype=torch.float64, device=code.mean.device)
    half = 0.5 * code.log_variance.double().sum(1)
    for start in range(0, samples, at_once):
        count = min(at_once, samples - start)
        noise = torch.randn((count, *code.mean.shape), generator=generator).to(code.mean.device)
        z = code.drawn(noise)
        # ln p(z) − ln q(z | x): the powers of 2π cancel.
        ratio = 0.5 * (noise.double().square() - z.double().square()).sum(2) + half
        total = torch.logaddexp(total, torch.logsumexp(decoded(z).double() + ratio, dim=0))
    return total - math.log(samples)
