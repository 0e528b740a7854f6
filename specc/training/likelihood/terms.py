"""A machine as numbers to compute with: what its energy says of the visible units, and what the hidden ones see."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann, Stretch
from specc.pytorch.nn.units import HALF_LOG_TAU, Units

ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class Terms:
    """−E(v, h) = field·v − ½ Σ precision_i v_i² − constant + Σ_j h_j x_j (− ½ Σ h_j² where hidden units are real numbers).

    x = weight·v + D·hidden_bias, D the length of a document, else 1. Of gaussian units the precision is 1/σ², and the field and
    the columns of `weight` are those of the machine divided by σ²; of relu units the precision is 1, of others 0.
    """

    stretches: tuple[Stretch, ...]
    hidden_units: Units
    weight: Tensor
    hidden_bias: Tensor
    field: Tensor
    precision: Tensor
    constant: Tensor
    document: slice | None
    """The columns of the replicated softmax, if there is one."""


@torch.no_grad()
def terms_of(machine: RestrictedBoltzmann, dtype: torch.dtype = torch.float64) -> Terms:
    """Copies of a machine's numbers in a precision."""
    bias = machine.visible_bias.detach().to(dtype)
    learned = machine.precision()
    inverse = torch.ones_like(bias) if learned is None else learned.detach().to(dtype)
    precision, constant = torch.zeros_like(bias), bias.new_zeros(())
    for kind, _, place in machine.stretches:
        if kind == "relu":
            precision[place] = 1.0
        elif kind == "gaussian":
            precision[place] = inverse[place]
            constant = constant + 0.5 * (bias[place].square() * inverse[place]).sum()
    return Terms(
        machine.stretches,
        machine.hidden_units,
        machine.weight.detach().to(dtype) * inverse,
        machine.hidden_bias.detach().to(dtype, copy=True),
        bias * inverse,
        precision,
        constant,
        machine.counts,
    )


def lengths(terms: Terms, visible: Tensor) -> Tensor:
    """D of each row `[batch]`: how many words a document has, 1 where there is no document."""
    return visible.new_ones(len(visible)) if terms.document is None else visible[:, terms.document].sum(dim=1)


def hidden_input(terms: Terms, visible: Tensor) -> Tensor:
    """x `[batch, hidden]`, what each hidden unit sees of the rows."""
    return torch.addmm(lengths(terms, visible)[:, None] * terms.hidden_bias, visible, terms.weight.t())


def visible_term(terms: Terms, visible: Tensor) -> Tensor:
    """field·v − ½ Σ precision v² − constant of each row: what the energy says of the visible units alone, in float64."""
    return (visible @ terms.field - 0.5 * (visible.square() @ terms.precision) - terms.constant).double()


@torch.no_grad()
def log_unnormalized(terms: Terms, rows: Tensor) -> Tensor:
    """−F(v) = ln Σ_h e^(−E(v, h)) of each row, in float64, some rows at a time."""
    found = [rows.new_zeros(0, dtype=torch.float64)]
    for some in rows.split(ROWS_AT_ONCE):
        visible = some.to(terms.field)
        hidden = terms.hidden_units.log_partition(hidden_input(terms, visible))
        found.append(visible_term(terms, visible) + hidden.sum(dim=1, dtype=torch.float64))
    return torch.cat(found)


def visible_log_partition(terms: Terms, field: Tensor) -> tuple[Tensor, Tensor]:
    """The logarithm of the sum over all visible states that see `field` `[batch, visible]`, without the constant.

    Two `[batch]`: of all units but the document's, and of one word of the document (zero without one); with a document of D
    words it is the first + D · the second.
    """
    rest, word = field.new_zeros(len(field)), field.new_zeros(len(field))
    for kind, units, place in terms.stretches:
        seen, precision = field[:, place], terms.precision[place]
        if kind == "replicated_softmax":
            word = torch.logsumexp(seen, dim=1)
        elif kind == "softmax":
            width = getattr(units, "width")  # noqa: B009 (the one kind of units that has one)
            rest = rest + torch.logsumexp(seen.unflatten(1, (-1, width)), dim=2).sum(dim=1)
        elif kind == "gaussian":
            rest = rest + (0.5 * seen.square() / precision - 0.5 * precision.log() + HALF_LOG_TAU).sum(dim=1)
        else:
            rest = rest + units.log_partition(seen).sum(dim=1)
    return rest, word
