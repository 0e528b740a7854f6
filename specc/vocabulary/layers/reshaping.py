"""Layers that only lay numbers out anew."""

from __future__ import annotations

from specc.shapes import Shape, ShapeMismatch, differ, product
from specc.vocabulary.families import Layer
from specc.vocabulary.numbers import PositiveInt
from specc.vocabulary.part import TensorName

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


class Plane(Layer):
    """A vector as a constant image: a channel of each feature, as high and wide as the image it stands beside.

    `y[c, i, j] = vector[c]`: so convolutions see a condition everywhere (Mirza and Osindero 2014; Isola et al. 2017).

    Example: `concat(it, plane(condition))`
    """

    vector: TensorName
    """Its tensor is the first input; the second one, the image, only lends its height and width."""

    def output_shape(self, vector: Shape, image: Shape) -> Shape:
        if not vector.is_vector:
            raise ShapeMismatch("E0301", f"`plane` makes an image of a vector, got {vector}", "expects [N, features]")
        if not image.is_image:
            message = f"`plane` needs an image before it, whose height and width it takes, got {image}"
            way_out = "join vectors by their names: `concat(it, condition)`" if image.is_vector else ""
            raise ShapeMismatch("E0301", message, "", way_out)
        return image.with_size("channels", vector.size("features"))
