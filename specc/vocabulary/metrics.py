"""Metrics, in the target's own unit, on each split as a whole."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.vocabulary.families import Metric
from specc.vocabulary.numbers import PositiveInt


class _Measured(Metric):
    """`every`: measured each that many epochs, and at the end."""

    every: PositiveInt = 1


class _OfLabels(_Measured):
    target: ClassVar[Literal["number", "category", "any"]] = "category"


class _OfNumbers(_Measured):
    target: ClassVar[Literal["number", "category", "any"]] = "number"


class Accuracy(_OfLabels):
    """The share of rows whose answer is the true label.

    Example: `metrics = [accuracy]`
    """


class Auroc(_OfLabels):
    """The area under the receiver operating characteristic: the chance that a positive row scores above a negative one.

    Equal scores count half. Of more than two labels: the mean of each label against the rest.

    Example: `metrics = [auroc]`
    """


class F1(_OfLabels, word="f1"):
    """`2 · precision · recall / (precision + recall)`, of the positive label; of more than two labels the mean.

    Example: `metrics = [f1]`
    """


class Precision(_OfLabels):
    """Of the rows answered positive, the share that is; of more than two labels the mean. 0 where none is answered so.

    Example: `metrics = [precision]`
    """


class Recall(_OfLabels):
    """Of the positive rows, the share answered so; of more than two labels the mean.

    Example: `metrics = [recall]`
    """


class ConfusionMatrix(Metric):
    """How often each true label (rows) is answered as each label (columns); measured at the end, drawn as a picture.

    Example: `metrics = [confusion_matrix]`
    """

    target: ClassVar[Literal["number", "category", "any"]] = "category"


class RootMeanSquaredError(_OfNumbers, aliases=("rmse",)):
    """`√ mean (y − t)²`, in the target's own unit.

    Example: `metrics = [root_mean_squared_error]`
    """

    better: ClassVar[Literal["higher", "lower"]] = "lower"


class MeanAbsoluteError(_OfNumbers, aliases=("mae",)):
    """`mean |y − t|`, in the target's own unit.

    Example: `metrics = [mean_absolute_error]`
    """

    better: ClassVar[Literal["higher", "lower"]] = "lower"


class R2(_OfNumbers, word="r2"):
    """The coefficient of determination: `1 − Σ(y − t)² / Σ(t − mean t)²`.

    Example: `metrics = [r2]`
    """
