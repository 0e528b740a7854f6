"""Normalization inside the network, as it is in use: batch norm by its running averages."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.normalization import BatchNorm, LayerNorm


@writes(BatchNorm)
def batch_norm(layer: BatchNorm, place: Place) -> ir.Value:
    gain, bias = _affine(place, layer.affine, place.shape.dimensions()[:1])
    running = (place.weight("running_mean"), place.weight("running_var"))
    return place.op("BatchNormalization", place.x, gain, bias, *running, epsilon=float(layer.epsilon))


@writes(LayerNorm)
def layer_norm(layer: LayerNorm, place: Place) -> ir.Value:
    sizes = tuple(int(size) for size in layer.normalized(place.shape))  # type: ignore[arg-type]
    gain, bias = _affine(place, layer.affine, sizes)
    return place.op("LayerNormalization", place.x, gain, bias, axis=-len(sizes), epsilon=float(layer.epsilon))


def _affine(place: Place, affine: bool, sizes: tuple[int, ...]) -> tuple[ir.Value, ir.Value]:
    """Gain and bias; ones and zeros where the layer has none, for ONNX leaves no gain out."""
    if affine:
        return place.weight("weight"), place.weight("bias")
    return place.constant(np.ones(sizes, np.float32), "gain"), place.constant(np.zeros(sizes, np.float32), "bias")
