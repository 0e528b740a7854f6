"""When a phase ends early, and which of its weights are kept."""

from __future__ import annotations

from specc.vocabulary.families import Keeping, Stopping
from specc.vocabulary.numbers import NonNegativeFloat, PositiveInt
from specc.vocabulary.part import MeasureName


class Early(Stopping):
    """Ends the phase when the measure has not improved for `patience` epochs; the best weights are kept.

    `change`: what counts as an improvement must be larger than this. The direction is the measure's own.

    Example: `stop = early(validation.loss, patience = 5)`
    """

    measure: MeasureName
    patience: PositiveInt = 5
    change: NonNegativeFloat = 0.0


class Best(Keeping):
    """Keeps the weights of the epoch that was best by the measure.

    Example: `keep = best(validation.accuracy)`
    """

    measure: MeasureName


class Last(Keeping):
    """Keeps the weights of the last epoch.

    Example: `keep = last`
    """
