"""Where a graph answers."""

from __future__ import annotations

from specc.pytorch.initializers import started_layer
from specc.pytorch.written import Place, Written, arguments, unless, writes
from specc.vocabulary.layers.output import Output


@writes(Output)
def output(layer: Output, place: Place) -> Written:
    """The logits: sigmoid and softmax belong to the loss, and to the answer in the ONNX file."""
    constructor = arguments(place.shape.size("features"), layer.units, bias=unless(True, layer.bias))
    return Written(f"self.{place.name}({place.x})", {place.name: f"nn.Linear({constructor})"}, started_layer(place, layer.bias))
