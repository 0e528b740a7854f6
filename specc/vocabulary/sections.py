"""The sections of a spec whose settings are fields: `data`, `train`, `phase`, `sweep`."""

from __future__ import annotations

from typing import Literal

from specc.vocabulary.families import (
    Keeping,
    Metric,
    Objective,
    Optimizer,
    Procedure,
    Regularizer,
    Schedule,
    Section,
    Source,
    Split,
    Stopping,
    WeightedLosses,
)
from specc.vocabulary.numbers import NonNegativeInt, PositiveInt
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

    `rows`: only so many training rows. `batch = all`: the whole training set in one step.

    Example: `train { optimizer = adam(1e-3); epochs = 10; batch = 32 }`
    """

    procedure: Procedure | None = None
    loss: WeightedLosses = ()
    optimizer: Optimizer | None = None
    schedule: Schedule | None = None
    regularize: tuple[Regularizer, ...] = ()
    metrics: tuple[Metric, ...] = ()
    stop: Stopping | None = None
    keep: Keeping | None = None
    epochs: NonNegativeInt | None = None
    steps: NonNegativeInt | None = None
    rows: PositiveInt | None = None
    batch: PositiveInt | Literal["all"] = 32
    seed: NonNegativeInt = 0


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


class Sweep(Section):
    """What a search over the hyperparameters looks for, and how often it tries.

    Example: `sweep { objective = minimize(validation.loss); trials = 20 }`
    """

    objective: Objective
    trials: PositiveInt = 20
