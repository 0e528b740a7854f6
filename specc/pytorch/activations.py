"""Activations as expressions: a row each. `{x}` is the tensor, other fields are the activation's own."""

from __future__ import annotations

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

EXPRESSIONS: dict[type[Activation], str] = {
    Linear: "{x}",
    Sigmoid: "torch.sigmoid({x})",
    Tanh: "torch.tanh({x})",
    HardTanh: "F.hardtanh({x})",
    Softmax: "torch.softmax({x}, -1)",
    LogSoftmax: "torch.log_softmax({x}, -1)",
    Relu: "torch.relu({x})",
    LeakyRelu: "F.leaky_relu({x}, {part.slope!r})",
    Softplus: "F.softplus({x})",
    Elu: "F.elu({x}, {part.alpha!r})",
    Selu: "F.selu({x})",
    Gelu: "F.gelu({x})",
    Silu: "F.silu({x})",
}


def activated(part: Activation | None, x: str) -> str:
    """The expression `f(x)`; without an activation, `x` itself."""
    return x if part is None else EXPRESSIONS[type(part)].format(x=x, part=part)
