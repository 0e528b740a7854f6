"""Where a graph answers."""

from __future__ import annotations

from typing import Annotated, Literal

from specc.shapes import Shape, Size
from specc.vocabulary.families import needs_vector
from specc.vocabulary.layers.weighted import WeightedLayer
from specc.vocabulary.part import ColumnName, Flag, Resolved


class Output(WeightedLayer):
    """The answer for a target column: the dense layer, the activation and the loss that the column asks for.

    A number: one linear unit and `mean_squared_error`. Two labels: one sigmoid unit and `binary_cross_entropy`.
    More labels, or an explicit `cross_entropy`: one softmax unit a label and `cross_entropy`.

    Example: `output(y)`
    """

    column: ColumnName
    bias: Flag = True
    units: Annotated[Size, Resolved()] = 1
    head: Annotated[Literal["linear", "sigmoid", "softmax", "unknown"], Resolved()] = "unknown"

    def output_shape(self, x: Shape) -> Shape:
        needs_vector("output", x)
        return x.with_size("features", self.units)

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        weight: dict[str, tuple[Size, ...]] = {"weight": (self.units, x.size("features"))}
        return weight | {"bias": (self.units,)} if self.bias else weight
