"""Optimizers. g is the gradient, w a weight, η the learning rate after its schedule.

A momentum or decay may change in time: `sgd(0.1, momentum = warmup(0.5, 0.9, epochs = 5))`.
"""

from __future__ import annotations

from typing import ClassVar

from specc.vocabulary.families import Optimizer, VaryingFraction, VaryingNonNegative
from specc.vocabulary.numbers import Fraction, OpenFraction, PositiveFloat
from specc.vocabulary.part import Flag

Betas = tuple[Fraction, Fraction]


class Sgd(Optimizer, aliases=("gradient_descent",)):
    """Gradient descent: `v ← momentum · v + g`, `w ← w − η v`; with `nesterov`: `w ← w − η (g + momentum · v)`.

    Example: `optimizer = sgd(0.1, momentum = 0.9)`
    """

    learning_rate: PositiveFloat
    momentum: VaryingFraction = 0.0
    nesterov: Flag = False


class Adam(Optimizer):
    """`m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`, `w ← w − η m̂ / (√v̂ + ε)`, hats for `/ (1 − βᵗ)` (Kingma and Ba 2015).

    Example: `optimizer = adam(1e-3)`
    """

    remembers: ClassVar[int] = 2
    learning_rate: PositiveFloat = 1e-3
    betas: Betas = (0.9, 0.999)
    epsilon: PositiveFloat = 1e-8


class Adamw(Optimizer):
    """Adam with decoupled decay: `w ← w − η · weight_decay · w` before its step, weights only (Loshchilov and Hutter 2019).

    Example: `optimizer = adamw(1e-3, weight_decay = 0.01)`
    """

    remembers: ClassVar[int] = 2
    learning_rate: PositiveFloat = 1e-3
    betas: Betas = (0.9, 0.999)
    epsilon: PositiveFloat = 1e-8
    weight_decay: VaryingNonNegative = 0.01


class Rmsprop(Optimizer):
    """`s ← decay · s + (1 − decay) g²`, `v ← momentum · v + g / (√s + ε)`, `w ← w − η v` (Tieleman and Hinton 2012).

    Example: `optimizer = rmsprop(1e-3)`
    """

    remembers: ClassVar[int] = 1
    learning_rate: PositiveFloat = 1e-3
    decay: OpenFraction = 0.99
    momentum: VaryingFraction = 0.0
    epsilon: PositiveFloat = 1e-8


class Adagrad(Optimizer):
    """`s ← s + g²`, `w ← w − η g / (√s + ε)` (Duchi et al. 2011).

    Example: `optimizer = adagrad(0.05)`
    """

    remembers: ClassVar[int] = 1
    learning_rate: PositiveFloat = 0.01
    epsilon: PositiveFloat = 1e-10


class Adadelta(Optimizer):
    """`s ← ρs + (1−ρ)g²`, `Δ = √(u + ε) / √(s + ε) · g`, `u ← ρu + (1−ρ)Δ²`, `w ← w − η Δ` (Zeiler 2012).

    Example: `optimizer = adadelta(1.0)`
    """

    remembers: ClassVar[int] = 2
    learning_rate: PositiveFloat = 1.0
    decay: OpenFraction = 0.9
    epsilon: PositiveFloat = 1e-6
