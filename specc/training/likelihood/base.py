"""Where annealing starts: a distribution without hidden units' say that has the means of the data."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from specc.pytorch.nn.units import Relu
from specc.training.likelihood.terms import Terms

SMOOTHING = 0.01
"""How many rows, as a share of the data, are added at the middle of a unit's range: no unit of the base is ever certain."""
HALVINGS = 60


def base_of(terms: Terms, rows: Tensor) -> Terms:
    """The machine without weights and hidden biases whose visible units have the means of the rows, each unit by itself.

    bernoulli: logit((Σv + sN)/(N + 2sN)), the base rate of Salakhutdinov and Murray 2008 with their smoothing in kind: from a
    uniform base the estimate of a trained machine is wrong by tens of nats, at a tiny standard error. softmax and replicated
    softmax: the logarithm of the smoothed shares. gaussian: the mean and the variance of the rows, with a share s of the
    machine's own. relu: the normal cut at zero that has the mean.
    """
    count = max(len(rows), 1)
    extra = SMOOTHING * count
    total = rows.sum(dim=0, dtype=torch.float64)
    field, precision, constant = torch.zeros_like(terms.field), terms.precision.clone(), torch.zeros_like(terms.constant)
    for kind, units, place in terms.stretches:
        sums = total[place]
        if kind == "bernoulli":
            field[place] = torch.logit((sums + extra) / (count + 2 * extra)).to(field)
        elif kind == "gaussian":
            squares = (rows[:, place].double() - sums / count).square().sum(dim=0)
            variance = (squares + extra / terms.precision[place].double()) / (count + extra)
            precision[place] = variance.reciprocal().to(field)
            field[place] = (sums / count / variance).to(field)
            constant = constant + (0.5 * (sums / count).square() / variance).sum().to(field)
        elif kind == "relu":
            field[place] = _truncated_at_mean((sums / count).clamp_(min=1e-2)).to(field)
        else:
            groups = sums.unflatten(0, (-1, getattr(units, "width", len(sums))))
            smoothed = groups + SMOOTHING * groups.sum(dim=1, keepdim=True).clamp(min=1.0)
            field[place] = (smoothed / smoothed.sum(dim=1, keepdim=True)).log().flatten().to(field)
    nothing = torch.zeros_like(terms.hidden_bias)
    return replace(terms, hidden_bias=nothing, field=field, precision=precision, constant=constant)


def _truncated_at_mean(means: Tensor) -> Tensor:
    """x with `x + φ(x)/Φ(x)` = the mean; the left side grows with x, so halving finds it."""
    low, high = torch.full_like(means, -200.0), means.clone()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_below = Relu().mean_(middle.clone()) < means
        low, high = torch.where(is_below, middle, low), torch.where(is_below, high, middle)
    return high
