"""The layers of a mirrored decoder."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.door import identifier
from specc.onnx.activations import activated
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.convolution import Conv2d
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.layers.pooling import AveragePool2d, MaxPool2d
from specc.vocabulary.numbers import both


@writes(Mirrored)
def mirrored(layer: Mirrored, place: Place) -> ir.Value:
    match layer.layer:
        case Dense():
            y = place.op("Gemm", place.x, _weight(layer, place), place.weight("bias"), transB=0 if layer.tied else 1)
        case Conv2d():
            y = _convolution(layer, layer.layer, place)
        case MaxPool2d() | AveragePool2d():
            sizes = [b // a for b, a in zip(layer.before.dimensions()[1:], place.shape.dimensions()[1:])]
            return _grown(place, sizes)
        case _:
            return place.op("Reshape", place.x, place.integers([0, *layer.before.dimensions()], "sizes"))
    return activated(layer.activation, y, place)


def _weight(layer: Mirrored, place: Place) -> ir.Value:
    """Its own weight; a tied one is that of the encoder's layer, which stands in the file once."""
    if layer.tied:
        return place.writer.weight(f"{identifier(layer.of)}.weight", f"{layer.of}.weight")
    return place.weight("weight")


def _grown(place: Place, factors: list[int]) -> ir.Value:
    """Each pixel so often, as `upsample` does."""
    scales = place.constant(np.array([1, 1, *factors], np.float32), "scales")
    settings = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return place.op("Resize", place.x, None, scales, **settings)


def _convolution(layer: Mirrored, conv: Conv2d, place: Place) -> ir.Value:
    return place.op(
        "ConvTranspose",
        place.x,
        _weight(layer, place),
        place.weight("bias"),
        kernel_shape=both(conv.kernel),
        strides=both(conv.stride),
        dilations=both(conv.dilation),
        group=conv.groups,
        pads=conv.pads,
        output_padding=layer.lacking(place.shape),
    )
