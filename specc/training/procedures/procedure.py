"""What a procedure is: pure steps, and what is measured of them. Order, phases, time and checkpoints are the loop's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from specc.ir import Phase, Spec
from specc.training.clock import Clock
from specc.training.evaluate import Evaluation
from specc.training.rows import Batch, Rows
from specc.training.state import State
from specc.training.streams import Streams

Step = dict[str, Tensor]
"""What a step measured: tensors `[rows, …]` by name, detached. The loop joins those of an epoch."""
Measures = dict[str, Any]


class Alarm(NamedTuple):
    """Something that went wrong and does not end the run; `setting` is the line of the spec that could change it."""

    code: str
    message: str
    setting: str
    way_out: str


class Procedure(ABC):
    """One procedure in one phase. It holds settings and data only: whatever a step changes is in the `State`."""

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        self.spec, self.phase, self.rows = spec, phase, rows

    def batch(self, order: Tensor, stretch: slice, streams: Streams) -> Batch:
        """A stretch of the epoch's training rows, which are in `order` by their numbers, as a step takes them."""
        return self.rows.batch(order[stretch], streams)

    def begin(self, state: State) -> None:  # noqa: B027 (most procedures keep nothing of their own)
        """Makes the tensors of `state.own` at the start of the phase."""

    @abstractmethod
    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        """One update from the rows of some batches; `clock` has counted the steps before it. Raises `NotFinite` before it."""

    @abstractmethod
    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        """The measures of an epoch's training rows, from what its steps measured."""

    @abstractmethod
    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        """The measures of rows that are not trained on."""

    def alarms(self, state: State, event: dict[str, Any]) -> Iterable[Alarm]:
        """What the measures of an epoch warn of, given those before; what it remembers is in `state.own`."""
        return ()

    @abstractmethod
    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        """Everything measured of some rows at the end, with the weights that the module has."""
