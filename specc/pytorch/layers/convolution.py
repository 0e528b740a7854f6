"""Two-dimensional convolutions. Padding that is not the same on both sides is laid on before."""

from __future__ import annotations

from specc.pytorch.initializers import started_layer
from specc.pytorch.layers.weighted import weighted
from specc.pytorch.written import Place, Written, arguments, unless, writes
from specc.vocabulary.layers.convolution import Conv2d, Conv2dTranspose, DepthwiseConv2d, Shortcut, padding_of


def padded(x: str, pads: tuple[int, int, int, int], value: str = "") -> tuple[str, tuple[int, int]]:
    """The tensor with what a layer cannot pad itself, and what is left for it to pad at top and bottom, left and right."""
    top, left, bottom, right = pads
    if (top, left) == (bottom, right):
        return x, (top, left)
    return f"F.pad({x}, ({left}, {right}, {top}, {bottom}){value})", (0, 0)


def short(value: tuple[int, int] | int) -> int | tuple[int, int]:
    """Two equal numbers as one."""
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value


@writes(Conv2d, DepthwiseConv2d)
def conv2d(layer: Conv2d | DepthwiseConv2d, place: Place) -> Written:
    incoming = place.shape.size("channels")
    groups = incoming if isinstance(layer, DepthwiseConv2d) else layer.groups
    x, padding = padded(place.x, padding_of(layer.padding, layer.kernel, layer.dilation))
    constructor = arguments(
        incoming,
        place.node.shape.size("channels"),
        short(layer.kernel),
        stride=unless(1, short(layer.stride)),
        padding=unless(0, short(padding)),
        dilation=unless(1, short(layer.dilation)),
        groups=unless(1, groups),
        bias=unless(True, layer.bias),
    )
    return weighted(layer, place, "Conv2d", constructor, x)


@writes(Conv2dTranspose)
def conv2d_transpose(layer: Conv2dTranspose, place: Place) -> Written:
    constructor = arguments(
        place.shape.size("channels"),
        layer.channels,
        short(layer.kernel),
        stride=unless(1, short(layer.stride)),
        padding=unless(0, short(layer.padding)),
        output_padding=unless(0, layer.output_padding),
        dilation=unless(1, short(layer.dilation)),
        bias=unless(True, layer.bias),
    )
    return weighted(layer, place, "ConvTranspose2d", constructor)


@writes(Shortcut)
def shortcut(layer: Shortcut, place: Place) -> Written:
    if not layer.projects:
        return Written(place.x)
    constructor = arguments(
        place.shape.size("channels"), place.node.shape.size("channels"), 1, stride=unless(1, short(layer.stride)), bias=False
    )
    return Written(f"self.{place.name}({place.x})", {place.name: f"nn.Conv2d({constructor})"}, started_layer(place, False))
