"""Layers that only lay numbers out anew."""

from __future__ import annotations

from specc.pytorch.written import Place, Written, writes
from specc.vocabulary.layers.reshaping import Flatten, Plane, Reshape


@writes(Flatten)
def flatten(layer: Flatten, place: Place) -> Written:
    return Written(f"{place.x}.flatten(1)")


@writes(Reshape)
def reshape(layer: Reshape, place: Place) -> Written:
    return Written(f"{place.x}.reshape(-1, {', '.join(map(str, layer.shape))})")


@writes(Plane)
def plane(layer: Plane, place: Place) -> Written:
    _, height, width = place.node.shape.dimensions()
    return Written(f"{place.x}[:, :, None, None].expand(-1, -1, {height}, {width})")
