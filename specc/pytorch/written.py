"""What a layer becomes in PyTorch source, and the registry of those who write it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from specc.door import identifier
from specc.ir import Node
from specc.shapes import Shape
from specc.vocabulary.families import Layer


class Place(NamedTuple):
    """Where a layer stands: its node, the expressions of the tensors it takes, and their shapes."""

    node: Node
    inputs: tuple[str, ...]
    shapes: tuple[Shape, ...]

    @property
    def x(self) -> str:
        """The expression of the first tensor."""
        return self.inputs[0]

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor."""
        return self.shapes[0]

    @property
    def name(self) -> str:
        """The layer's attribute, which leads the keys of its tensors in the state dict."""
        return identifier(self.node.name)


@dataclass
class Written:
    """A layer as source: the expression of its output, its attributes (name → constructor), the lines that start its weights.

    `uses` names what the expression takes from `specc.pytorch.nn`.
    """

    forward: str
    attributes: dict[str, str] = field(default_factory=dict)
    start: list[str] = field(default_factory=list)
    uses: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)
    """The expressions of its other outputs, by their names."""


Writer = Callable[[Any, Place], Written]
WRITERS: dict[type[Layer], Writer] = {}


def writes(*layers: type[Layer]) -> Callable[[Writer], Writer]:
    """Registers the function that writes a layer, given the layer itself and its place."""

    def register(function: Writer) -> Writer:
        WRITERS.update(dict.fromkeys(layers, function))
        return function

    return register


def writer_of(layer: type[Layer]) -> Writer:
    """The function that writes a layer: it stands in the module of the same name as the layer's own."""
    if layer not in WRITERS:
        importlib.import_module(layer.__module__.replace(".vocabulary.", ".pytorch."))
    return WRITERS[layer]


def arguments(*positional: object, **named: object) -> str:
    """The arguments of a constructor; named ones that are None are left out."""
    words = [repr(value) for value in positional] + [f"{name}={value!r}" for name, value in named.items() if value is not None]
    return ", ".join(words)


def unless(default: object, value: object) -> object | None:
    """The value, or None where it is what PyTorch takes anyway."""
    return None if value == default else value
