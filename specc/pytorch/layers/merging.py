"""Layers that join several tensors."""

from __future__ import annotations

from specc.pytorch.written import Place, Written, writes
from specc.vocabulary.layers.merging import Add, Concat, Multiply


@writes(Add)
def add(layer: Add, place: Place) -> Written:
    return Written(" + ".join(place.inputs))


@writes(Multiply)
def multiply(layer: Multiply, place: Place) -> Written:
    return Written(" * ".join(place.inputs))


@writes(Concat)
def concat(layer: Concat, place: Place) -> Written:
    axis = 1 if place.shape.is_image or place.shape.is_vector else -1
    return Written(f"torch.cat([{', '.join(place.inputs)}], {axis})")
