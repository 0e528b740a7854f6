"""Fully connected layers."""

from __future__ import annotations

from specc.pytorch.activations import activated
from specc.pytorch.initializers import started_layer
from specc.pytorch.written import Place, Written, arguments, unless, writes
from specc.vocabulary.layers.dense import Dense


@writes(Dense)
def dense(layer: Dense, place: Place) -> Written:
    constructor = arguments(place.shape.size("features"), layer.units, bias=unless(True, layer.bias))
    forward = activated(layer.activation, f"self.{place.name}({place.x})")
    return Written(forward, {place.name: f"nn.Linear({constructor})"}, started_layer(place, layer.bias))
