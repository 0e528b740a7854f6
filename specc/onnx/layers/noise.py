"""Layers that act in training only: in the file they pass on what they are given. Dropout in use takes its mask as an input."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.door import identifier
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.noise import Dropout, GaussianNoise, MaskingNoise, SaltAndPepper


@writes(GaussianNoise, MaskingNoise, SaltAndPepper)
def noise(layer: GaussianNoise | MaskingNoise | SaltAndPepper, place: Place) -> ir.Value:
    return place.x


@writes(Dropout)
def dropout(layer: Dropout, place: Place) -> ir.Value:
    """`x · mask / (1 − rate)`; each number of the mask is 0 with probability `rate`, else 1."""
    if not layer.always:
        return place.x
    name, sizes = f"{identifier(place.node.name)}_mask", place.shape.dimensions()
    mask = place.writer.ask(name, *sizes, distribution="mask", rate=float(layer.rate))
    kept = place.op("Mul", place.x, mask)
    return place.op("Mul", kept, place.constant(np.float32(1 / (1 - layer.rate)), "factor"))
