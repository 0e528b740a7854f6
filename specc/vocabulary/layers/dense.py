"""Fully connected layers."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.shapes import Shape, Size
from specc.vocabulary.families import Activation, needs_vector
from specc.vocabulary.layers.weighted import NormedLayer
from specc.vocabulary.numbers import PositiveInt
from specc.vocabulary.part import Flag


class Dense(NormedLayer):
    """Fully connected layer over the features: `y = activation(x Wᵀ + b)`.

    With `norm = spectral` W is divided by its largest singular value σ, so that the layer stretches no distance (Miyato et al.
    2018): σ is exact at the start, and followed by one power iteration a training step. With `norm = weight` the row of each
    unit is `g · w / ‖w‖`, its length g being trained apart (Salimans and Kingma 2016).

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
        return weight | self.lengths(self.units) | ({"bias": (self.units,)} if self.bias else {})

    def kept_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return self.direction(self.units)
