"""Layers that show a network how the rows of a batch differ."""

from __future__ import annotations

from specc.pytorch.initializers import started_layer
from specc.pytorch.written import Place, Written, arguments, writes
from specc.vocabulary.layers.minibatch import MinibatchDiscrimination


@writes(MinibatchDiscrimination)
def minibatch_discrimination(layer: MinibatchDiscrimination, place: Place) -> Written:
    constructor = arguments(place.shape.size("features"), layer.features, layer.kernel_width)
    attributes = {place.name: f"MinibatchDiscrimination({constructor})"}
    return Written(f"self.{place.name}({place.x})", attributes, started_layer(place, False), ("MinibatchDiscrimination",))
