"""Where numbers stop being finite: the layer whose output, gradient or weights are the first that are not."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from types import FrameType, FunctionType

import torch
from torch import Tensor, nn

from specc.door import identifier
from specc.ir import Node, Spec
from specc.pytorch.source import parameter_table
from specc.training.clock import Clock, Rate

LARGEST = torch.finfo(torch.float32).max


class NotFinite(Exception):
    """A step met a rate, a loss or a gradient that is not finite; `layer` is what the module calls the layer where it began."""

    def __init__(self, what: str, layer: str | None) -> None:
        super().__init__(f"the {what} is not finite")
        self.what, self.layer = what, layer


def checked_rate(rate: Rate, clock: Clock) -> float:
    """The learning rate of the next step. Raises `NotFinite` for one that no float32 can hold."""
    try:
        value = rate.at(clock)
    except OverflowError:
        value = math.inf
    if not value <= LARGEST:
        raise NotFinite("rate", None)
    return value


@torch.no_grad()
def bad_output(module: nn.Module, inputs: dict[str, Tensor]) -> str | None:
    """The first layer, in the order of the computation, whose output for a batch is not finite."""
    return bad_result(module, lambda: module(**inputs))


@torch.no_grad()
def bad_result(module: nn.Module, compute: Callable[[], object]) -> str | None:
    """The first layer whose output is not finite, where something is computed by the methods of a module."""
    return next((name for name, tensor in _named_tensors(module, compute).items() if not _finite(tensor)), None)


def bad_gradient(module: nn.Module) -> str | None:
    """The layer nearest to the loss whose weights have a gradient that is not finite: there it began."""
    bad = [name for name, parameter in module.named_parameters() if not _finite(parameter.grad)]
    return bad[-1].partition(".")[0] if bad else None


def bad_weights(module: nn.Module) -> str | None:
    """The first layer whose weights or running statistics are not finite."""
    return next((name.partition(".")[0] for name, tensor in module.state_dict().items() if not _finite(tensor)), None)


def find_layer(spec: Spec, name: str | None) -> Node | None:
    """The layer of the spec behind a variable or an attribute of its module."""
    if name is None:
        return None
    layers = {identifier(node.name): node for graph in spec.graphs.values() for node in graph.nodes}
    tables = {key.rpartition(".")[0]: info.node for key, info in parameter_table(spec).items()}
    return layers.get(name) or tables.get(name) or layers.get(name.removesuffix("_"))


def _named_tensors(module: nn.Module, compute: Callable[[], object]) -> dict[str, Tensor]:
    """Every tensor that `forward` gives a name to, in its order: emitted source has a line a layer.

    Of a composite those of the methods of its parts, each with the name of its part in front.
    """
    seen: dict[str, object] = {}
    methods = {method.__code__: name for name, method in vars(type(module)).items() if isinstance(method, FunctionType)}

    def watch(frame: FrameType, event: str, given: object) -> None:
        if event == "return" and (method := methods.get(frame.f_code)) is not None:
            part = "" if method == "forward" else f"{method}_"
            seen.update({f"{part}{name}": value for name, value in frame.f_locals.items()})

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        compute()
    finally:
        sys.setprofile(before)
    return {name: value for name, value in seen.items() if isinstance(value, Tensor)}


def _finite(tensor: Tensor | None) -> bool:
    return tensor is None or bool(torch.isfinite(tensor).all())
