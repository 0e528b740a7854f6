"""What is measured of a machine of ratings: how far its expected ratings are from those that were given."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from specc.defaults import default_metrics
from specc.ir import Phase
from specc.pytorch.nn import RatingsBoltzmann
from specc.training.metrics import Answers, measure
from specc.training.ratings.rows import RatingsRows
from specc.vocabulary.families import Metric

CASES = 1024
"""Cases that are worked out at once."""


@torch.no_grad()
def expected_ratings(machine: RatingsBoltzmann, rows: RatingsRows, numbers: np.ndarray | Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of every rating that some rows are asked for: the expected one, the one given, and `ln p` of the one given.

    A case is known by its training ratings alone, `h = p(hidden = 1 | them)`; of a row of the training set they are the very
    ratings that it is asked for.
    """
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    for chunk in torch.as_tensor(numbers).split(CASES):
        known, asked = rows.batch(chunk), rows.asked(chunk)
        hidden = machine(known.inputs["ratings"], len(known))
        means, chances = machine.answers(asked, hidden, rows.values)
        parts.append((means, rows.values[asked[:, 2]], chances))
    predicted, given, chances = (torch.cat(part) for part in zip(*parts))
    return predicted, given, chances


def measure_ratings(
    machine: RatingsBoltzmann, rows: RatingsRows, numbers: np.ndarray | Tensor, phase: Phase, epoch: int | None
) -> dict[str, object]:
    """`loss`, the mean of `−ln p(rating)`, and the metrics of the ratings. `epoch` None: all of them, else those due then."""
    predicted, given, chances = expected_ratings(machine, rows, numbers)
    answers = Answers(given.double().cpu().numpy(), predicted.double().cpu().numpy())
    measured: dict[str, object] = {"loss": -float(chances.double().mean())}
    for metric in metrics_of_ratings(phase):
        if epoch is None or epoch % getattr(metric, "every", 1) == 0:
            measured[metric.word] = measure(metric, answers)
    return measured


def metrics_of_ratings(phase: Phase) -> list[Metric]:
    """Those that are always measured of numbers, and those that the phase names."""
    named = list(phase.settings.metrics)
    words = {metric.word for metric in named}
    return [metric for metric in default_metrics(None) if metric.word not in words] + named
