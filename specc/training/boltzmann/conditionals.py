"""Both directions of one machine on memory that is given: what training does a few times in every step."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from specc.pytorch.nn import RestrictedBoltzmann
from specc.pytorch.nn.units import Bernoulli, Gaussian


class Conditionals:
    """`p(h|v)` and `p(v|h)` of a machine, in place. The tensors of its parameters are looked up once: they stay where they are.

    Visible values are taken and given as `v/σ²`, which is what the weights and their gradient see of them; without a learned
    variance that is v itself.
    """

    def __init__(self, machine: RestrictedBoltzmann) -> None:
        self.machine = machine
        self.weight, self.weight_down = machine.weight.detach().t(), machine.weight.detach()
        self.hidden_bias, self.visible_bias = machine.hidden_bias.detach(), machine.visible_bias.detach()
        self.hidden = machine.hidden_units
        self.precision: Tensor | None = None
        self.has_counts = machine.counts is not None
        self.settle()
        only = machine.stretches[0].units if len(machine.stretches) == 1 else None
        self.only = None if isinstance(only, Gaussian) and self.precision is not None else only
        """The visible units where all are drawn alike: most machines' are, and need no looking at columns."""
        self.is_binary = isinstance(self.only, Bernoulli) and isinstance(self.hidden, Bernoulli)

    def settle(self) -> None:
        """Takes the variances as they are now."""
        precision = self.machine.precision()
        self.precision = None if precision is None else precision.detach()

    def scale_(self, v: Tensor) -> Tensor:
        """`v/σ²` in place of v."""
        return v if self.precision is None else v.mul_(self.precision)

    def totals(self, v: Tensor) -> Tensor | None:
        return self.machine.totals(v)

    def hidden_input(self, scaled: Tensor, totals: Tensor | None, out: Tensor) -> Tensor:
        """`D c + W v/σ²`."""
        if totals is None:
            return torch.addmm(self.hidden_bias, scaled, self.weight, out=out)
        return torch.mm(scaled, self.weight, out=out).addr_(totals, self.hidden_bias)

    def draw_visible(self, h: Tensor, generator: Generator | None, totals: Tensor | None, out: Tensor, noise: Tensor) -> Tensor:
        """A draw of `p(v|h)`, as `v/σ²`."""
        torch.addmm(self.visible_bias, h, self.weight_down, out=out)
        if self.only is not None:
            return self.only.draw_(out, generator, totals, noise)
        return self.scale_(self.machine.draw_visible_(out, generator, totals, noise))

    def draw_binary(self, h: Tensor, lots: Tensor, out: Tensor) -> Tensor:
        """A draw of bernoulli visible units by numbers between 0 and 1 that are drawn already."""
        return torch.lt(lots, torch.addmm(self.visible_bias, h, self.weight_down, out=out).sigmoid_(), out=out)
