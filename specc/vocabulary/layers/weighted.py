"""What layers with weights share: their starting values, a regularizer of their own, and how their weights are normalized."""

from __future__ import annotations

from typing import Literal

from specc.shapes import Shape, ShapeMismatch, Size
from specc.vocabulary.families import Initializer, Layer, Regularizer


class WeightedLayer(Layer, family="layer"):
    """A layer with weights. Without `init`: Glorot uniform weights, zero biases."""

    init: Initializer | None = None
    bias_init: Initializer | None = None
    regularize: tuple[Regularizer, ...] | None = None


class NormedLayer(WeightedLayer, family="layer"):
    """A layer whose weights may be normalized each time they are used, as `Dense` tells."""

    norm: Literal["spectral", "weight"] | None = None

    def lengths(self, outputs: int) -> dict[str, tuple[Size, ...]]:
        """The trained lengths of the weights of each output, where they are trained apart."""
        return {"length": (outputs,)} if self.norm == "weight" else {}

    def direction(self, outputs: int) -> dict[str, tuple[Size, ...]]:
        """What is kept to follow the largest singular value: its singular vector on the side of the outputs."""
        return {"direction": (outputs,)} if self.norm == "spectral" else {}

    def output_shapes(self, *inputs: Shape) -> dict[str, Shape]:
        start = self.init
        if self.norm and start and (start.word == "zeros" or getattr(start, "value", 1) == 0):
            message = f"`norm = {self.norm}` divides by the size of the weights, and these start as zeros"
            raise ShapeMismatch("E0505", message, "", "start with weights that are drawn, as in `init = glorot_uniform`")
        return super().output_shapes(*inputs)
