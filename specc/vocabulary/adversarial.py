"""Losses of adversarial training, as means over the rows of a batch.

d(x) is the discriminator's score of a row, a logit; x are real rows and y those that the generator makes. Where the
discriminator judges patches, a row's loss is the mean over its patches.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.vocabulary.families import Loss
from specc.vocabulary.numbers import NonNegativeFloat
from specc.vocabulary.part import TensorName


class AdversarialLoss(Loss, family="loss"):
    """What the two parts of a gan play for."""

    tells_by: ClassVar[Literal["labels", "scores"]] = "scores"
    """Whether the score is compared with labels of real and generated rows, which may be smoothed or wrong."""


class Minimax(AdversarialLoss):
    """Discriminator: `−ln σ(d(x)) − ln(1 − σ(d(y)))`; generator: `ln(1 − σ(d(y)))` (Goodfellow et al. 2014).

    The generator's gradient vanishes where the discriminator is sure of itself: `non_saturating` is the notes' remedy.

    Example: `loss = minimax`
    """

    tells_by: ClassVar[Literal["labels", "scores"]] = "labels"


class NonSaturating(AdversarialLoss):
    """Discriminator as `minimax`; generator: `−ln σ(d(y))`, the modified loss, whose gradient does not vanish.

    (Goodfellow et al. 2014, section 3.)

    Example: `loss = non_saturating`
    """

    tells_by: ClassVar[Literal["labels", "scores"]] = "labels"


class LeastSquares(AdversarialLoss):
    """Discriminator: `½ (d(x) − 1)² + ½ d(y)²`; generator: `½ (d(y) − 1)²` (Mao et al. 2017).

    Example: `loss = least_squares`
    """

    tells_by: ClassVar[Literal["labels", "scores"]] = "labels"


class Hinge(AdversarialLoss):
    """Discriminator: `max(0, 1 − d(x)) + max(0, 1 + d(y))`; generator: `−d(y)` (Lim and Ye 2017).

    Example: `loss = hinge`
    """


class Wasserstein(AdversarialLoss):
    """Discriminator: `d(y) − d(x)`, and a penalty that keeps it 1-Lipschitz; generator: `−d(y)` (Arjovsky et al. 2017).

    `gradient_penalty · (‖∇d(z)‖ − 1)²` at places between real and generated rows, `z = ε x + (1 − ε) y`, ε drawn anew for each
    row (Gulrajani et al. 2017). Without it some other bound is needed: `norm = spectral`, or `penalty = r1(10)`.

    Example: `loss = wasserstein(gradient_penalty = 10)`
    """

    gradient_penalty: NonNegativeFloat = 10.0


class MutualInformation(Loss):
    """How badly the recognizer finds again the codes that rows were made of: cross-entropy of a category, of numbers the negative
    log-density of a normal with variance 1, without its constant. With the codes' own entropy it bounds their mutual information
    with the rows from below (Chen et al. 2016). Generator, recognizer and the layers that it shares with the discriminator learn
    by it.

    Example: `loss = [non_saturating, 1.0 * mutual_information]`
    """


class FeatureMatching(Loss):
    """`‖mean f(x) − mean f(y)‖²`: the generator learns to make batches whose features are on average those of real batches.

    f is a `tensor` of the discriminator, without it what its last layer takes (Salimans et al. 2016).

    Example: `loss = [non_saturating, 1.0 * feature_matching]`
    """

    tensor: TensorName | None = None
