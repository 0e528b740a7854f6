"""Where a graph begins: the tensors of the door, those of embedded categories looked up in their tables."""

from __future__ import annotations

from specc.door import identifier
from specc.pytorch.written import Place, Written, writes
from specc.vocabulary.layers.sources import Input


@writes(Input)
def input(layer: Input, place: Place) -> Written:
    """`place.inputs` names the tensors of the door, the embedded columns last, in the order of `layer.embeddings`."""
    attributes, start = {}, []
    parts = list(place.inputs[: len(place.inputs) - len(layer.embeddings)])
    for tensor, (column, (labels, width)) in zip(place.inputs[len(parts) :], layer.embeddings.items()):
        name = f"{place.name}_{identifier(column)}"
        attributes[name] = f"nn.Embedding({labels}, {width}, padding_idx=0)"
        start.append(f"nn.init.normal_(self.{name}.weight, 0.0, 0.05, generator=generator)")
        start.append(f"nn.init.zeros_(self.{name}.weight[0])  # the unseen label")
        parts.append(f"self.{name}({tensor})")
    return Written(parts[0] if len(parts) == 1 else f"torch.cat([{', '.join(parts)}], 1)", attributes, start)
