"""Activations: each a function f of a layer's numbers."""

from __future__ import annotations

from typing import ClassVar

from specc.vocabulary.families import Activation
from specc.vocabulary.numbers import Finite, PositiveFloat


class Linear(Activation):
    """The identity: `f(x) = x`.

    Example: `dense(8, linear)`
    """


class Sigmoid(Activation):
    """The logistic function, between 0 and 1: `f(x) = 1 / (1 + e⁻ˣ)`.

    Example: `dense(8, sigmoid)`
    """


class Tanh(Activation):
    """The hyperbolic tangent, between −1 and 1: `f(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)`.

    Example: `dense(8, tanh)`
    """


class HardTanh(Activation):
    """A line clipped to −1 … 1: `f(x) = max(−1, min(1, x))` (Collobert 2004).

    Example: `dense(8, hard_tanh)`
    """


class Softmax(Activation):
    """Positive numbers that sum to one over the features: `f(x)ᵢ = eˣⁱ / Σⱼ eˣʲ`.

    Example: `dense(8, softmax)`
    """

    over_features: ClassVar[bool] = True


class LogSoftmax(Activation):
    """The logarithm of softmax: `f(x)ᵢ = xᵢ − ln Σⱼ eˣʲ`.

    Example: `dense(8, log_softmax)`
    """

    over_features: ClassVar[bool] = True


class Relu(Activation):
    """The rectifier: `f(x) = max(0, x)` (Nair and Hinton 2010).

    Example: `dense(8, relu)`
    """


class LeakyRelu(Activation):
    """A rectifier that leaks below zero: `f(x) = x` for `x > 0`, else `slope · x` (Maas et al. 2013).

    Example: `dense(8, leaky_relu(0.2))`
    """

    slope: Finite = 0.01


class Softplus(Activation):
    """The smooth rectifier: `f(x) = ln(1 + eˣ)`.

    Example: `dense(8, softplus)`
    """


class Elu(Activation):
    """An exponential below zero: `f(x) = x` for `x > 0`, else `alpha · (eˣ − 1)` (Clevert et al. 2016).

    Example: `dense(8, elu)`
    """

    alpha: PositiveFloat = 1.0


class Selu(Activation):
    """The self-normalizing elu: `f(x) = 1.0507 · elu(x, 1.6733)` (Klambauer et al. 2017).

    Example: `dense(8, selu)`
    """


class Gelu(Activation):
    """`f(x) = x · Φ(x)`, Φ the normal distribution's function, by the exact erf form (Hendrycks and Gimpel 2016).

    Example: `dense(8, gelu)`
    """


class Silu(Activation, aliases=("swish",)):
    """`f(x) = x · sigmoid(x)` (Elfwing et al. 2018).

    Example: `dense(8, silu)`
    """
