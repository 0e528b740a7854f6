"""The collapse of a code: the decoder makes the same of every row, and the encoder says nothing; told once in a phase."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from specc.ir import Phase
from specc.training.procedures.procedure import Alarm
from specc.vocabulary.families import Schedule
from specc.vocabulary.variational import Elbo

SILENT = 0.05
"""Nats a row below which a code says nothing."""
LASTING = 500
"""Steps for which it must have said nothing: at first no code says anything."""

SINCE, TOLD = range(2)
"""Of the state: since which step the code has been silent, and whether that was told."""


def nothing_told() -> Tensor:
    """What is remembered at the start of a phase."""
    return torch.zeros(2, dtype=torch.float64)


def collapse_alarm(seen: Tensor, event: dict[str, Any], phase: Phase) -> Iterator[Alarm]:
    """The alarm of an epoch after which a code has been silent for long, where it was not told before."""
    nats, steps = event["train"]["kl"], event["steps"]
    if nats >= SILENT:
        seen[SINCE] = steps
    if not seen[TOLD] and steps - seen[SINCE] >= LASTING:
        seen[TOLD] = 1.0
        said = f"the code has collapsed: it says {nats:.2g} nats of a row, so that all rows come back alike"
        yield Alarm("W2105", said, *_advice(phase))


def _advice(phase: Phase) -> tuple[str, str]:
    """The setting whose line is shown, and what to do: the first that the phase does not have yet."""
    elbo = next(term.loss for term in phase.settings.loss if isinstance(term.loss, Elbo))
    if not isinstance(elbo.beta, Schedule):
        if elbo.beta > 1:
            return "loss", f"it costs more here than it is worth: take a smaller `beta` than {elbo.beta:g}"
        return "loss", "`elbo(beta = warmup(0.0, 1.0, epochs = 5))` lets it be learnt before it costs anything"
    if not elbo.free_bits:
        return "loss", "`elbo(free_bits = 0.1, …)` lets each of its numbers say so many nats at no cost"
    return "optimizer", "take a smaller rate, or fewer units in the decoder, which now does without the code"
