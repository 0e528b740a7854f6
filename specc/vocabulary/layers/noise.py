"""Layers that act in training only, and dropout that may also act in use."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.shapes import Shape, ShapeMismatch
from specc.vocabulary.families import Layer
from specc.vocabulary.numbers import Finite, Fraction, NonNegativeFloat
from specc.vocabulary.part import Flag


class _Noise(Layer):
    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"


class Dropout(_Noise):
    """In training, each number is zero with probability `rate`, the others are divided by `1 − rate` (Srivastava et al. 2014).

    With `always = true` it does so in use as well, as generators whose only noise it is need it (Isola et al. 2017).

    Example: `dropout(0.5)`
    """

    rate: Fraction
    always: Flag = False


class GaussianNoise(_Noise):
    """In training, `y = x + deviation · ε` with each ε drawn from a standard normal distribution.

    In front of a sigmoid it drives the units to 0 or 1, which makes binary codes (Salakhutdinov and Hinton 2009).

    Example: `gaussian_noise(0.1)`
    """

    deviation: NonNegativeFloat


class MaskingNoise(_Noise):
    """In training, each number is zero with probability `rate`, the others stay as they are (Vincent et al. 2008).

    Unlike `dropout` it does not divide by `1 − rate`: what is lost is to be filled in, as by a denoising autoencoder.

    Example: `masking_noise(0.3)`
    """

    rate: Fraction


class SaltAndPepper(_Noise):
    """In training, each number becomes `low` or `high` with probability `rate`, by a fair coin (Vincent et al. 2010).

    Example: `salt_and_pepper(0.1)`
    """

    rate: Fraction
    low: Finite = 0.0
    high: Finite = 1.0

    def output_shape(self, x: Shape) -> Shape:
        if not self.low < self.high:
            message = f"`low` must be less than `high`, got {self.low:g} and {self.high:g}"
            raise ShapeMismatch("E0306", message, "", "as in `salt_and_pepper(0.1, low = 0, high = 1)`")
        return x
