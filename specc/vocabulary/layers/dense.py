"""Fully connected layers."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.shapes import Shape, Size
from specc.vocabulary.families import Activation, needs_vector
from specc.vocabulary.layers.weighted import WeightedLayer
from specc.vocabulary.numbers import PositiveInt
from specc.vocabulary.part import Flag


class Dense(WeightedLayer):
    """Fully connected layer over the features: `y = activation(x Wᵀ + b)`.

    Example: `dense(128, relu)`
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"

    units: PositiveInt
    activation: Activation | None = None
    bias: Flag = True

    def output_shape(self, x: Shape) -> Shape:
        needs_vector("dense", x)
        return x.with_size("features", self.units)

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        weight: dict[str, tuple[Size, ...]] = {"weight": (self.units, x.size("features"))}
        return weight | {"bias": (self.units,)} if self.bias else weight
