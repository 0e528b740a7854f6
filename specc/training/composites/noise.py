"""Noise and codes that rows are made of, drawn from a stream."""

from __future__ import annotations

import torch
from torch import Tensor

from specc.composites import Entering, entering, shape_entering
from specc.ir import Spec
from specc.vocabulary.layers.composite import Code, Latent


def noise_entries(spec: Spec, part: str = "generator") -> tuple[Entering, ...]:
    """The noise and the codes that a part takes."""
    return tuple(one for one in entering(spec, spec.graphs[part]) if one.node is not None) if part in spec.graphs else ()


def drawn_noise(
    spec: Spec, entries: tuple[Entering, ...], rows: int, generator: torch.Generator, device: torch.device
) -> dict[str, Tensor]:
    """N(0, 1), uniform between −1 and 1, or one of the numbers 1 and the others 0: `[rows, …]` by the names of the entries."""
    drawn = {}
    for one in entries:
        sizes, layer = shape_entering(spec, one).dimensions(), one.node.layer if one.node is not None else None
        assert isinstance(layer, Latent | Code)
        drawn[one.name] = _of(layer.distribution, rows, sizes, generator).to(device)
    return drawn


def _of(distribution: str, rows: int, sizes: tuple[int, ...], generator: torch.Generator) -> Tensor:
    if distribution == "uniform":
        return torch.rand(rows, *sizes, generator=generator) * 2 - 1
    if distribution == "category":
        return torch.eye(sizes[0])[torch.randint(sizes[0], (rows,), generator=generator)]
    return torch.randn(rows, *sizes, generator=generator)
