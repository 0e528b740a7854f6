"""A conservative likelihood of rows: chains that go back from them to the base."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from specc.training.likelihood.annealed import reverse_log_weights
from specc.training.likelihood.base import base_of
from specc.training.likelihood.path import Path, base_log_partition
from specc.training.likelihood.terms import Terms, lengths


@torch.no_grad()
def reverse_log_partition(machine: Terms, rows: Tensor, base_rows: Tensor, generator: Generator, temperatures: int) -> Tensor:
    """What stands for ln Z in the reverse estimate (RAISE; Burda, Grosse and Salakhutdinov 2015), of one chain a row, `[rows]`.

    The chain starts at the row itself and goes the way of annealed importance sampling backward. −F(v) less this number is the
    logarithm of an unbiased estimate of the probability that the *annealing model* gives the row: the model that draws from
    the base and takes the forward steps, whose draws come ever nearer to the machine's with more temperatures. On the average
    it is a *lower* bound of that model's log-likelihood of the row, and one of the machine's own as far as that model is not the
    better one: where it comes out *above* the forward estimate, the machine has modes far from the data that annealing does not
    reach. From draws of the machine instead of rows the mean bounds ln Z from above (Grosse, Ghahramani and Adams 2015).
    """
    base = base_of(machine, base_rows)
    visible = rows.to(machine.field, copy=True)
    totals = lengths(machine, visible)
    path = Path(base, machine, visible, totals, generator)
    return base_log_partition(base, totals) - reverse_log_weights(path, temperatures)
