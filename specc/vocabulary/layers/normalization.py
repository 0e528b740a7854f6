"""Normalization inside the network."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.shapes import Shape, ShapeMismatch, Size
from specc.vocabulary.families import Layer
from specc.vocabulary.numbers import Fraction, PositiveFloat
from specc.vocabulary.part import Flag


class BatchNorm(Layer):
    """Each feature or channel to mean 0 and variance 1 over the batch, then `gain · x + bias` (Ioffe and Szegedy 2015).

    In use, running averages of mean and variance take the batch's place: `running ← (1 − momentum) · running + momentum · batch`.

    Example: `batch_norm`
    """

    batch_statistics: ClassVar[bool] = True

    momentum: Fraction = 0.1
    epsilon: PositiveFloat = 1e-5
    affine: Flag = True

    def output_shape(self, x: Shape) -> Shape:
        if not (x.is_vector or x.is_image):
            raise ShapeMismatch("E0301", f"`batch_norm` needs a flat input or images, got {x}", "expects [N, features]")
        return x

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return {"gain": (x.sizes[0],), "bias": (x.sizes[0],)} if self.affine else {}

    def multiply_adds(self, x: Shape) -> Size:
        return x.count


class LayerNorm(Layer):
    """Each row to mean 0 and variance 1 over its features (images: all its numbers), then `gain · x + bias` (Ba et al. 2016).

    Example: `layer_norm`
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"

    epsilon: PositiveFloat = 1e-5
    affine: Flag = True

    def normalized(self, x: Shape) -> tuple[Size, ...]:
        """The sizes of the axes it averages over."""
        return x.sizes[1:] if x.has_time else x.sizes

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return {"gain": self.normalized(x), "bias": self.normalized(x)} if self.affine else {}

    def multiply_adds(self, x: Shape) -> Size:
        return x.count * 2
