"""Metrics, in the target's own unit, on each split as a whole."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.vocabulary.families import Measured, Metric
from specc.vocabulary.numbers import PositiveInt


class _Measured(Metric):
    """`every`: measured each that many epochs, and at the end."""

    every: PositiveInt = 1


class _OfLabels(_Measured):
    target: ClassVar[Measured] = "category"


class _OfNumbers(_Measured):
    target: ClassVar[Measured] = "number"


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

    target: ClassVar[Measured] = "category"


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


class _OfMachines(_Measured):
    """Measured of a restricted Boltzmann machine, whatever it answers."""

    target: ClassVar[Measured] = "machine"


class ReconstructionError(_OfMachines):
    """The mean squared difference between the visible units and what the hidden ones give back of them.

    It falls as training goes on even where the likelihood gets worse: nothing to stop by. Of an autoencoder it is the difference
    between rows and what is rebuilt of them, in the network's scale: measured always, and what it is trained for.

    Example: `metrics = [reconstruction_error]`
    """

    better: ClassVar[Literal["higher", "lower"]] = "lower"


class FreeEnergyGap(_OfMachines):
    """The mean free energy of the validation rows less that of as many training rows: it grows when a machine overfits.

    Example: `metrics = [free_energy_gap]`
    """

    better: ClassVar[Literal["higher", "lower"]] = "lower"


class LogLikelihood(_OfMachines):
    """The mean of `ln p` over the rows, in nats: of a machine exact where the smaller side has at most 20 units.

    Otherwise by annealed importance sampling from the means of the data (Salakhutdinov and Murray 2008), which is rather too high
    than too low, and beside it `log_likelihood_reverse`, from the rows back, which is rather too low (Burda, Grosse and
    Salakhutdinov 2015). Where both are exact to their errors they may cross. `temperatures` in each epoch, `final` at the end,
    10 000 where it is left out. Of a deep belief network: a lower bound.

    Of a variational autoencoder by importance sampling, a lower bound that `samples` codes of each row make the closer
    (Burda, Grosse and Salakhutdinov 2016); `final` of them at the end, 500 where it is left out. Of numbers it is a density. Of
    more than 10 000 rows so many are taken, spread evenly.

    Example: `metrics = [log_likelihood(every = 5)]`
    """

    chains: PositiveInt = 100
    temperatures: PositiveInt = 1_000
    samples: PositiveInt = 50
    final: PositiveInt | None = None

    @property
    def final_temperatures(self) -> int:
        """The temperatures at the end."""
        return self.final if self.final is not None else 10_000

    @property
    def final_samples(self) -> int:
        """The codes of each row at the end."""
        return self.final if self.final is not None else 500


class SumSquaredError(_Measured):
    """The sum of the squared differences between a row and what is rebuilt of it, in the network's scale; the mean over rows.

    Example: `metrics = [sum_squared_error]`
    """

    target: ClassVar[Measured] = "rows"
    better: ClassVar[Literal["higher", "lower"]] = "lower"
