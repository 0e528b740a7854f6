"""Pooling and resizing of images, `[channels, height, width]`."""

from __future__ import annotations

from typing import Literal

from specc.shapes import Shape, ShapeMismatch, Size
from specc.vocabulary.families import Layer, needs_image
from specc.vocabulary.layers.convolution import Padding, padding_of, window_output
from specc.vocabulary.numbers import Pair, PositiveInt, both


class _Pool2d(Layer):
    """A window that slides over each channel; its stride is the window by default."""

    kernel: Pair = 2
    stride: Pair | None = None
    padding: Padding = 0

    def output_shape(self, x: Shape) -> Shape:
        needs_image(self.word, x)
        pads = padding_of(self.padding, self.kernel, 1)
        for size, before, after in zip(both(self.kernel), pads[:2], pads[2:]):
            if 2 * max(before, after) > size:
                raise ShapeMismatch("E0306", f"`padding` may be at most half of the window {size}, got {max(before, after)}")
        return window_output(self.word, x, self.kernel, self.steps, pads)

    @property
    def steps(self) -> Pair:
        return self.kernel if self.stride is None else self.stride


class MaxPool2d(_Pool2d):
    """The largest number of each window; padding is never the largest.

    Example: `max_pool2d(2)`
    """


class AveragePool2d(_Pool2d, aliases=("avg_pool2d",)):
    """The mean of each window; padding never counts in it.

    Example: `average_pool2d(2)`
    """


class _GlobalPool2d(Layer):
    """One number a channel: `[channels, height, width]` → `[features]`."""

    def output_shape(self, x: Shape) -> Shape:
        needs_image(self.word, x)
        return Shape.vector(x.size("channels"))


class GlobalAveragePool2d(_GlobalPool2d):
    """The mean of each channel: `y[c] = mean over height and width of x[c]`.

    Example: `global_average_pool2d`
    """


class GlobalMaxPool2d(_GlobalPool2d):
    """The largest number of each channel: `y[c] = max over height and width of x[c]`.

    Example: `global_max_pool2d`
    """


class Upsample(Layer):
    """Makes an image `scale` times as large, by repeating pixels or by bilinear interpolation between their centres.

    Example: `upsample(2, nearest)`
    """

    scale: PositiveInt = 2
    mode: Literal["nearest", "bilinear"] = "nearest"

    def output_shape(self, x: Shape) -> Shape:
        needs_image("upsample", x)
        channels, height, width = x.sizes
        return Shape.image(channels, height * self.scale, width * self.scale)

    def multiply_adds(self, x: Shape) -> Size:
        return self.output_shape(x).count * (4 if self.mode == "bilinear" else 0)
