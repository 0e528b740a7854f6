"""Initializers as calls of `torch.nn.init`: a row each. All draw from the generator of the weights."""

from __future__ import annotations

from specc.pytorch.written import Place
from specc.vocabulary.families import Initializer
from specc.vocabulary.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Normal,
    Orthogonal,
    Uniform,
    Zeros,
)
from specc.vocabulary.layers.convolution import Conv2dTranspose

CALLS: dict[type[Initializer], str] = {
    Zeros: "nn.init.zeros_({w})",
    Constant: "nn.init.constant_({w}, {part.value!r})",
    Normal: "nn.init.normal_({w}, {part.mean!r}, {part.deviation!r}, generator=generator)",
    Uniform: "nn.init.uniform_({w}, -{part.limit!r}, {part.limit!r}, generator=generator)",
    GlorotUniform: "nn.init.xavier_uniform_({w}, generator=generator)",
    GlorotNormal: "nn.init.xavier_normal_({w}, generator=generator)",
    HeUniform: "nn.init.kaiming_uniform_({w}, {mode}nonlinearity='relu', generator=generator)",
    HeNormal: "nn.init.kaiming_normal_({w}, {mode}nonlinearity='relu', generator=generator)",
    Orthogonal: "nn.init.orthogonal_({w}, {part.gain!r}, generator=generator)",
}


def started(part: Initializer, tensor: str, mode: str = "") -> str:
    """The line that gives `tensor` its starting values."""
    return CALLS[type(part)].format(w=tensor, part=part, mode=mode)


def started_layer(place: Place, bias: bool) -> list[str]:
    """The lines for a layer with weights: its own or inherited initializers, else Glorot uniform weights and zero biases."""
    layer = place.node.layer
    # A transposed convolution keeps [in, out, …]: what torch counts as outgoing are its incoming connections.
    mode = "mode='fan_out', " if isinstance(layer, Conv2dTranspose) else ""
    lines = [started(getattr(layer, "init", None) or GlorotUniform(), f"self.{place.name}.weight", mode)]
    if bias:
        lines.append(started(getattr(layer, "bias_init", None) or Zeros(), f"self.{place.name}.bias"))
    return lines
