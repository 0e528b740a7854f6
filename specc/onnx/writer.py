"""Writes the nodes of an ONNX graph under readable names, and keeps the registry of those who write a layer."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import onnx_ir as ir

from specc.door import identifier
from specc.ir import Node
from specc.shapes import Shape
from specc.vocabulary.families import Layer


class Asked(NamedTuple):
    """An input that a layer asked for, and what the file's description says of it."""

    value: ir.Value
    description: dict[str, Any]


class Writer:
    """The nodes and constants of a graph in the order in which they are written.

    Names of tensors are unique in a file; those of its inputs and outputs are `reserved` for them. What `about` holds is
    put on every node.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], reserved: Sequence[str]) -> None:
        self.weights = weights
        self.nodes: list[ir.Node] = []
        self.constants: dict[str, ir.Value] = {}
        self.about: dict[str, str] = {}
        self.asked: dict[str, Asked] = {}
        self._tensors = set(reserved)
        self._nodes: set[str] = set()
        self._trained: dict[str, ir.Value] = {}

    def op(self, op: str, *inputs: ir.Value | None, name: str, domain: str = "", **attributes: Any) -> ir.Value:
        """One node with one output; both are called `name`."""
        node = ir.node(op, inputs, attributes, domain=domain, name=_free(name, self._nodes), metadata_props=dict(self.about))
        (value,) = node.outputs
        value.name = _free(name, self._tensors)
        self.nodes.append(node)
        return value

    def constant(self, value: Any, name: str) -> ir.Value:
        """A tensor that stands in the file."""
        name = _free(name, self._tensors)
        return self._keep(ir.tensor(value, name=name), name)

    def texts(self, values: Sequence[str], name: str) -> ir.Value:
        """Strings that stand in the file."""
        name = _free(name, self._tensors)
        encoded = [value.encode() for value in values]
        return self._keep(ir.StringTensor(encoded, shape=ir.Shape([len(values)]), name=name), name)

    def weight(self, key: str, name: str) -> ir.Value:
        """A trained tensor by its key in the state dict, called `name` in the file; it stands there once."""
        return self.stored(key, self.weights[key], name)

    def stored(self, key: str, values: np.ndarray, name: str) -> ir.Value:
        """A tensor made of trained ones, called `name` in the file; that of a key stands there once."""
        if key not in self._trained:
            self._trained[key] = self.constant(np.ascontiguousarray(values, dtype=np.float32), name)
        return self._trained[key]

    def ask(self, name: str, *sizes: int, **drawn: Any) -> ir.Value:
        """An input of the file beside its columns, float32 `[batch, *sizes]`; `drawn` says how whoever runs it draws it."""
        name = _free(name, self._tensors)
        value = ir.Value(name=name, shape=ir.Shape(["batch", *sizes]), type=ir.TensorType(ir.DataType.FLOAT))
        self.asked[name] = Asked(value, {"kind": "noise", "type": "float", "size": list(sizes), **drawn})
        return value

    def call(self, value: ir.Value, name: str) -> None:
        """Gives a tensor and the node that makes it the name of the layer that they finish."""
        node = value.producer()
        assert node is not None and node.name is not None and value.name is not None
        self._nodes.discard(node.name)
        self._tensors.discard(value.name)
        node.name = _free(name, self._nodes)
        value.name = _free(name, self._tensors)

    def answer(self, value: ir.Value, name: str, type: ir.DataType, *sizes: int) -> ir.Value:
        """Makes a tensor the output `name` of the file, `[batch, *sizes]`."""
        node = value.producer()
        assert node is not None
        node.name = _free(name, self._nodes)
        value.name, value.dtype, value.shape = name, type, ir.Shape(["batch", *sizes])
        return value

    def _keep(self, tensor: ir.TensorProtocol, name: str) -> ir.Value:
        value = ir.Value(name=name, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor)  # type: ignore[arg-type]
        self.constants[name] = value
        return value


def _free(name: str, taken: set[str]) -> str:
    """The name, or the name with a number behind it; it is taken from then on."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free


@dataclass(frozen=True)
class Place:
    """Where a layer stands: its node, the tensors it takes, their shapes, the writer, and the nodes that give the tensors."""

    node: Node
    inputs: tuple[ir.Value, ...]
    shapes: tuple[Shape, ...]
    writer: Writer
    givers: tuple[Node, ...] = ()

    @property
    def x(self) -> ir.Value:
        """The first tensor."""
        return self.inputs[0]

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor."""
        return self.shapes[0]

    def op(self, op: str, *inputs: ir.Value | None, **attributes: Any) -> ir.Value:
        """A node within the layer: `dense_1/Gemm`. The one that the layer ends with takes the layer's own name later."""
        return self.writer.op(op, *inputs, name=f"{self.node.name}/{op}", **attributes)

    def constant(self, value: Any, name: str) -> ir.Value:
        return self.writer.constant(value, f"{self.node.name}/{name}")

    def integers(self, values: Sequence[int], name: str) -> ir.Value:
        return self.constant(np.array(values, np.int64), name)

    def weight(self, parameter: str) -> ir.Value:
        """One of the layer's trained tensors, by PyTorch's name of it."""
        return self.writer.weight(f"{identifier(self.node.name)}.{parameter}", f"{self.node.name}.{parameter}")


LayerWriter = Callable[[Any, Place], ir.Value]
WRITERS: dict[type[Layer], LayerWriter] = {}


def writes(*layers: type[Layer]) -> Callable[[LayerWriter], LayerWriter]:
    """Registers the function that writes a layer, given the layer itself and its place."""

    def register(function: LayerWriter) -> LayerWriter:
        WRITERS.update(dict.fromkeys(layers, function))
        return function

    return register


def writer_of(layer: type[Layer]) -> LayerWriter:
    """The function that writes a layer: it stands in the module of the same name as the layer's own."""
    if layer not in WRITERS:
        importlib.import_module(layer.__module__.replace(".vocabulary.", ".onnx."))
    return WRITERS[layer]
