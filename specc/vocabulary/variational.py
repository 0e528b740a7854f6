"""The loss of variational autoencoders, in nats a row: a sum over numbers and latent dimensions, a mean over rows."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.vocabulary.families import Loss, VaryingNonNegative
from specc.vocabulary.numbers import NonNegativeFloat, PositiveFloat

Compared = Literal["binary_cross_entropy", "mean_squared_error", "cross_entropy"]
"""How what is made is compared with a row, by the losses that the distributions give."""


class Elbo(Loss):
    """The negative evidence lower bound: `−E[ln p(x | z)] + β · KL(q(z | x) ‖ N(0, 1))`, z by one draw (Kingma and Welling 2014).

    In nats a row: a sum over the row's numbers and the latent's, a mean over rows, never a mean over pixels.
    `KL = ½ Σ (mean² + variance − 1 − ln variance)`.

    `reconstruction`: `binary_cross_entropy`, the row's numbers are bits or chances, `−ln p = −Σ x ln y + (1 − x) ln(1 − y)`,
    and the decoder ends with `sigmoid`; `mean_squared_error`, normal with a fixed `variance` v,
    `−ln p = Σ ½ (x − y)² / v + ½ ln 2πv`; `cross_entropy`, a softmax over the labels of each category, of which the decoder
    gives logits. Left out, the columns say: pictures of scale `unit` are bits, labels categories, all other numbers normal.

    `beta` weighs the second term (Higgins et al. 2017), and may change: `warmup(0.0, 1.0, epochs = 5)` (Sønderby et al. 2016).
    `free_bits`: each latent dimension counts at least so many nats, by its mean over the batch, so that none is given up to
    save them (Kingma et al. 2016).

    Training makes this small. What is reported as `loss` is the same with β = 1 and no free bits, so that it is a bound and
    runs, splits and epochs compare; where the two differ, the epoch also has what is made small, as `objective`.

    Example: `loss = elbo(reconstruction = binary_cross_entropy, beta = 1.0)`
    """

    of_rows: ClassVar[bool] = True

    reconstruction: Compared | None = None
    beta: VaryingNonNegative = 1.0
    free_bits: NonNegativeFloat = 0.0
    variance: PositiveFloat = 1.0
