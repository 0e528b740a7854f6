"""Machines whose distribution can be known, for the tests of this folder."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann


def random_machine(
    visible: list[tuple[str, int]], hidden: int, units: str = "bernoulli", spread: float = 0.4, learned: bool = False
) -> RestrictedBoltzmann:
    generator = torch.Generator().manual_seed(0)
    machine = RestrictedBoltzmann(visible, hidden, units, learned)
    with torch.no_grad():
        for parameter in machine.parameters():
            parameter.normal_(0, spread, generator=generator)
    return machine


def drawn(machine: RestrictedBoltzmann, rows: int, steps: int = 200) -> Tensor:
    """What Gibbs sampling finds after many steps; documents are of one, two and three words."""
    generator = torch.Generator().manual_seed(1)
    totals = torch.arange(rows).remainder(3).add(1).float()
    visible = machine.sample_visible(torch.zeros(rows, len(machine.hidden_bias)), generator, totals)
    for _ in range(steps):
        visible = machine.sample_visible(machine.sample_hidden(visible, generator), generator, totals)
    return visible


def exact_draws(machine: RestrictedBoltzmann, rows: int) -> Tensor:
    """Draws without any chain, of bernoulli units: a hidden state by its probability, and what is visible given it."""
    generator, width = torch.Generator().manual_seed(2), len(machine.hidden_bias)
    states = (torch.arange(1 << width)[:, None] >> torch.arange(width)).bitwise_and(1).float()
    weights = F.softplus(machine.visible_input(states)).sum(dim=1) + states @ machine.hidden_bias.detach()
    chosen = torch.multinomial(weights.double().softmax(dim=0), rows, replacement=True, generator=generator)
    return machine.sample_visible(states[chosen], generator)


def digits() -> Tensor:
    """scikit-learn's digits as `[1797, 256]` of zeros and ones: 16 × 16, interpolated from 8 × 8."""
    small = torch.from_numpy(load_digits().data).float().view(-1, 1, 8, 8) / 16
    return (F.interpolate(small, scale_factor=2, mode="bilinear").flatten(1) > 0.4).float()


def sharp_machine(rows: Tensor, hidden: int = 15, steps: int = 400, rate: float = 0.05) -> RestrictedBoltzmann:
    """Contrastive divergence from zero biases: the means of the pixels are learned through large weights."""
    generator = torch.Generator().manual_seed(0)
    machine = RestrictedBoltzmann([("bernoulli", rows.shape[1])], hidden)
    with torch.no_grad():
        machine.weight.normal_(0, 0.1, generator=generator)
        for step in range(steps):
            data = rows[torch.randint(len(rows), (100,), generator=generator)]
            model = machine.sample_visible(machine.sample_hidden(data, generator), generator)
            on_data, on_model = machine.hidden_mean(data), machine.hidden_mean(model)
            by = rate * (1 - step / steps) / len(data)
            machine.weight.add_(on_data.t() @ data - on_model.t() @ model, alpha=by)
            machine.hidden_bias.add_((on_data - on_model).sum(dim=0), alpha=by)
            machine.visible_bias.add_((data - model).sum(dim=0), alpha=by)
    return machine
