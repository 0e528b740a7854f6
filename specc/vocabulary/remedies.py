"""Remedies against the failures of adversarial training: each a setting of `train`."""

from __future__ import annotations

from specc.vocabulary.families import InstanceNoise, Penalty, Sampling, Schedule, Smoothing
from specc.vocabulary.numbers import Finite, PositiveFloat, PositiveInt
from specc.vocabulary.part import Interval


class OneSided(Smoothing):
    """Real rows are labelled `real` in place of 1, generated ones 0 (Salimans et al. 2016).

    Example: `label_smoothing = one_sided(0.9)`
    """

    real: Finite = 0.9


class TwoSided(Smoothing):
    """Real rows are labelled `real`, generated ones `generated`. With a label above 0 for generated rows the best discriminator
    is no longer monotone in how real a row is (Salimans et al. 2016): `one_sided` is the better one.

    Example: `label_smoothing = two_sided(0.9, 0.1)`
    """

    real: Finite = 0.9
    generated: Finite = 0.1


class Drawn(Smoothing):
    """The label of each row is drawn from a range, evenly: one of the real rows, one of the generated.

    Example: `label_smoothing = drawn(0.7 .. 1.2, 0.0 .. 0.3)`
    """

    real: Interval
    generated: Interval = Interval(low=0.0, high=0.0)


class GaussianInstanceNoise(InstanceNoise, word="gaussian"):
    """Normal noise on every number that the discriminator sees, of real and generated rows alike: `deviation`, times the factor
    `decay` as time goes on. The two distributions then overlap from the start (Sønderby et al. 2017; Arjovsky and Bottou 2017).

    Example: `instance_noise = gaussian(0.1, decay = linear(epochs = 20))`
    """

    deviation: PositiveFloat
    decay: Schedule | None = None


class GradientPenalty(Penalty):
    """`weight · (‖∇d(z)‖ − 1)²` at places z between real and generated rows, each with its own share (Gulrajani et al. 2017).

    Example: `penalty = gradient_penalty(10)`
    """

    weight: PositiveFloat = 10.0


class R1(Penalty, word="r1"):
    """`weight/2 · ‖∇d(x)‖²` at real rows: the discriminator becomes flat where the data is, and training converges (Mescheder,
    Geiger and Nowozin 2018). `every`: taken each so many updates, and then so many times as large.

    Example: `penalty = r1(10)`
    """

    weight: PositiveFloat = 10.0
    every: PositiveInt = 1


class Every(Sampling):
    """Rows made after every so many `epochs`, `count` of them, always of the same noise: `pictures/` shows how they change.

    Example: `sample = every(epochs = 1, count = 64)`
    """

    epochs: PositiveInt = 1
    count: PositiveInt = 64
