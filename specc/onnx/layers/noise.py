"""Layers that act in training only: in the file they pass on what they are given."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.noise import Dropout


@writes(Dropout)
def dropout(layer: Dropout, place: Place) -> ir.Value:
    return place.x
