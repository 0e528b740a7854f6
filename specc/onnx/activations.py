"""Activations as ONNX operators: a row each, the operator with its attributes, or a function where it takes several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx_ir as ir

from specc.onnx.writer import Place
from specc.vocabulary.activations import (
    Elu,
    Gelu,
    HardTanh,
    LeakyRelu,
    Linear,
    LogSoftmax,
    Relu,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from specc.vocabulary.families import Activation

Operator = tuple[str, Callable[[Any], dict[str, Any]]]

OPERATORS: dict[type[Activation], Operator] = {
    Sigmoid: ("Sigmoid", lambda part: {}),
    Tanh: ("Tanh", lambda part: {}),
    Softmax: ("Softmax", lambda part: {"axis": -1}),
    LogSoftmax: ("LogSoftmax", lambda part: {"axis": -1}),
    Relu: ("Relu", lambda part: {}),
    LeakyRelu: ("LeakyRelu", lambda part: {"alpha": float(part.slope)}),
    Softplus: ("Softplus", lambda part: {}),
    Elu: ("Elu", lambda part: {"alpha": float(part.alpha)}),
    Selu: ("Selu", lambda part: {}),
    Gelu: ("Gelu", lambda part: {}),
}


def hard_tanh(part: HardTanh, x: ir.Value, place: Place) -> ir.Value:
    low, high = place.constant(np.float32(-1), "low"), place.constant(np.float32(1), "high")
    return place.op("Clip", x, low, high)


def silu(part: Silu, x: ir.Value, place: Place) -> ir.Value:
    return place.op("Mul", x, place.op("Sigmoid", x))


def linear(part: Linear, x: ir.Value, place: Place) -> ir.Value:
    return x


COMPOSED: dict[type[Activation], Callable[[Any, ir.Value, Place], ir.Value]] = {HardTanh: hard_tanh, Silu: silu, Linear: linear}


def activated(part: Activation | None, x: ir.Value, place: Place) -> ir.Value:
    """`f(x)`; without an activation, `x` itself."""
    if part is None:
        return x
    if type(part) in COMPOSED:
        return COMPOSED[type(part)](part, x, place)
    operator, attributes = OPERATORS[type(part)]
    return place.op(operator, x, **attributes(part))
