"""What a stack of machines looks like from the data's side: filters, rows given back, rows that it dreams of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from specc.pytorch.nn import RestrictedBoltzmann

Stack = Sequence[RestrictedBoltzmann]
"""Machines from the bottom up: the uppermost is the one that is looked at, the others stand below it."""


@torch.no_grad()
def projected_filters(stack: Stack, count: int) -> Tensor:
    """What `count` hidden units of the uppermost machine look for, `[units, visible units of the lowest]`: `W_k ⋯ W_2 W_1`."""
    filters = stack[-1].weight[:count].detach()
    for machine in reversed(stack[:-1]):
        filters = filters @ machine.weight
    return filters


@torch.no_grad()
def down(stack: Stack, v: Tensor, generator: Generator | None = None) -> Tensor:
    """Visible values of the uppermost machine as those of the lowest: each machine gives the mean of its visible units.

    With a `generator` each gives a draw of them.
    """
    for machine in reversed(stack[:-1]):
        v = machine.visible_mean(v) if generator is None else machine.sample_visible(v, generator)
    return v


@torch.no_grad()
def given_back(stack: Stack, v: Tensor) -> Tensor:
    """What comes back of visible values of the uppermost machine, up to its hidden means and down to the lowest one."""
    top = stack[-1]
    return down(stack, top.visible_mean(top.hidden_mean(v), top.totals(v)))


@torch.no_grad()
def dreamt(machine: RestrictedBoltzmann, start: Tensor, steps: int, generator: Generator, given: Tensor | None = None) -> Tensor:
    """Hidden states after so many Gibbs steps from visible ones; `given` `[batch, labels]` holds the labels as they are."""
    totals, v = machine.totals(start), start
    h = machine.sample_hidden(v, generator)
    for _ in range(steps):
        v = machine.sample_visible(h, generator, totals)
        if given is not None:
            v[:, -machine.labels :] = given
        h = machine.sample_hidden(v, generator)
    return h


def shuffled(machine: RestrictedBoltzmann, rows: Tensor, count: int, generator: Generator) -> Tensor:
    """Visible values of the data's base rates and of nothing else: every unit has that of some row, each of another one.

    The units of a softmax stay together.
    """
    start, columns = 0, []
    for kind, width in machine.blocks:
        values = rows[:, start : start + width]
        one = kind == "softmax"
        lots = torch.randint(len(rows), (count, 1 if one else width), generator=generator)
        columns.append(values.gather(0, lots.expand(count, width)))
        start += width
    return torch.cat(columns, 1)
