"""The layers of a mirrored decoder, each the way back of one of the encoder."""

from __future__ import annotations

from typing import Annotated, Any

from specc.shapes import Shape, ShapeMismatch, Size
from specc.vocabulary.families import Activation, Derived, Layer
from specc.vocabulary.layers.weighted import WeightedLayer
from specc.vocabulary.numbers import both
from specc.vocabulary.part import Flag, Resolved

WEIGHTED, POOLS, LAID_OUT = ("dense", "conv2d"), ("max_pool2d", "average_pool2d"), ("flatten", "reshape")
MIRRORED = (*WEIGHTED, *POOLS, *LAID_OUT)
"""The words of layers that have a way back."""


class Mirrored(Derived, WeightedLayer):
    """The way back of a layer: `dense` of the width that it took, `conv2d_transpose`, `upsample`, `reshape`. No spec writes it.

    `tied`: its weight is that of the layer, transposed, and its bias its own.
    """

    of: str
    """The layer's name."""
    layer: Layer
    tied: Flag = False
    activation: Activation | None = None
    before: Annotated[Shape, Resolved()] = Shape()
    """The shape that the layer took, which is the one that comes back."""
    alone: Annotated[Flag, Resolved()] = False
    """Whether the layer that it is tied to stands elsewhere, so that it brings that layer's weight with it."""

    def output_shape(self, x: Shape) -> Shape:
        if self.layer.word in POOLS:
            for before, after in zip(self.before.sizes[1:], x.sizes[1:]):
                if isinstance(before, int) and isinstance(after, int) and before % after:
                    message = f"`{self.layer.word}` makes {x} of {self.before}, and no whole factor leads back"
                    raise ShapeMismatch("E0302", message, "", "write the decoder's layers: `decoder { … }`")
        return self.before

    @property
    def has_weights(self) -> bool:
        return self.layer.word in WEIGHTED

    @property
    def lays_out(self) -> bool:
        """Whether it gives the same numbers in another shape."""
        return self.layer.word in LAID_OUT

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        if not self.has_weights or not self.before.axes:
            return {}
        weight = self.layer.parameter_shapes(self.before)["weight"]
        if self.layer.word == "dense":
            weight = weight[::-1]  # a transposed convolution has its channels in the order of the convolution already
        shapes = {} if self.tied else {"weight": weight}
        return shapes | {"bias": self.before.sizes[:1]}

    def multiply_adds(self, x: Shape) -> Size:
        return self.layer.multiply_adds(self.before) if self.has_weights else 0

    def lacking(self, x: Shape) -> tuple[int, int]:
        """The rows and columns that a convolution left out at the bottom and right, where its stride did not go up."""
        conv: Any = self.layer
        pads, found = conv.pads, []
        for axis in (0, 1):
            given, before = x.dimensions()[1 + axis], self.before.dimensions()[1 + axis]
            k, s, d = (both(value)[axis] for value in (conv.kernel, conv.stride, conv.dilation))
            found.append(before - ((given - 1) * s + d * (k - 1) + 1 - pads[axis] - pads[axis + 2]))
        return found[0], found[1]
