"""Pooling and resizing of images."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.convolution import padding_of
from specc.vocabulary.layers.pooling import AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, MaxPool2d, Upsample
from specc.vocabulary.numbers import both


@writes(MaxPool2d)
def max_pool2d(layer: MaxPool2d, place: Place) -> ir.Value:
    return place.op("MaxPool", place.x, **_window(layer))


@writes(AveragePool2d)
def average_pool2d(layer: AveragePool2d, place: Place) -> ir.Value:
    return place.op("AveragePool", place.x, count_include_pad=0, **_window(layer))


def _window(layer: MaxPool2d | AveragePool2d) -> dict[str, tuple[int, ...]]:
    pads = padding_of(layer.padding, layer.kernel, 1)
    return {"kernel_shape": both(layer.kernel), "strides": both(layer.steps), "pads": pads}


@writes(GlobalAveragePool2d)
def global_average_pool2d(layer: GlobalAveragePool2d, place: Place) -> ir.Value:
    return place.op("ReduceMean", place.x, place.integers([2, 3], "axes"), keepdims=0)


@writes(GlobalMaxPool2d)
def global_max_pool2d(layer: GlobalMaxPool2d, place: Place) -> ir.Value:
    return place.op("ReduceMax", place.x, place.integers([2, 3], "axes"), keepdims=0)


@writes(Upsample)
def upsample(layer: Upsample, place: Place) -> ir.Value:
    if layer.mode == "nearest":
        return _resized(layer, place, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    if layer.scale & (layer.scale - 1) == 0:
        return _resized(layer, place, mode="linear", coordinate_transformation_mode="half_pixel")
    # By other scales a place between two pixels is no exact float32, and Resize and PyTorch round it each their own way,
    # on wide images by more than the parity bound.
    return _blended(_blended(place.x, 2, layer.scale, place), 3, layer.scale, place)


def _resized(layer: Upsample, place: Place, **attributes: str) -> ir.Value:
    scales = place.constant(np.array([1, 1, layer.scale, layer.scale], np.float32), "scales")
    return place.op("Resize", place.x, None, scales, **attributes)


def _blended(x: ir.Value, axis: int, scale: int, place: Place) -> ir.Value:
    """Linear interpolation along one axis: each line a blend of two, at PyTorch's places, float32 by a fused multiply-add."""
    name = {2: "height", 3: "width"}[axis]
    size = place.shape.dimensions()[axis - 1]
    centers = np.arange(size * scale) + 0.5
    places = np.maximum((float(np.float32(1 / scale)) * centers - 0.5).astype(np.float32), 0)
    before = np.minimum(places.astype(np.int64), size - 1)
    shares = (places - before.astype(np.float32)).reshape((1, 1, -1, 1) if axis == 2 else (1, 1, 1, -1))
    first = place.op("Gather", x, place.integers(before.tolist(), f"{name}/first"), axis=axis)
    second = place.op("Gather", x, place.integers(np.minimum(before + 1, size - 1).tolist(), f"{name}/second"), axis=axis)
    share, rest = place.constant(shares, f"{name}/share"), place.constant(np.float32(1) - shares, f"{name}/rest")
    return place.op("Add", place.op("Mul", first, rest), place.op("Mul", second, share))
