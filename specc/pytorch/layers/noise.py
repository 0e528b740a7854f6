"""Layers that act in training only."""

from __future__ import annotations

from specc.pytorch.written import Place, Written, writes
from specc.vocabulary.layers.noise import Dropout


@writes(Dropout)
def dropout(layer: Dropout, place: Place) -> Written:
    return Written(f"self.{place.name}({place.x})", {place.name: f"nn.Dropout({layer.rate!r})"})
