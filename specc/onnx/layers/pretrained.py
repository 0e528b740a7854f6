"""A part of another run: its layers stand in front, and what they give is passed on."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.pretrained import Pretrained


@writes(Pretrained)
def pretrained(layer: Pretrained, place: Place) -> ir.Value:
    return place.x
