"""Two-dimensional convolutions."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.activations import activated
from specc.onnx.layers.weighted import weight_of
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.convolution import Conv2d, Conv2dTranspose, DepthwiseConv2d, Shortcut, padding_of
from specc.vocabulary.numbers import both


@writes(Conv2d, DepthwiseConv2d)
def conv2d(layer: Conv2d | DepthwiseConv2d, place: Place) -> ir.Value:
    groups = place.shape.dimensions()[0] if isinstance(layer, DepthwiseConv2d) else layer.groups
    y = place.op(
        "Conv",
        place.x,
        *_weights(layer, place),
        kernel_shape=both(layer.kernel),
        strides=both(layer.stride),
        pads=padding_of(layer.padding, layer.kernel, layer.dilation),
        dilations=both(layer.dilation),
        group=groups,
    )
    return activated(layer.activation, y, place)


@writes(Conv2dTranspose)
def conv2d_transpose(layer: Conv2dTranspose, place: Place) -> ir.Value:
    settings = {"kernel_shape": both(layer.kernel), "strides": both(layer.stride), "dilations": both(layer.dilation)}
    pads = padding_of(layer.padding, layer.kernel, layer.dilation)
    if layer.output_padding < min(both(layer.stride)):
        extra = [layer.output_padding] * 2
        y = place.op("ConvTranspose", place.x, *_weights(layer, place), pads=pads, output_padding=extra, **settings)
    else:
        y = _widely_padded(layer, place, pads, settings)
    return activated(layer.activation, y, place)


def _widely_padded(layer: Conv2dTranspose, place: Place, pads: tuple[int, int, int, int], settings: dict) -> ir.Value:
    """An `output_padding` of the stride or more, which onnxruntime refuses: cut off less at the end, then add zeros."""
    ends = [max(pad - layer.output_padding, 0) for pad in pads[2:]]
    zeros = [max(layer.output_padding - pad, 0) for pad in pads[2:]]
    y = place.op("ConvTranspose", place.x, weight_of(layer, place, 1), pads=[*pads[:2], *ends], **settings)
    if any(zeros):
        y = place.op("Pad", y, place.integers([0, 0, 0, 0, 0, 0, *zeros], "pads"))
    if not layer.bias:
        return y
    return place.op("Add", y, place.op("Unsqueeze", place.weight("bias"), place.integers([1, 2], "axes")))


@writes(Shortcut)
def shortcut(layer: Shortcut, place: Place) -> ir.Value:
    if not layer.projects:
        return place.x
    return place.op("Conv", place.x, place.weight("weight"), kernel_shape=[1, 1], strides=layer.stride)


def _weights(layer: Conv2d | DepthwiseConv2d | Conv2dTranspose, place: Place) -> list[ir.Value]:
    if isinstance(layer, DepthwiseConv2d):
        weight = place.weight("weight")
    else:
        weight = weight_of(layer, place, 1 if isinstance(layer, Conv2dTranspose) else 0)
    return [weight, place.weight("bias")] if layer.bias else [weight]
