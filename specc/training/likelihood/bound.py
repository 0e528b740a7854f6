"""The variational lower bound of a deep belief network's log-likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann
from specc.training.likelihood.annealed import Partition
from specc.training.likelihood.estimate import on_device
from specc.training.likelihood.terms import Terms, hidden_input, lengths, log_unnormalized, terms_of, visible_log_partition

Downward = tuple[Tensor, Tensor]
"""Generative weights `[hidden, visible]` and visible biases of a lower layer."""


class Bound(NamedTuple):
    """The mean over rows of a lower bound of ln p(v), in nats."""

    value: float
    error: float
    """Standard error of ln Z of the top; that of the draws of the hidden layers shrinks with the number of rows."""


@torch.no_grad()
def variational_bound(
    layers: Sequence[RestrictedBoltzmann],
    rows: Tensor,
    top: Partition,
    generator: Generator,
    downward: Sequence[Downward | None] | None = None,
) -> Bound:
    """E_q[Σ_l ln p(h_(l−1)|h_l) − F_top(h_(n−1)) − ln Z_top − Σ_l ln q(h_l|h_(l−1))], h_0 = v (Hinton, Osindero and Teh 2006).

    q draws each layer from the one below by its own p(h|v), the recognition; p(h_(l−1)|h_l) has the same weights, or `downward`'s
    where the generative ones were let go their own way; `top` is ln Z of the last machine. ln q is that of the draw, not its
    entropy: where q is the posterior (a second layer that starts as the first one's transpose) every draw then gives ln p(v)
    itself. A lower bound where ln Z is exact; with annealed importance sampling up to its error.
    """
    local = on_device(generator, rows.device)
    machines = [terms_of(layer, torch.float32) for layer in layers]
    below, total = rows, rows.new_zeros(len(rows), dtype=torch.float64)
    for terms, own in zip(machines[:-1], downward or [None] * (len(layers) - 1), strict=True):
        inputs = hidden_input(terms, below)
        above = terms.hidden_units.draw_(inputs.clone(), local)
        total += _log_given(_let_go(terms, own), below, above) - _log_recognized(terms, inputs, above)
        below = above
    total += log_unnormalized(machines[-1], below) - top.value[0]
    return Bound(float(total.mean()), float(top.error[0]))


@torch.no_grad()
def rows_of_the_top(layers: Sequence[RestrictedBoltzmann], rows: Tensor, generator: Generator) -> Tensor:
    """Draws of what the last machine sees of the rows: annealing for its ln Z starts from their means."""
    local = on_device(generator, rows.device)
    for layer in layers[:-1]:
        rows = layer.sample_hidden(rows, local)
    return rows


def _log_recognized(terms: Terms, inputs: Tensor, hidden: Tensor) -> Tensor:
    """ln q(h|v) = Σ_j h_j x_j − own energy − L(x_j)."""
    own = terms.hidden_units.own_energy(hidden)
    log_odds = (hidden * inputs - terms.hidden_units.log_partition(inputs)).sum(dim=1, dtype=torch.float64)
    return log_odds if own is None else log_odds - own


def _log_given(terms: Terms, visible: Tensor, hidden: Tensor) -> Tensor:
    """ln p(v|h), of documents in the order of their words."""
    seen = torch.addmm(terms.field, hidden, terms.weight)
    rest, word = visible_log_partition(terms, seen)
    squares = 0.5 * (visible.square() @ terms.precision)
    return (visible * seen).sum(dim=1, dtype=torch.float64) - squares - rest - lengths(terms, visible) * word


def _let_go(terms: Terms, own: Downward | None) -> Terms:
    """The terms with generative weights of their own."""
    if own is None:
        return terms
    inverse = torch.where(terms.precision > 0, terms.precision, 1.0)
    weight, bias = own
    return replace(terms, weight=weight.detach() * inverse, field=bias.detach() * inverse)
