"""Layers that show a network how the rows of a batch differ."""

from __future__ import annotations

from typing import ClassVar

from specc.shapes import Shape, Size
from specc.vocabulary.families import needs_vector
from specc.vocabulary.layers.weighted import WeightedLayer
from specc.vocabulary.numbers import PositiveInt


class MinibatchDiscrimination(WeightedLayer):
    """Adds to each row how close the other rows of its batch are to it, so that a generator of one answer is seen through.

    With `Mᵢ = xᵢ T`, `[features, kernel_width]`: `o(xᵢ)_b = Σ_{j≠i} exp(−‖Mᵢ,b − Mⱼ,b‖₁)`, and `y = concat(x, o)`
    (Salimans et al. 2016). In use as in training, and in the ONNX file, a row's answer depends on the rows that it comes with.

    Example: `minibatch_discrimination(16)`
    """

    batch_statistics: ClassVar[bool] = True
    bias: ClassVar[bool] = False

    features: PositiveInt
    kernel_width: PositiveInt = 5

    def output_shape(self, x: Shape) -> Shape:
        needs_vector("minibatch_discrimination", x)
        return Shape.vector(x.size("features") + self.features)

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return {"weight": (self.features * self.kernel_width, x.size("features"))}
