"""ln Z of a machine by annealed importance sampling."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from specc.training.likelihood.base import base_of
from specc.training.likelihood.path import Path, base_log_partition, path_from_base
from specc.training.likelihood.terms import Terms


class Partition(NamedTuple):
    """ln Z of each total, and its standard error, `[totals]` in float64."""

    value: Tensor
    error: Tensor


@torch.no_grad()
def annealed_log_partition(
    machine: Terms, base_rows: Tensor, totals: Tensor, generator: Generator, chains: int = 100, temperatures: int = 1000
) -> Partition:
    """ln Z by annealed importance sampling (Neal 2001; for these machines Salakhutdinov and Murray 2008), for each total.

    Each of `chains` chains of each total goes from the data's means (`base_of`) to the machine in `temperatures` equal steps. The
    mean of the weights is an unbiased estimate of Z, so its logarithm is on the average *below* ln Z (Jensen): a stochastic lower
    bound of ln Z, and with it an *upper* one of the likelihood. The error is that of the logarithm of the mean (delta method); of
    chains that all missed a mode it knows nothing, which is what the reverse estimate is for.
    """
    each = totals.to(machine.field).repeat_interleave(chains)
    base = base_of(machine, base_rows)
    path = path_from_base(base, machine, each, generator)
    weights = (forward_log_weights(path, temperatures) + base_log_partition(base, each)).view(len(totals), chains)
    value = torch.logsumexp(weights, dim=1) - math.log(chains)
    relative = torch.exp(weights - weights.max(dim=1, keepdim=True).values)
    error = relative.std(dim=1) / relative.mean(dim=1) / math.sqrt(chains)
    return Partition(value, error)


def forward_log_weights(path: Path, temperatures: int) -> Tensor:
    """Σ_k ln f_k(v_(k−1)) − ln f_(k−1)(v_(k−1)) of chains that start as draws of the base: ln of estimates of Z/Z_base."""
    weights = path.log_ratio(0.0, 1 / temperatures)
    for k in range(1, temperatures):
        path.step(k / temperatures)
        weights += path.log_ratio(k / temperatures, (k + 1) / temperatures)
    return weights


def reverse_log_weights(path: Path, temperatures: int) -> Tensor:
    """The same chains backward, from the machine to the base: of each, ln of an estimate of Z_base/Z.

    Of chains that start as draws of the machine it has no bias (Grosse, Ghahramani and Adams 2015).
    """
    weights = path.visible.new_zeros(len(path.visible), dtype=torch.float64)
    for k in range(temperatures, 0, -1):
        path.step(k / temperatures)
        weights += path.log_ratio(k / temperatures, (k - 1) / temperatures)
    return weights
