"""Fully connected layers."""

from __future__ import annotations

from specc.pytorch.layers.weighted import weighted
from specc.pytorch.written import Place, Written, arguments, unless, writes
from specc.vocabulary.layers.dense import Dense


@writes(Dense)
def dense(layer: Dense, place: Place) -> Written:
    constructor = arguments(place.shape.size("features"), layer.units, bias=unless(True, layer.bias))
    return weighted(layer, place, "Linear", constructor)
