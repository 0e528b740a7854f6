"""The exact log-likelihood of a small machine: ln Z by going through all states of its smaller side."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann
from specc.training.likelihood.terms import lengths, log_unnormalized, terms_of, visible_log_partition

STATES_AT_ONCE = 1 << 11
MOST_UNITS = 20


def can_be_exact(machine: RestrictedBoltzmann, limit: int = MOST_UNITS) -> bool:
    """Whether a side has at most 2^`limit` states: bernoulli hidden units, or bernoulli and softmax visible ones."""
    return min(hidden_bits(machine), visible_bits(machine)) <= limit


def hidden_bits(machine: RestrictedBoltzmann) -> float:
    """The binary logarithm of the number of hidden states; infinite where they are real numbers."""
    return len(machine.hidden_bias) if machine.units == "bernoulli" else math.inf


def visible_bits(machine: RestrictedBoltzmann) -> float:
    """The binary logarithm of the number of visible states; infinite where they are real numbers, or documents of any length."""
    bits = {"bernoulli": float, "softmax": math.log2}
    return sum(bits[kind](width) if kind in bits else math.inf for kind, width in machine.blocks)


def exact_log_partition(machine: RestrictedBoltzmann, totals: Tensor | None = None) -> Tensor:
    """ln Z in float64 by the side with fewer states, `[1]`; with the lengths of documents one of each, `[totals]`."""
    if hidden_bits(machine) <= visible_bits(machine):
        return by_hidden_states(machine, totals)
    return by_visible_states(machine)


@torch.no_grad()
def by_hidden_states(machine: RestrictedBoltzmann, totals: Tensor | None = None) -> Tensor:
    """ln Σ_h e^(D c·h) Σ_v e^(…): every state of bernoulli hidden units, the visible side of each in closed form.

    That side is the product of the units' sums (bernoulli, softmax) and integrals (gaussian, relu), and of a document of D words
    the D-th power of the sum over its words: Z of words in their order, whose likelihood perplexity is made of.
    """
    terms = terms_of(machine)
    words = terms.field.new_ones(1) if totals is None else totals.to(terms.field)
    found = torch.full_like(words, -math.inf)
    bits = torch.arange(len(terms.hidden_bias), device=words.device)
    for numbers in _numbers(1 << len(bits), words.device):
        hidden = ((numbers[:, None] >> bits) & 1).to(words)
        rest, word = visible_log_partition(terms, torch.addmm(terms.field, hidden, terms.weight))
        each = word + hidden @ terms.hidden_bias
        found = torch.logaddexp(found, torch.logsumexp(rest[:, None] + each[:, None] * words, dim=0))
    return found - terms.constant


@torch.no_grad()
def by_visible_states(machine: RestrictedBoltzmann) -> Tensor:
    """ln Σ_v e^(−F(v)), `[1]`: every state of bernoulli and softmax visible units, the hidden side of each in closed form."""
    terms = terms_of(machine)
    found = terms.field.new_full((1,), -math.inf)
    for visible in _visible_states(machine.blocks, terms.field):
        found = torch.logaddexp(found, torch.logsumexp(log_unnormalized(terms, visible), dim=0))
    return found


def exact_log_likelihoods(machine: RestrictedBoltzmann, rows: Tensor) -> Tensor:
    """ln p(v) = −F(v) − ln Z of each row, in float64; of a document it is that of its words in their order."""
    terms = terms_of(machine)
    totals, group = torch.unique(lengths(terms, rows.to(terms.field)), return_inverse=True)
    partition = exact_log_partition(machine, totals).expand(len(totals))
    return log_unnormalized(terms, rows) - partition[group]


def _visible_states(blocks: tuple[tuple[str, int], ...], like: Tensor) -> Iterator[Tensor]:
    """All states, the digits of a counting number: one of each bernoulli unit (0, 1), one of each softmax (which unit is one)."""
    digits: list[tuple[int, int, bool]] = []  # the first column, how many values, whether they are the 0 and 1 of one unit
    start = 0
    for kind, width in blocks:
        digits += [(start + unit, 2, True) for unit in range(width)] if kind == "bernoulli" else [(start, width, False)]
        start += width
    for numbers in _numbers(math.prod(many for _, many, _ in digits), like.device):
        visible = like.new_zeros(len(numbers), start)
        index = torch.arange(len(numbers), device=like.device)
        for first, many, is_unit in digits:
            digit, numbers = numbers % many, numbers // many
            if is_unit:
                visible[:, first] = digit.to(like)
            else:
                visible[index, first + digit] = 1.0
        yield visible


def _numbers(many: int, device: torch.device) -> Iterator[Tensor]:
    for first in range(0, many, STATES_AT_ONCE):
        yield torch.arange(first, min(first + STATES_AT_ONCE, many), device=device)
