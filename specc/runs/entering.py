"""Noise, codes, and what other parts give: drawn for those who make rows, from a seed of its own."""

from __future__ import annotations

import numpy as np

from specc.composites import Entering, entering, shape_entering
from specc.ir import Spec
from specc.vocabulary.layers.composite import Code, Latent


def noise_for(spec: Spec, rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """What a part takes beside columns, float32 `[rows, …]` by name."""
    generator = np.random.default_rng([seed, 1])
    entries = [one for one in entering(spec, spec.graph) if one.tensor is None]
    return {one.name: drawn(one, shape_entering(spec, one).dimensions(), rows, generator) for one in entries}


def drawn(one: Entering, sizes: tuple[int, ...], rows: int, generator: np.random.Generator) -> np.ndarray:
    """N(0, 1), uniform between −1 and 1, or one of the numbers 1 and the others 0."""
    layer = one.node.layer if one.node is not None else None
    distribution = layer.distribution if isinstance(layer, Latent | Code) else "normal"
    if distribution == "uniform":
        return generator.uniform(-1.0, 1.0, (rows, *sizes)).astype(np.float32)
    if distribution == "category":
        return np.eye(sizes[0], dtype=np.float32)[generator.integers(sizes[0], size=rows)]
    return generator.standard_normal((rows, *sizes), dtype=np.float32)
