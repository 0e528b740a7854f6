"""How a step is run. The loop asks an engine; what a step does is the procedure's, whichever engine runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specc.training.clock import Clock
from specc.training.procedures.procedure import Procedure, Step
from specc.training.rows import Batch
from specc.training.state import State

Engine = Callable[[Procedure, State, Sequence[Batch], Clock], Step]


def eager(procedure: Procedure, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
    """Operation after operation, as PyTorch does by itself."""
    return procedure.step(state, batches, clock)
