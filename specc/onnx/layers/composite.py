"""What stands between the parts of a composite."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.layers.dense import dense
from specc.onnx.layers.sources import input
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.composite import Condition, Found, Latent, Made

writes(Condition)(input)
writes(Found)(dense)


@writes(Latent)
def latent(layer: Latent, place: Place) -> ir.Value:
    """The mean of the code."""
    return place.op("Gemm", place.x, place.weight("mean.weight"), place.weight("mean.bias"), transB=1)


@writes(Made)
def made(layer: Made, place: Place) -> ir.Value:
    """The logits, or numbers as they were scaled; what is read from them stands at the back of the graph."""
    return place.x
