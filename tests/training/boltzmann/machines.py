"""Machines that are small enough to be known in full, and a procedure that trains one without a spec around it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

from specc.ir import Phase
from specc.pytorch.nn import RestrictedBoltzmann
from specc.training.averaging import Average
from specc.training.clock import Clock, Rate
from specc.training.parameters import BEGINNING, Group, Segment
from specc.training.rows import Batch
from specc.training.streams import Streams
from specc.vocabulary.families import Optimizer, Procedure, Regularizer
from specc.vocabulary.optimizers import Sgd
from specc.vocabulary.sections import Train


def machine(visible: list, hidden: int, units: str = "bernoulli", seed: int = 1, scale: float = 0.5, **more: Any):
    """A machine in float64 with parameters drawn by a seed."""
    made = RestrictedBoltzmann(visible, hidden, units, **more).double()
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in made.named_parameters():
        deviation = 0.3 if name == "log_variance" else scale
        nn.init.normal_(parameter, 0, deviation, generator=generator)
    return made


def every_state(width: int) -> Tensor:
    """All vectors of 0 and 1, `[2^width, width]`."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=width)), dtype=torch.float64).view(-1, width)


def exact_means(made: RestrictedBoltzmann) -> tuple[Tensor, Tensor, Tensor]:
    """E[v], E[h] and E[h vᵀ] of a machine with bernoulli units, by every visible state."""
    states = every_state(made.weight.shape[1])
    p = torch.softmax(-made.free_energy(states), 0).detach()
    h = made.hidden_mean(states)
    return p @ states, p @ h, (h * p.unsqueeze(1)).t() @ states


def log_likelihood(made: RestrictedBoltzmann, rows: Tensor) -> Tensor:
    """The exact mean of ln p(v) of a machine with bernoulli visible units. Differentiable."""
    return -made.free_energy(rows).mean() - torch.logsumexp(-made.free_energy(every_state(made.weight.shape[1])), 0)


def bars_and_stripes(side: int) -> Tensor:
    """Every row alike or every column alike; all 0 and all 1 are there twice."""
    patterns = every_state(side).view(-1, 1, side).expand(-1, side, -1)
    return torch.cat([patterns.reshape(-1, side * side), patterns.transpose(1, 2).reshape(-1, side * side)])


class Known:
    """A procedure whose rows are given, instead of seen through a spec."""

    known: Tensor

    def look_at(self, module: nn.Module) -> None:
        self.machine, self.measuring = module.rbm_1, SimpleNamespace(likelihood=None)
        self.seen = SimpleNamespace(batch=self.given, some=lambda numbers, most: self.known[numbers])

    def _training_rows(self) -> np.ndarray:
        return np.arange(len(self.known))

    def given(self, numbers: Tensor, streams: Streams | None = None) -> Batch:
        return Batch({"visible": self.known[numbers]}, {})


class Alone:
    """One machine as `rbm_1` of a module, in a phase of its own, with what a procedure asks of a state and of rows."""

    def __init__(
        self,
        made: RestrictedBoltzmann,
        procedure: Procedure,
        runs: type,
        rows: Tensor,
        optimizer: Optimizer | None = None,
        regularize: tuple[Regularizer, ...] = (),
        seed: int = 0,
        **settings: Any,
    ) -> None:
        self.machine, self.rows = made, rows
        self.module = nn.Module()
        self.module.rbm_1 = made
        optimizer = optimizer or Sgd(learning_rate=0.1)
        train = Train(procedure=procedure, optimizer=optimizer, regularize=regularize, **settings)
        self.phase = Phase(name="pretrain.rbm_1", settings=train, layer="rbm_1")
        self.group = flat_group(made, optimizer, regularize)
        flat = {"gradient": self.group.gradient, "weights": self.group.weights}
        sides = {"trained": lambda side: [self.group], "of": lambda side: (self.group.weights, self.group.gradient)}
        parameters = SimpleNamespace(groups=[self.group], **sides, **flat)
        self.state: Any = SimpleNamespace(module=self.module, streams=Streams(seed), parameters=parameters, own={})
        self.state.average = Average(None, [self.group.weights], self.module)
        self.procedure = type(runs.__name__, (Known, runs), {})(None, self.phase, None)  # type: ignore[misc]
        self.procedure.known = rows
        with patch("specc.training.boltzmann.procedure.start_visible_bias"):  # the biases are to stay as they are
            self.procedure.begin(self.state)
        self.clock = Clock(per_epoch=10, total_steps=1000)

    def step(self, batch: Tensor | None = None) -> None:
        self.procedure.step(self.state, [Batch({"visible": self.rows if batch is None else batch}, {})], self.clock)
        self.clock.step += 1

    def gradient(self, batch: Tensor | None = None) -> dict[str, Tensor]:
        """What a step at the rate 1 of plain descent adds to every parameter; the parameters stay as they are."""
        before = {name: p.detach().clone() for name, p in self.machine.named_parameters()}
        self.step(batch)
        moved = {name: p.detach() - before[name] for name, p in self.machine.named_parameters()}
        for name, p in self.machine.named_parameters():
            p.data.copy_(before[name])
        return moved


def flat_group(made: RestrictedBoltzmann, optimizer: Optimizer, regularize: tuple[Regularizer, ...]) -> Group:
    """The machine's parameters side by side in one buffer, weights before biases, as every phase has them."""
    named = list(made.named_parameters())
    total = sum(p.numel() for _, p in named)
    weights = torch.empty(total, dtype=named[0][1].dtype)
    gradient = torch.zeros_like(weights)
    position, segments = 0, []
    for name, p in named:
        end = position + p.numel()
        weights[position:end] = p.detach().flatten()
        p.data = weights[position:end].view_as(p)
        p.grad = gradient[position:end].view_as(p)
        is_weight = name == "weight"
        segments.append(Segment(weights[position:end], gradient[position:end], is_weight, regularize if is_weight else ()))
        segments[-1].settle(BEGINNING)
        position = end
    rate = Rate(optimizer.learning_rate, None)  # type: ignore[attr-defined]
    return Group("", "", optimizer, rate, (), weights, gradient, segments, [p for _, p in named])
