"""Fully connected layers."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.activations import activated
from specc.onnx.layers.weighted import weight_of
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.dense import Dense


@writes(Dense)
def dense(layer: Dense, place: Place) -> ir.Value:
    return activated(layer.activation, affine(place, weight_of(layer, place), layer.bias), place)


def affine(place: Place, weight: ir.Value, bias: bool) -> ir.Value:
    """`x Wᵀ + b` over the last axis."""
    if place.shape.is_vector:
        return place.op("Gemm", place.x, weight, *([place.weight("bias")] if bias else []), transB=1)
    y = place.op("MatMul", place.x, place.op("Transpose", weight, perm=[1, 0]))
    return place.op("Add", y, place.weight("bias")) if bias else y
