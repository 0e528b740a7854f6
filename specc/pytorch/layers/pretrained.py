"""A part of another run: its layers stand in front, and what they give is passed on."""

from __future__ import annotations

from specc.pytorch.written import Place, Written, writes
from specc.vocabulary.layers.pretrained import Pretrained


@writes(Pretrained)
def pretrained(layer: Pretrained, place: Place) -> Written:
    return Written(place.x)
