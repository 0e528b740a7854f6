"""The evidence lower bound of rows: how likely a row is given its code, and what the code costs."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from specc.data.visible import made_seats
from specc.ir import Spec
from specc.observing import observed
from specc.training.composites.reconstruction import activated
from specc.vocabulary.variational import Elbo

LOG_TWO_PI = math.log(2.0 * math.pi)


class Code(NamedTuple):
    """The normal distribution q(z | x) of each row's code: means and logarithms of variances, `[rows, latent]`."""

    mean: Tensor
    log_variance: Tensor

    def drawn(self, noise: Tensor) -> Tensor:
        """`mean + deviation · ε`, through which gradients reach both (Kingma and Welling 2014); `ε` of N(0, 1)."""
        return self.mean + torch.exp(0.5 * self.log_variance) * noise

    def divergence(self) -> Tensor:
        """`KL(q ‖ N(0, 1))` of each latent dimension, `[rows, latent]`: `½ (mean² + variance − 1 − ln variance)`."""
        return 0.5 * (self.mean.square() + torch.expm1(self.log_variance) - self.log_variance)


class Likelihood:
    """ln p(x | z) of whole rows, given what the decoder makes of z: a sum over the numbers of a row."""

    def __init__(self, spec: Spec, loss: Elbo) -> None:
        assert spec.data is not None
        seats = made_seats(spec)
        kinds = [observed(spec.data.columns[seat.column], loss) for seat in seats]
        self.head, self.variance = seats[0].units, loss.variance
        self.stretches = [(kind, seat.place) for kind, seat in zip(kinds, seats)]
        if kinds[0] != "categorical" and len(set(kinds)) == 1:
            self.stretches = [(kinds[0], slice(None))]

    def __call__(self, made: Tensor, rows: Tensor) -> Tensor:
        """In nats, `[rows]`: `made` `[rows, …]`, logits where the decoder's end was folded; `rows` of the same shape."""
        made, rows = made.flatten(1), rows.flatten(1)
        return torch.stack([self._of(kind, made[:, place], rows[:, place]) for kind, place in self.stretches]).sum(0)

    def _of(self, kind: str, made: Tensor, rows: Tensor) -> Tensor:
        match kind:
            case "bernoulli":
                return -F.binary_cross_entropy_with_logits(made, rows, reduction="none").sum(1)
            case "categorical":
                return (rows * F.log_softmax(made, dim=1)).sum(1)
        squares = (activated(made, self.head) - rows).square().sum(1)
        return -0.5 * (squares / self.variance + rows.shape[1] * (LOG_TWO_PI + math.log(self.variance)))


def objective(loss: Elbo, likelihood: Tensor, divergence: Tensor) -> Tensor:
    """What training makes small, by row: `−ln p(x | z) + β Σ KL`, the numbers of `loss` being those of the moment.

    A latent dimension whose mean over the batch is below `free_bits` counts so many nats and has no gradient.
    `likelihood` `[rows]`, `divergence` `[rows, latent]`.
    """
    if loss.free_bits:
        is_free = divergence.detach().mean(0) < loss.free_bits
        divergence = torch.where(is_free, torch.full_like(divergence, loss.free_bits), divergence)
    return loss.beta * divergence.sum(1) - likelihood
