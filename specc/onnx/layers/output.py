"""Where a graph answers."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.layers.dense import affine
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.output import Output


@writes(Output)
def output(layer: Output, place: Place) -> ir.Value:
    """The logits; what is read from them stands at the back of the graph."""
    return affine(place, place.weight("weight"), layer.bias)
