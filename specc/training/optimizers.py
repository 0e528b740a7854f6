"""Updates: what each optimizer does with a gradient, on flat buffers and in place.

An update is a function of the optimizer's settings, the flat parameters, its own state (tensors by name, made at the
first step), the learning rate after its schedule and the number of the step, from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from specc.training.parameters import FlatParameters
from specc.vocabulary.families import Optimizer
from specc.vocabulary.optimizers import Adadelta, Adagrad, Adam, Adamw, Rmsprop, Sgd

State = dict[str, Tensor]
Update = Callable[[Any, FlatParameters, State, float, int], None]
UPDATES: dict[type[Optimizer], Update] = {}


def updates(part: type[Optimizer]) -> Callable[[Update], Update]:
    """Registers the update of an optimizer."""

    def register(function: Update) -> Update:
        UPDATES[part] = function
        return function

    return register


@torch.no_grad()
def update(part: Optimizer, parameters: FlatParameters, state: State, rate: float, step: int) -> None:
    """One step: the gradient of the penalties, the optimizer's own rule, the proximal step of `l1`."""
    parameters.add_penalty_gradient()
    UPDATES[type(part)](part, parameters, state, rate, step)
    parameters.shrink(rate)


def zeros(state: State, name: str, like: Tensor) -> Tensor:
    """A tensor of the state, zeros at first."""
    if name not in state:
        state[name] = torch.zeros_like(like)
    return state[name]


@updates(Sgd)
def sgd(part: Sgd, parameters: FlatParameters, state: State, rate: float, step: int) -> None:
    gradient = parameters.gradient
    if part.momentum:
        velocity = zeros(state, "velocity", gradient)
        velocity.mul_(part.momentum).add_(gradient)
        gradient = gradient.add(velocity, alpha=part.momentum) if part.nesterov else velocity
    parameters.weights.add_(gradient, alpha=-rate)


@updates(Adam)
def adam(part: Adam | Adamw, parameters: FlatParameters, state: State, rate: float, step: int) -> None:
    first, second = part.betas
    gradient = parameters.gradient
    mean, square = zeros(state, "mean", gradient), zeros(state, "square", gradient)
    mean.lerp_(gradient, 1 - first)
    square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
    scale = square.sqrt().div_((1 - second**step) ** 0.5).add_(part.epsilon)
    parameters.weights.addcdiv_(mean, scale, value=-rate / (1 - first**step))


@updates(Adamw)
def adamw(part: Adamw, parameters: FlatParameters, state: State, rate: float, step: int) -> None:
    for weights in parameters.decayed():
        weights.mul_(1 - rate * part.weight_decay)
    adam(part, parameters, state, rate, step)


@updates(Rmsprop)
def rmsprop(part: Rmsprop, parameters: FlatParameters, state: State, rate: float, step: int) -> None:
    gradient = parameters.gradient
    square = zeros(state, "square", gradient)
    square.mul_(part.decay).addcmul_(gradient, gradient, value=1 - part.decay)
    scale = square.sqrt().add_(part.epsilon)
    if part.momentum:
        velocity = zeros(state, "velocity", gradient)
        velocity.mul_(part.momentum).addcdiv_(gradient, scale)
        parameters.weights.add_(velocity, alpha=-rate)
    else:
        parameters.weights.addcdiv_(gradient, scale, value=-rate)


@updates(Adagrad)
def adagrad(part: Adagrad, parameters: FlatParameters, state: State, rate: float, step: int) -> None:
    gradient = parameters.gradient
    total = zeros(state, "total", gradient)
    total.addcmul_(gradient, gradient)
    parameters.weights.addcdiv_(gradient, total.sqrt().add_(part.epsilon), value=-rate)


@updates(Adadelta)
def adadelta(part: Adadelta, parameters: FlatParameters, state: State, rate: float, step: int) -> None:
    gradient = parameters.gradient
    square, moved = zeros(state, "square", gradient), zeros(state, "moved", gradient)
    square.mul_(part.decay).addcmul_(gradient, gradient, value=1 - part.decay)
    change = moved.add(part.epsilon).sqrt_().div_(square.add(part.epsilon).sqrt_()).mul_(gradient)
    moved.mul_(part.decay).addcmul_(change, change, value=1 - part.decay)
    parameters.weights.add_(change, alpha=-rate)
