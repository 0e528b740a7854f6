"""Two-dimensional convolutions, by the sizes that PyTorch, Keras and ONNX agree on.

Shapes: `[channels, height, width]`. A number as `padding` pads both sides; `same` pads `dilation · (kernel − 1)` in
all, an odd one at the end, so that the output is `ceil(input / stride)`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from specc.shapes import Shape, ShapeMismatch, Size, product
from specc.vocabulary.families import Activation, activated, needs_image
from specc.vocabulary.layers.weighted import NormedLayer, WeightedLayer
from specc.vocabulary.numbers import NonNegativeInt, PaddingPair, Pair, PositiveInt, both
from specc.vocabulary.part import Flag, Resolved

Padding = PaddingPair | Literal["same"]


def padding_of(padding: int | tuple[int, int] | str, kernel: Pair, dilation: Pair) -> tuple[int, int, int, int]:
    """What is padded at top, left, bottom and right."""
    if padding != "same":
        vertical, horizontal = both(padding)  # type: ignore[arg-type]
        return vertical, horizontal, vertical, horizontal
    total = [d * (k - 1) for k, d in zip(both(kernel), both(dilation))]
    return total[0] // 2, total[1] // 2, total[0] - total[0] // 2, total[1] - total[1] // 2


def window_output(word: str, x: Shape, kernel: Pair, stride: Pair, pads: tuple[int, int, int, int], dilation: Pair = 1) -> Shape:
    """The image left when a window slides over `x`; an error where the window is larger than what it slides over."""
    sizes: list[Size] = []
    for axis, (k, s, d) in enumerate(zip(both(kernel), both(stride), both(dilation))):
        padded = x.sizes[1 + axis] + pads[axis] + pads[axis + 2]
        reach = d * (k - 1) + 1
        if isinstance(padded, int) and padded < reach:
            name = x.axes[1 + axis]
            raise ShapeMismatch(
                "E0302",
                f"the kernel of `{word}` is larger than its input: {reach} over a {name} of {padded}, got {x}",
                f"spans {reach}",
                "take a smaller kernel or `padding = same`, or fewer strides and pools before it",
            )
        sizes.append((padded - reach) // s + 1)
    return Shape.image(x.sizes[0], *sizes)


class Conv2d(NormedLayer):
    """Convolution: each output channel is a sum over input channels of cross-correlations with a kernel, plus a bias.

    `y[c] = activation(b[c] + Σᵢ w[c, i] ⋆ x[i])`; `groups` splits the channels into that many independent ones. `norm` is that
    of `dense`, the weights being laid out as `[channels, −1]`.

    Example: `conv2d(32, 3, padding = same, activation = relu)`
    """

    channels: PositiveInt
    kernel: Pair
    stride: Pair = 1
    padding: Padding = 0
    dilation: Pair = 1
    groups: PositiveInt = 1
    activation: Activation | None = None
    bias: Flag = True

    @property
    def pads(self) -> tuple[int, int, int, int]:
        """What is padded at top, left, bottom and right."""
        return padding_of(self.padding, self.kernel, self.dilation)

    def output_shape(self, x: Shape) -> Shape:
        needs_image("conv2d", x)
        for name, size in (("input channels", x.size("channels")), ("`channels`", self.channels)):
            if isinstance(size, int) and size % self.groups:
                raise ShapeMismatch("E0306", f"{size} {name} do not divide into {self.groups} `groups`", f"got {x}")
        y = window_output("conv2d", x, self.kernel, self.stride, self.pads, self.dilation)
        return activated(self.activation, y.with_size("channels", self.channels))

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        weight: dict[str, tuple[Size, ...]] = {"weight": (self.channels, x.size("channels") // self.groups, *both(self.kernel))}
        return weight | self.lengths(self.channels) | ({"bias": (self.channels,)} if self.bias else {})

    def kept_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return self.direction(self.channels)

    def multiply_adds(self, x: Shape) -> Size:
        weight = self.parameter_shapes(x)["weight"]
        return product(weight) * product(self.output_shape(x).sizes[1:])


class DepthwiseConv2d(WeightedLayer):
    """Convolution of each channel by `multiplier` kernels of its own: `y[c·m + j] = activation(b + w[c, j] ⋆ x[c])`.

    Example: `depthwise_conv2d(3, padding = same)`
    """

    kernel: Pair
    multiplier: PositiveInt = 1
    stride: Pair = 1
    padding: Padding = 0
    dilation: Pair = 1
    activation: Activation | None = None
    bias: Flag = True

    def output_shape(self, x: Shape) -> Shape:
        needs_image("depthwise_conv2d", x)
        pads = padding_of(self.padding, self.kernel, self.dilation)
        y = window_output("depthwise_conv2d", x, self.kernel, self.stride, pads, self.dilation)
        return activated(self.activation, y.with_size("channels", x.size("channels") * self.multiplier))

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        channels = x.size("channels") * self.multiplier
        weight: dict[str, tuple[Size, ...]] = {"weight": (channels, 1, *both(self.kernel))}
        return weight | {"bias": (channels,)} if self.bias else weight

    def multiply_adds(self, x: Shape) -> Size:
        weight = self.parameter_shapes(x)["weight"]
        return product(weight) * product(self.output_shape(x).sizes[1:])


class Conv2dTranspose(NormedLayer):
    """Transposed convolution, the gradient of `conv2d`: grows an image by its stride.

    A side becomes `(size − 1) · stride − 2 · padding + dilation · (kernel − 1) + 1 + output_padding`. `norm` is that of
    `dense`, the weights being laid out as `[channels, −1]`.

    Example: `conv2d_transpose(32, 4, stride = 2, padding = 1)`
    """

    channels: PositiveInt
    kernel: Pair
    stride: Pair = 1
    padding: PaddingPair = 0
    output_padding: NonNegativeInt = 0
    dilation: Pair = 1
    activation: Activation | None = None
    bias: Flag = True

    def output_shape(self, x: Shape) -> Shape:
        needs_image("conv2d_transpose", x)
        if self.output_padding >= min(map(max, both(self.stride), both(self.dilation))):
            raise ShapeMismatch(
                "E0306",
                f"`output_padding` must be less than the stride, got {self.output_padding}",
                "",
                "it only settles an odd row",
            )
        sizes = []
        for size, k, s, p, d in zip(x.sizes[1:], both(self.kernel), both(self.stride), both(self.padding), both(self.dilation)):
            side = (size - 1) * s - 2 * p + d * (k - 1) + 1 + self.output_padding
            if isinstance(side, int) and side < 1:
                raise ShapeMismatch("E0302", f"`conv2d_transpose` leaves nothing of {x}: a side becomes {side}", "", "pad less")
            sizes.append(side)
        return activated(self.activation, Shape.image(self.channels, *sizes))

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        weight: dict[str, tuple[Size, ...]] = {"weight": (x.size("channels"), self.channels, *both(self.kernel))}
        return weight | self.lengths(self.channels) | ({"bias": (self.channels,)} if self.bias else {})

    def kept_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return self.direction(self.channels)

    def multiply_adds(self, x: Shape) -> Size:
        return product(self.parameter_shapes(x)["weight"]) * product(x.sizes[1:])


class Shortcut(WeightedLayer):
    """A branch that passes its input on in the shape of its siblings: as it is, or by a 1×1 convolution without bias.

    The convolution's stride is the smallest whole `s` with `ceil(input / s)` the siblings' size (He et al. 2016).

    Example: `add { sequence { conv2d(8, 3, padding = same); relu }; shortcut }`
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"

    projects: Annotated[bool, Resolved()] = False
    stride: Annotated[tuple[int, int], Resolved()] = (1, 1)

    def output_shape(self, x: Shape, sibling: Shape) -> Shape:
        return sibling

    def resolved(self, x: Shape, sibling: Shape) -> Shortcut:
        """This shortcut with the convolution it needs between the two shapes."""
        if x == sibling:
            return self
        if not (x.is_image and sibling.is_image):
            raise ShapeMismatch(
                "E0303",
                f"`shortcut` cannot lead from {x} to {sibling}: only images are projected",
                "",
                "give both branches the same width",
            )
        strides = tuple(_stride(a, b) for a, b in zip(x.sizes[1:], sibling.sizes[1:]))
        if None in strides:
            raise ShapeMismatch(
                "E0303", f"`shortcut` finds no stride that leads from {x} to {sibling}", "", "use `padding = same`"
            )
        return self.model_copy(update={"projects": True, "stride": strides})

    def parameter_shapes(self, x: Shape, sibling: Shape) -> dict[str, tuple[Size, ...]]:
        return {"weight": (sibling.size("channels"), x.size("channels"), 1, 1)} if self.projects else {}

    def multiply_adds(self, x: Shape, sibling: Shape) -> Size:
        return x.size("channels") * sibling.count if self.projects else 0


def _stride(before: Size, after: Size) -> int | None:
    if before == after:
        return 1
    if not isinstance(before, int) or not isinstance(after, int):
        return None
    return next((s for s in range(1, before + 1) if -(-before // s) == after), None)
