"""Which parts keep their weights and batch statistics for a while, or for good."""

from __future__ import annotations

from specc.vocabulary.families import Freezing
from specc.vocabulary.numbers import PositiveInt


class Until(Freezing):
    """Holds parts through the first `epoch` epochs (or `step` steps) of the phase: no update, no new batch statistics.

    A part is a named graph, layer or block; a bare word stands for all unnamed layers of that word.

    Example: `freeze = until(epoch = 5, parts = [dense])`
    """

    epoch: PositiveInt | None = None
    step: PositiveInt | None = None


class Always(Freezing):
    """Holds parts through the whole phase: no update, no new batch statistics.

    Example: `freeze = always(parts = [dense])`
    """
