"""Where a graph begins: the tensors of the door, those of embedded categories looked up in their tables."""

from __future__ import annotations

import onnx_ir as ir

from specc.door import identifier
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.sources import Input


@writes(Input)
def input(layer: Input, place: Place) -> ir.Value:
    """`place.inputs` are the tensors of the door, the embedded columns last, in the order of `layer.embeddings`."""
    plain = len(place.inputs) - len(layer.embeddings)
    parts = list(place.inputs[:plain])
    for index, column in zip(place.inputs[plain:], layer.embeddings):
        key = f"{identifier(place.node.name)}_{identifier(column)}.weight"
        table = place.writer.weight(key, f"{place.node.name}.{column}.weight")
        parts.append(place.op("Gather", table, index, axis=0))
    return parts[0] if len(parts) == 1 else place.op("Concat", *parts, axis=1)
