"""Where a run stands, beside its tensors: plain numbers that go to JSON and back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class Position:
    """Everything that the next step depends on and that is no tensor."""

    phase: int = 0
    epoch: int = 0
    """Epochs of the phase that are done."""
    step: int = 0
    """Steps of the phase that are done."""
    step_of_epoch: int = 0
    """Steps that are done of the epoch under way."""
    seconds: float = 0.0
    """What those took."""
    best: float = math.nan
    """The best of the measure that chooses the weights to keep, and its epoch."""
    best_epoch: int = 0
    improved: float = math.nan
    """The last of the measure that stops which was an improvement, and its epoch."""
    improved_epoch: int = 0
    stopped: bool = False
    rates: list[dict[str, float]] = field(default_factory=list)
    """What the rate of each group of parameters remembers."""
    events: int = 0
