"""How likely a machine says rows are: exactly where it can be known, otherwise between two estimates."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann
from specc.training.likelihood.annealed import Partition, annealed_log_partition
from specc.training.likelihood.exact import can_be_exact, exact_log_partition
from specc.training.likelihood.reverse import reverse_log_partition
from specc.training.likelihood.terms import lengths, log_unnormalized, terms_of

CHAINS = 100
TEMPERATURES = 1000
MOST_CHAINS = 10
"""So many times the chains of one length serve all lengths of documents together."""


class LogLikelihood(NamedTuple):
    """The mean of ln p(v) over rows, in nats (a density where visible units are real numbers)."""

    value: float
    """Exact, or by annealed importance sampling: on the average above the truth, the less the more temperatures."""
    reverse: float
    """By reverse annealing from the rows (RAISE): on the average below what the annealing model says of them."""
    error: float
    """Standard error of `value` by the spread of the chains; 0 where it is exact."""
    reverse_error: float
    """Standard error of `reverse` less `value`; 0 where it is exact."""
    is_exact: bool


@torch.no_grad()
def estimate_log_likelihood(
    machine: RestrictedBoltzmann,
    rows: Tensor,
    base_rows: Tensor,
    generator: Generator,
    chains: int = CHAINS,
    temperatures: int = TEMPERATURES,
    partition: Partition | None = None,
) -> LogLikelihood:
    """The mean log-likelihood of `rows` `[rows, visible]`; annealing starts from the means of `base_rows`, the training rows.

    Exact where a side has at most 2²⁰ states. A machine over documents has one Z for each length that `rows` have, and `chains`
    chains for each of them; the likelihood is that of the words in their order. Softmax blocks of `rows` must be known, no zeros.
    A `partition` of the same machine and lengths that is known already is taken as it is. The reverse estimate is of `chains` of
    the rows, drawn by lot. All is nan where the machine has no finite Z, as with large weights between gaussian units.
    """
    totals, group = torch.unique(lengths(terms_of(machine), rows), return_inverse=True)
    if machine.counts is None:
        totals, group = totals[:1], torch.zeros_like(group)
    unnormalized = log_unnormalized(terms_of(machine), rows)
    if partition is None:
        partition = log_partition(machine, base_rows, generator, chains, temperatures, totals)
    value = float((unnormalized - partition.value[group]).mean())
    if can_be_exact(machine):
        return LogLikelihood(value, value, 0.0, 0.0, True)
    shares = torch.bincount(group, minlength=len(totals)) / len(rows)
    error = float((shares * partition.error).square().sum().sqrt())
    local, terms = on_device(generator, rows.device), terms_of(machine, torch.float32)
    some = torch.randperm(len(rows), generator=generator)[:chains].to(rows.device)
    backward = reverse_log_partition(terms, rows[some], base_rows, local, temperatures)
    # Over the same rows the two differ by their ln Z alone, so that the choice of rows hardly matters.
    gap = backward - partition.value[group[some]]
    spread = float(gap.std() / len(some) ** 0.5) if len(some) > 1 else 0.0
    return LogLikelihood(value, value - float(gap.mean()), error, spread, False)


def log_partition(
    machine: RestrictedBoltzmann,
    base_rows: Tensor,
    generator: Generator,
    chains: int = CHAINS,
    temperatures: int = TEMPERATURES,
    totals: Tensor | None = None,
) -> Partition:
    """ln Z for each length of a document, or one of them: exact where it can be, otherwise by annealed importance sampling."""
    totals = base_rows.new_ones(1) if totals is None else totals
    if can_be_exact(machine):
        value = exact_log_partition(machine, totals)
        return Partition(value, torch.zeros_like(value))
    local = on_device(generator, base_rows.device)
    chains = max(2, min(chains, MOST_CHAINS * chains // len(totals)))  # many lengths of documents share what one would have
    return annealed_log_partition(terms_of(machine, torch.float32), base_rows, totals, local, chains, temperatures)


def on_device(generator: Generator, device: torch.device) -> Generator:
    """The generator itself, or one of the device whose seed is drawn from it."""
    if generator.device.type == device.type:
        return generator
    seed = int(torch.randint(1 << 62, (1,), generator=generator))
    return Generator(device).manual_seed(seed)
