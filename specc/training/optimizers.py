"""Updates: what each optimizer does with a gradient, on flat buffers and in place.

An update is a function of the optimizer's settings at this moment, a group of parameters with the tensors that the optimizer
remembers of them (made at its first step), the learning rate after its schedule and the number of the step, from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from specc.training.changing import at_moment
from specc.training.clock import Clock
from specc.training.parameters import Group
from specc.vocabulary.families import Optimizer
from specc.vocabulary.optimizers import Adadelta, Adagrad, Adam, Adamw, Rmsprop, Sgd

Update = Callable[[Any, Group, float, int], None]
UPDATES: dict[type[Optimizer], Update] = {}


def updates(part: type[Optimizer]) -> Callable[[Update], Update]:
    """Registers the update of an optimizer."""

    def register(function: Update) -> Update:
        UPDATES[part] = function
        return function

    return register


@torch.no_grad()
def update(group: Group, rate: float, clock: Clock) -> None:
    """One step: the gradient of the penalties, the optimizer's own rule, the proximal step of `l1`."""
    group.updates += 1
    group.add_penalty_gradient()
    UPDATES[type(group.optimizer)](at_moment(group.optimizer, clock), group, rate, group.updates)
    group.shrink(rate)


def zeros(group: Group, name: str) -> Tensor:
    """A tensor that the optimizer remembers, zeros at first."""
    if name not in group.memory:
        group.memory[name] = torch.zeros_like(group.weights)
    return group.memory[name]


@updates(Sgd)
def sgd(part: Sgd, group: Group, rate: float, step: int) -> None:
    gradient = group.gradient
    if part.written("momentum"):  # one that is 0 for now may grow
        velocity = zeros(group, "velocity")
        velocity.mul_(part.momentum).add_(gradient)
        gradient = gradient.add(velocity, alpha=part.momentum) if part.nesterov else velocity
    group.weights.add_(gradient, alpha=-rate)


@updates(Adam)
def adam(part: Adam | Adamw, group: Group, rate: float, step: int) -> None:
    first, second = part.betas
    gradient = group.gradient
    mean, square = zeros(group, "mean"), zeros(group, "square")
    mean.lerp_(gradient, 1 - first)
    square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
    scale = square.sqrt().div_((1 - second**step) ** 0.5).add_(part.epsilon)
    group.weights.addcdiv_(mean, scale, value=-rate / (1 - first**step))


@updates(Adamw)
def adamw(part: Adamw, group: Group, rate: float, step: int) -> None:
    for weights in group.decayed():
        weights.mul_(1 - rate * part.weight_decay)
    adam(part, group, rate, step)


@updates(Rmsprop)
def rmsprop(part: Rmsprop, group: Group, rate: float, step: int) -> None:
    gradient = group.gradient
    square = zeros(group, "square")
    square.mul_(part.decay).addcmul_(gradient, gradient, value=1 - part.decay)
    scale = square.sqrt().add_(part.epsilon)
    if part.written("momentum"):
        velocity = zeros(group, "velocity")
        velocity.mul_(part.momentum).addcdiv_(gradient, scale)
        group.weights.add_(velocity, alpha=-rate)
    else:
        group.weights.addcdiv_(gradient, scale, value=-rate)


@updates(Adagrad)
def adagrad(part: Adagrad, group: Group, rate: float, step: int) -> None:
    gradient = group.gradient
    total = zeros(group, "total")
    total.addcmul_(gradient, gradient)
    group.weights.addcdiv_(gradient, total.sqrt().add_(part.epsilon), value=-rate)


@updates(Adadelta)
def adadelta(part: Adadelta, group: Group, rate: float, step: int) -> None:
    gradient = group.gradient
    square, moved = zeros(group, "square"), zeros(group, "moved")
    square.mul_(part.decay).addcmul_(gradient, gradient, value=1 - part.decay)
    change = moved.add(part.epsilon).sqrt_().div_(square.add(part.epsilon).sqrt_()).mul_(gradient)
    moved.mul_(part.decay).addcmul_(change, change, value=1 - part.decay)
    group.weights.add_(change, alpha=-rate)
