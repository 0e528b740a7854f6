"""Layers that only lay numbers out anew."""

from __future__ import annotations

from specc.shapes import Shape, ShapeMismatch, differ, product
from specc.vocabulary.families import Layer
from specc.vocabulary.numbers import PositiveInt

AXES = {
    1: ("features",),
    2: ("time", "features"),
    3: ("channels", "height", "width"),
    4: ("channels", "depth", "height", "width"),
}


class Flatten(Layer):
    """All numbers of a row in one line: `[channels, height, width]` → `[features]`, the last axis running fastest.

    Example: `flatten`
    """

    def output_shape(self, x: Shape) -> Shape:
        return Shape.vector(x.count)


class Reshape(Layer):
    """The same numbers in another shape, the last axis running fastest: one size `[features]`, three an image.

    Example: `reshape([8, 4, 4])`
    """

    shape: tuple[PositiveInt, ...]

    def output_shape(self, x: Shape) -> Shape:
        if len(self.shape) not in (1, 3):
            raise ShapeMismatch(
                "E0304",
                f"`reshape` takes one size or three, got {len(self.shape)}",
                "",
                "write `[features]` or `[channels, height, width]`",
            )
        y = Shape.of(**dict(zip(AXES[len(self.shape)], self.shape)))
        if differ(x.count, y.count):
            raise ShapeMismatch(
                "E0304",
                f"`reshape` cannot make {y} of {x}: {product(self.shape)} numbers of {x.count}",
                f"has {product(self.shape)} numbers",
            )
        return y
