"""Layers that join several tensors."""

from __future__ import annotations

from functools import partial, reduce

import onnx_ir as ir

from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.merging import Add, Concat, Multiply


@writes(Add)
def add(layer: Add, place: Place) -> ir.Value:
    return reduce(partial(place.op, "Add"), place.inputs)


@writes(Multiply)
def multiply(layer: Multiply, place: Place) -> ir.Value:
    return reduce(partial(place.op, "Mul"), place.inputs)


@writes(Concat)
def concat(layer: Concat, place: Place) -> ir.Value:
    return place.op("Concat", *place.inputs, axis=1 if place.shape.is_image else -1)
