"""An activation as a layer of its own."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.activations import activated
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.activating import Activate


@writes(Activate)
def activate(layer: Activate, place: Place) -> ir.Value:
    return activated(layer.activation, place.x, place)
