"""Tells when a machine gives its rows back better and better, and finds them less and less likely."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from specc.training.procedures.procedure import Alarm

FELL = 0.01
"""A share of the best likelihood: what falls less may well come back."""
CERTAIN = 3.0
"""Standard errors of an estimate that count as a change."""
BETTER = {
    "contrastive_divergence": "`persistent_contrastive_divergence`, ",
    "persistent_contrastive_divergence": "`parallel_tempering`, ",
}
"""What is nearer to the likelihood than a procedure."""


def nothing_seen() -> Tensor:
    """The best likelihood so far, the reconstruction error and epoch that it had, and whether the alarm was given."""
    return torch.tensor([-math.inf, math.inf, 0.0, 0.0], dtype=torch.float64)


def likelihood_alarm(seen: Tensor, event: dict[str, Any], procedure: str) -> Iterator[Alarm]:
    """Given once in a phase: the likelihood has fallen from its best while the reconstruction error fell as well.

    `procedure` is its word: what is taken already is not advised.
    """
    measured = event.get("validation") or event["train"]
    likelihood = measured.get("log_likelihood")
    if likelihood is None:
        return
    best, error, epoch, told = seen.tolist()
    if likelihood > best:
        seen[:3] = torch.tensor([likelihood, measured["reconstruction_error"], event["epoch"]])
        return
    falls = best - likelihood > CERTAIN * measured.get("log_likelihood_error", 0.0) + FELL * abs(best)
    if told or not falls or not measured["reconstruction_error"] < error:
        return
    seen[3] = 1.0
    yield Alarm(
        "W2004",
        f"the machine gives rows back better than in epoch {int(epoch)} and finds them less likely: the log-likelihood"
        f" fell from {best:.2f} to {likelihood:.2f} nats while the reconstruction error went from {error:.4g} to"
        f" {measured['reconstruction_error']:.4g}",
        "procedure",
        f"take {BETTER.get(procedure, '')}more `steps` or a smaller rate, or `keep = best(validation.log_likelihood)`",
    )
