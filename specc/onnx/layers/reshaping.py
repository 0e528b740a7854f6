"""Layers that only lay numbers out anew."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.reshaping import Flatten, Plane, Reshape


@writes(Flatten)
def flatten(layer: Flatten, place: Place) -> ir.Value:
    return place.op("Flatten", place.x, axis=1)


@writes(Reshape)
def reshape(layer: Reshape, place: Place) -> ir.Value:
    # 0 copies the batch's size; a -1 instead fails in onnxruntime on a batch of no rows.
    return place.op("Reshape", place.x, place.integers([0, *layer.shape], "shape"))


@writes(Plane)
def plane(layer: Plane, place: Place) -> ir.Value:
    _, height, width = place.node.shape.dimensions()
    pixel = place.op("Unsqueeze", place.x, place.integers([2, 3], "axes"))
    return place.op("Expand", pixel, place.integers([1, 1, height, width], "shape"))
