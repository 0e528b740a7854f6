"""Layers that show a network how the rows of a batch differ: in the file, the rows of one call."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.minibatch import MinibatchDiscrimination


@writes(MinibatchDiscrimination)
def minibatch_discrimination(layer: MinibatchDiscrimination, place: Place) -> ir.Value:
    kernels = place.op("Gemm", place.x, place.weight("weight"), transB=1)
    rows = place.op("Reshape", kernels, place.integers([0, layer.features, layer.kernel_width], "shape"))
    own = place.op("Unsqueeze", rows, place.integers([1], "own"))
    others = place.op("Unsqueeze", rows, place.integers([0], "others"))
    apart = place.op("Abs", place.op("Sub", own, others))
    distances = place.op("ReduceSum", apart, place.integers([3], "kernel"), keepdims=0)
    near = place.op("Exp", place.op("Neg", distances))
    total = place.op("ReduceSum", near, place.integers([1], "batch"), keepdims=0)
    closeness = place.op("Sub", total, place.constant(np.float32(1), "itself"))
    return place.op("Concat", place.x, closeness, axis=1)
