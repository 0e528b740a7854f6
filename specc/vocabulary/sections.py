"""The sections of a spec whose settings are fields: `data`, `train`, `phase`, `sweep`."""

from __future__ import annotations

from typing import Literal

from specc.vocabulary.families import (
    Averaging,
    Clipping,
    Freezing,
    InstanceNoise,
    Keeping,
    Metric,
    Objective,
    Optimizer,
    Penalty,
    Procedure,
    Pruning,
    Regularizer,
    Sampling,
    Schedule,
    Section,
    Smoothing,
    Source,
    Split,
    Stopping,
    WeightedLosses,
)
from specc.vocabulary.numbers import Fraction, NonNegativeInt, PositiveInt
from specc.vocabulary.part import ColumnName, MeasureName


class Data(Section):
    """Where the rows come from, what their columns hold, and which of them are to be predicted.

    Without `split`: the source's own sets where it has them, otherwise 70 % training, 15 % validation, 15 % test by lot,
    stratified for a category target.

    Example: `data { source = csv("t.csv"); columns { x = number; y = number }; target = y }`
    """

    source: Source
    target: tuple[ColumnName, ...] = ()
    split: Split | None = None


class Train(Section):
    """How the model is trained. `phase name { … }` inside runs phases in order, each with these settings and its own.

    `rows`: only so many training rows. `batch = all`: the whole training set in one step. `accumulate`: the batches of a step,
    which then learns from all their rows. `label_noise`: this share of the training rows gets another label, by lot.
    `dense_1.optimizer = sgd(0.01)` is a setting of one part: a named graph, layer or block, or all unnamed layers of a word.
    Of adversarial training: `noisy_labels`: with this chance the discriminator is told the opposite of a row.

    Example: `train { optimizer = adam(1e-3); epochs = 10; batch = 32 }`
    """

    procedure: Procedure | None = None
    loss: WeightedLosses = ()
    optimizer: Optimizer | None = None
    schedule: Schedule | None = None
    regularize: tuple[Regularizer, ...] = ()
    clip: Clipping | None = None
    average: Averaging | None = None
    metrics: tuple[Metric, ...] = ()
    stop: Stopping | None = None
    keep: Keeping | None = None
    freeze: tuple[Freezing, ...] = ()
    epochs: NonNegativeInt | None = None
    steps: NonNegativeInt | None = None
    rows: PositiveInt | None = None
    label_noise: Fraction | None = None
    batch: PositiveInt | Literal["all"] = 32
    accumulate: PositiveInt = 1
    seed: NonNegativeInt = 0
    label_smoothing: Smoothing | None = None
    noisy_labels: Fraction | None = None
    instance_noise: InstanceNoise | None = None
    penalty: Penalty | None = None
    sample: Sampling | None = None


class PartSettings(Section, word="part"):
    """The settings of one part of a model, before those of its phase. `epochs`: of an `rbm` that is pretrained; `updates`: of a
    `discriminator`, in each step, before the generator has its one.

    Example: `train { optimizer = adam(1e-3); dense_1.optimizer = sgd(0.01); epochs = 10 }`
    """

    optimizer: Optimizer | None = None
    schedule: Schedule | None = None
    regularize: tuple[Regularizer, ...] | None = None
    epochs: NonNegativeInt | None = None
    updates: PositiveInt | None = None


class Phase(Section):
    """One of several phases of training: its own settings before those of `train`.

    Example: `phase warm { optimizer = sgd(0.1); epochs = 3 }`
    """


class Maximize(Objective):
    """Looks for the largest value of a measure.

    Example: `objective = maximize(validation.accuracy)`
    """

    measure: MeasureName


class Minimize(Objective):
    """Looks for the smallest value of a measure.

    Example: `objective = minimize(validation.loss)`
    """

    measure: MeasureName


class MedianPruning(Pruning, word="median"):
    """Gives up a trial whose best value so far is worse than the median that the others had at the same epoch.

    It needs so many finished `trials` that reached the epoch, and the trial has trained so many `epochs`.

    Example: `prune = median(trials = 10, epochs = 20)`
    """

    trials: PositiveInt = 5
    epochs: NonNegativeInt = 10


class Never(Pruning):
    """Trains every trial to its end.

    Example: `prune = never`
    """


class Sweep(Section):
    """What a search over the hyperparameters looks for, how often it tries, and when it gives up a trial.

    Example: `sweep { objective = minimize(validation.loss); trials = 20 }`
    """

    objective: Objective
    trials: PositiveInt = 20
    prune: Pruning = MedianPruning()
