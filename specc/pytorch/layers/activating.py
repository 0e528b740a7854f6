"""An activation as a layer of its own."""

from __future__ import annotations

from specc.pytorch.activations import activated
from specc.pytorch.written import Place, Written, writes
from specc.vocabulary.layers.activating import Activate


@writes(Activate)
def activate(layer: Activate, place: Place) -> Written:
    return Written(activated(layer.activation, place.x))
