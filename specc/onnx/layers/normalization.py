"""Normalization inside the network, as it is in use: batch norm by its running averages, or by those of its reference."""

from __future__ import annotations

import math

import numpy as np
import onnx_ir as ir

from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, VirtualBatchNorm


@writes(BatchNorm)
def batch_norm(layer: BatchNorm, place: Place) -> ir.Value:
    gain, bias = _affine(place, layer.affine, place.shape.dimensions()[:1])
    running = (place.weight("running_mean"), place.weight("running_var"))
    return place.op("BatchNormalization", place.x, gain, bias, *running, epsilon=float(layer.epsilon))


@writes(VirtualBatchNorm)
def virtual_batch_norm(layer: VirtualBatchNorm, place: Place) -> ir.Value:
    """As `specc.pytorch.nn.virtual` has it: with s the row's own share, m and v the mean and variance of its own numbers."""
    axes = [1, 2] if place.shape.is_image else []
    mean, variance, share = (
        _along(place, place.weight(kept), axes) for kept in ("reference_mean", "reference_variance", "own_share")
    )
    others = place.op("Sub", place.constant(np.float32(1), "one"), share)
    own_mean = place.op("ReduceMean", place.x, place.integers([2, 3], "pixels")) if axes else place.x
    apart = place.op("Sub", own_mean, mean)
    mean = place.op("Add", mean, place.op("Mul", share, apart))
    spread = place.op("Mul", place.op("Mul", share, others), place.op("Mul", apart, apart))
    variance = place.op("Add", place.op("Mul", others, variance), spread)
    if axes:
        own = place.op("Sub", place.x, own_mean)
        own_variance = place.op("ReduceMean", place.op("Mul", own, own), place.integers([2, 3], "pixels"))
        variance = place.op("Add", variance, place.op("Mul", share, own_variance))
    deviation = place.op("Sqrt", place.op("Add", variance, place.constant(np.float32(layer.epsilon), "epsilon")))
    y = place.op("Div", place.op("Sub", place.x, mean), deviation)
    return _by_gain(layer, place, y)


@writes(LayerNorm)
def layer_norm(layer: LayerNorm, place: Place) -> ir.Value:
    sizes = tuple(int(size) for size in layer.normalized(place.shape))  # type: ignore[arg-type]
    gain, bias = _affine(place, layer.affine, sizes)
    return place.op("LayerNormalization", place.x, gain, bias, axis=-len(sizes), epsilon=float(layer.epsilon))


@writes(InstanceNorm)
def instance_norm(layer: InstanceNorm, place: Place) -> ir.Value:
    return _in_groups(layer, place, place.shape.dimensions()[0])


@writes(GroupNorm)
def group_norm(layer: GroupNorm, place: Place) -> ir.Value:
    return _in_groups(layer, place, layer.groups)


def _in_groups(layer: InstanceNorm | GroupNorm, place: Place, groups: int) -> ir.Value:
    """Each group as a row of its own. The operators that ONNX has for this differ from PyTorch where a variance is small."""
    sizes = place.shape.dimensions()
    width = math.prod(sizes) // groups
    rows = place.op("Reshape", place.x, place.integers([0, groups, width], "groups"))
    ones, zeros = _affine(place, False, (width,))
    y = place.op("LayerNormalization", rows, ones, zeros, axis=-1, epsilon=float(layer.epsilon))
    return _by_gain(layer, place, place.op("Reshape", y, place.integers([0, *sizes], "shape")))


def _by_gain(layer: InstanceNorm | GroupNorm | VirtualBatchNorm, place: Place, y: ir.Value) -> ir.Value:
    """`gain · y + bias`, where the layer has them."""
    if not layer.affine:
        return y
    axes = [1, 2] if place.shape.is_image else []
    y = place.op("Mul", y, _along(place, place.weight("weight"), axes))
    return place.op("Add", y, _along(place, place.weight("bias"), axes))


def _along(place: Place, x: ir.Value, axes: list[int]) -> ir.Value:
    """A number a channel as `[channels, 1, 1]`."""
    return place.op("Unsqueeze", x, place.integers(axes, "axes")) if axes and x.shape else x


def _affine(place: Place, affine: bool, sizes: tuple[int, ...]) -> tuple[ir.Value, ir.Value]:
    """Gain and bias; ones and zeros where the layer has none, for ONNX leaves no gain out."""
    if affine:
        return place.weight("weight"), place.weight("bias")
    return place.constant(np.ones(sizes, np.float32), "gain"), place.constant(np.zeros(sizes, np.float32), "bias")
