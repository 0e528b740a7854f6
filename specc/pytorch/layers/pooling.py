"""Pooling and resizing of images."""

from __future__ import annotations

from specc.pytorch.layers.convolution import padded, short
from specc.pytorch.written import Place, Written, arguments, unless, writes
from specc.vocabulary.layers.convolution import padding_of
from specc.vocabulary.layers.pooling import AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, MaxPool2d, Upsample
from specc.vocabulary.numbers import both


@writes(MaxPool2d)
def max_pool2d(layer: MaxPool2d, place: Place) -> Written:
    x, padding = padded(place.x, padding_of(layer.padding, layer.kernel, 1), ", value=float('-inf')")
    stride = None if both(layer.steps) == both(layer.kernel) else short(layer.steps)
    call = arguments(short(layer.kernel), stride=stride, padding=unless(0, short(padding)))
    return Written(f"F.max_pool2d({x}, {call})")


@writes(AveragePool2d)
def average_pool2d(layer: AveragePool2d, place: Place) -> Written:
    top, left, bottom, right = padding_of(layer.padding, layer.kernel, 1)
    stride = None if both(layer.steps) == both(layer.kernel) else short(layer.steps)
    if (top, left) != (bottom, right):
        call = arguments(short(layer.kernel), short(layer.steps), (left, right, top, bottom))
        return Written(f"average_pool2d({place.x}, {call})", uses=("average_pool2d",))
    padding = unless(0, short((top, left)))
    call = arguments(short(layer.kernel), stride=stride, padding=padding, count_include_pad=None if padding is None else False)
    return Written(f"F.avg_pool2d({place.x}, {call})")


@writes(GlobalAveragePool2d)
def global_average_pool2d(layer: GlobalAveragePool2d, place: Place) -> Written:
    return Written(f"{place.x}.mean((2, 3))")


@writes(GlobalMaxPool2d)
def global_max_pool2d(layer: GlobalMaxPool2d, place: Place) -> Written:
    return Written(f"{place.x}.amax((2, 3))")


@writes(Upsample)
def upsample(layer: Upsample, place: Place) -> Written:
    corners = {"align_corners": False} if layer.mode == "bilinear" else {}
    return Written(f"F.interpolate({place.x}, {arguments(scale_factor=layer.scale, mode=layer.mode, **corners)})")
