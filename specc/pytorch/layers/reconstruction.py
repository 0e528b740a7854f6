"""What a machine expects of its visible units."""

from __future__ import annotations

from specc.door import identifier
from specc.pytorch.layers.boltzmann import side_by_side
from specc.pytorch.written import Place, Written, writes
from specc.vocabulary.layers.reconstruction import Reconstruction


@writes(Reconstruction)
def reconstruction(layer: Reconstruction, place: Place) -> Written:
    machine, (features, *seen) = f"self.{identifier(layer.machine)}", place.inputs
    totals = (
        f", {machine}.totals({side_by_side(seen)})"
        if any(word == "replicated_softmax" for word, _ in layer.layer.visible)
        else ""
    )
    mean = f"{machine}.visible_mean_({machine}.generative_input({features}){totals})"
    return Written(f"{mean}[:, :{layer.width}]" if layer.layer.labels else mean)
