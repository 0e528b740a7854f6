"""Losses: a mean over the rows of a batch; within a row the mean over its outputs."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.vocabulary.families import Loss
from specc.vocabulary.numbers import Fraction, PositiveFloat
from specc.vocabulary.part import ColumnName


class _OfNumbers(Loss):
    """`mean_absolute_error(generator, photo)` compares what a part makes with the column `other`."""

    output: ColumnName | None = None
    other: ColumnName | None = None


class MeanSquaredError(_OfNumbers, aliases=("mse",)):
    """`L = mean (y − t)²`.

    Example: `loss = mean_squared_error`
    """


class MeanAbsoluteError(_OfNumbers, aliases=("mae",)):
    """`L = mean |y − t|`.

    Example: `loss = mean_absolute_error`
    """


class SumSquaredError(Loss):
    """`L = Σ (y − t)²`: the sum over all numbers of a row, as papers on autoencoders report it.

    Example: `loss = sum_squared_error`
    """

    of_rows: ClassVar[bool] = True


class _Classification(Loss):
    target: ClassVar[Literal["number", "category"]] = "category"


class CrossEntropy(_Classification):
    """`L = −ln softmax(z)ₜ` of the true label t, on logits z.

    `label_smoothing = ε` compares with `(1 − ε) · onehot(t) + ε / labels` (Szegedy et al. 2016).
    `class_weights` weighs each row by its label (one number a label in their order, or `balanced`: `rows / (labels · count)`);
    the mean is then the weighted one.

    Example: `loss = cross_entropy(label_smoothing = 0.1)`
    """

    label_smoothing: Fraction = 0.0
    class_weights: Literal["balanced"] | tuple[PositiveFloat, ...] | None = None


class BinaryCrossEntropy(_Classification, aliases=("bce",)):
    """`L = −t ln p − (1 − t) ln(1 − p)` with `p = sigmoid(z)`, on the logit z; t is 1 for the second of two labels.

    `class_weights` as in `cross_entropy`.

    Example: `loss = binary_cross_entropy`
    """

    class_weights: Literal["balanced"] | tuple[PositiveFloat, ...] | None = None


class Contractive(Loss):
    """`L = Σᵢⱼ (∂hⱼ/∂xᵢ)²`: the squared Frobenius norm of the Jacobian of the code h by the row x (Rifai et al. 2011).

    Beside a loss that wants rows rebuilt it makes codes that change along the data only. Of the encoder as it is in use, without
    noise and dropout; the mean over rows.

    Example: `loss = [mean_squared_error, 0.1 * contractive]`
    """

    of_rows: ClassVar[bool] = True
