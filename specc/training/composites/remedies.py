"""What a discriminator is told of its rows, and what is added to them."""

from __future__ import annotations

import torch
from torch import Tensor

from specc.training.clock import Clock
from specc.vocabulary.families import InstanceNoise, Smoothing
from specc.vocabulary.part import Interval
from specc.vocabulary.remedies import Drawn, GaussianInstanceNoise, OneSided, TwoSided


def labels_of(smoothing: Smoothing | None, noisy: float | None, rows: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The labels of so many real rows and of as many generated ones, `[rows]` each: 1 and 0, smoothed, some of them swapped.

    A swapped row gets the label that the other kind has: a real one that of the generated rows.
    """
    real, generated = _smoothed(smoothing, rows, generator)
    if noisy:
        swapped = [torch.rand(rows, generator=generator) < noisy for _ in range(2)]
        real, generated = torch.where(swapped[0], generated, real), torch.where(swapped[1], real, generated)
    return real, generated


def _smoothed(smoothing: Smoothing | None, rows: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    match smoothing:
        case OneSided(real=real):
            return torch.full((rows,), float(real)), torch.zeros(rows)
        case TwoSided(real=real, generated=generated):
            return torch.full((rows,), float(real)), torch.full((rows,), float(generated))
        case Drawn(real=real, generated=generated):
            return _between(real, rows, generator), _between(generated, rows, generator)
    return torch.ones(rows), torch.zeros(rows)


def _between(range: Interval, rows: int, generator: torch.Generator) -> Tensor:
    return torch.empty(rows).uniform_(float(range.low), float(range.high), generator=generator)


def deviation_of(noise: InstanceNoise | None, clock: Clock) -> float:
    """The deviation of instance noise after the steps that the clock has counted."""
    if not isinstance(noise, GaussianInstanceNoise):
        return 0.0
    factor = noise.decay.at(clock.progress, clock.epoch, clock.step) if noise.decay is not None else 1.0
    return noise.deviation * factor


def with_noise(rows: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    """Rows with normal noise of a deviation on every number."""
    if not deviation:
        return rows
    return rows + deviation * torch.randn(rows.shape, generator=generator).to(rows.device)
