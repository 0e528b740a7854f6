"""What a spec costs: parameters, multiply-adds and memory of each layer, as numbers or with the data's symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specc.ir import Node, Spec
from specc.shapes import Expression, Shape, Size, product
from specc.vocabulary.families import Layer

BYTES = 4
"""What a float32 takes."""
LARGEST_FILE = 2**31 - 1
"""Bytes that one ONNX file without external data can hold."""


class Cost(NamedTuple):
    """`multiply_adds` and `numbers` (those that the layer gives) count one row."""

    parameters: Size = 0
    multiply_adds: Size = 0
    numbers: Size = 0

    def plus(self, other: Cost) -> Cost:
        return Cost(*(a + b for a, b in zip(self, other)))


def cost_of(node: Node, shapes: dict[str, Shape]) -> Cost:
    """What one layer costs."""
    inputs = tuple(shapes[name] for name in node.inputs)
    parameters = sum((product(size) for size in tensors_of(node, inputs).values()), 0)
    laid_out = [shape for shape in node.outputs.values() if not shape.is_ratings]
    numbers = sum((shape.count for shape in laid_out), 0)
    if any(x.is_unknown for x in inputs):
        return Cost(parameters, parameters and Expression({f"multiply_adds({node.name})": 1}), numbers)
    return Cost(parameters, node.layer.multiply_adds(*inputs), numbers)


def tensors_of(node: Node, inputs: tuple[Shape, ...]) -> dict[str, tuple[Size, ...]]:
    """The shapes of a layer's trained tensors; behind an unknown shape one symbol stands for those that it may have."""
    if not any(x.is_unknown for x in inputs):
        return node.layer.parameter_shapes(*inputs)
    has_any = type(node.layer).parameter_shapes is not Layer.parameter_shapes
    return {"weight": (Expression({f"parameters({node.name})": 1}),)} if has_any else {}


def parameters(spec: Spec) -> int:
    """The trained numbers of a bound spec."""
    return sum(cost.parameters for cost in _costs(spec) if isinstance(cost.parameters, int))


def multiply_adds(spec: Spec) -> int:
    """The multiplications of one row's forward pass through all graphs of a bound spec."""
    return sum(cost.multiply_adds for cost in _costs(spec) if isinstance(cost.multiply_adds, int))


def _costs(spec: Spec) -> Iterator[Cost]:
    return (cost_of(node, spec.shapes) for node in spec.nodes)


def steps_an_epoch(spec: Spec, rows: int, batch: int, accumulate: int = 1) -> int:
    """How many steps the training rows give, of `accumulate` batches each.

    A single row left over joins the batch before where statistics need company.
    """
    batches = -(-rows // batch)
    joins = any(node.layer.batch_statistics for graph in spec.graphs.values() for node in graph.nodes)
    if joins and batches > 1 and rows - (batches - 1) * batch == 1:
        batches -= 1
    return -(-batches // accumulate)
