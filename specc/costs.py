"""What a spec costs: parameters, multiply-adds and memory of each layer, as numbers or with the data's symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specc.ir import Graph, Node, Spec
from specc.shapes import Shape, Size, product

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


def shapes_seen(spec: Spec, graph: Graph) -> dict[str, Shape]:
    """The shape of every tensor that a graph may take, by its reference: its own before those of no graph and of others."""
    shapes: dict[str, Shape] = {}
    for other in spec.graphs.values():
        if other.name != graph.name:
            shapes |= {f"{other.name}.{name}": shape for name, shape in _shapes_of(other.nodes).items()}
    return shapes | _shapes_of(spec.sources) | _shapes_of(graph.nodes)


def _shapes_of(nodes: tuple[Node, ...]) -> dict[str, Shape]:
    return {f"{node.name}.{output}" if output else node.name: shape for node in nodes for output, shape in node.outputs.items()}


def cost_of(node: Node, shapes: dict[str, Shape]) -> Cost:
    """What one layer costs."""
    inputs = tuple(shapes[name] for name in node.inputs)
    parameters = sum((product(size) for size in node.layer.parameter_shapes(*inputs).values()), 0)
    return Cost(parameters, node.layer.multiply_adds(*inputs), sum((shape.count for shape in node.outputs.values()), 0))


def parameters(spec: Spec) -> int:
    """The trained numbers of a bound spec."""
    return sum(cost.parameters for cost in _costs(spec) if isinstance(cost.parameters, int))


def multiply_adds(spec: Spec) -> int:
    """The multiplications of one row's forward pass through all graphs of a bound spec."""
    return sum(cost.multiply_adds for cost in _costs(spec) if isinstance(cost.multiply_adds, int))


def _costs(spec: Spec) -> Iterator[Cost]:
    for graph in spec.graphs.values():
        shapes = shapes_seen(spec, graph)
        yield from (cost_of(node, shapes) for node in graph.nodes)


def steps_an_epoch(spec: Spec, rows: int, batch: int) -> int:
    """How many batches the training rows give: a single row left over joins the batch before where statistics need company."""
    steps = -(-rows // batch)
    joins = any(node.layer.batch_statistics for graph in spec.graphs.values() for node in graph.nodes)
    return steps - 1 if joins and steps > 1 and rows - (steps - 1) * batch == 1 else steps
