"""The restricted Boltzmann machines of a spec: which units stand on the visible side of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specc.ir import Graph, Node, Spec
from specc.shapes import Shape, Size, product
from specc.vocabulary.columns import Array, Category, Image, Number, RatingLevels
from specc.vocabulary.families import Column
from specc.vocabulary.layers.boltzmann import Blocks, Hidden, Visible
from specc.vocabulary.units import Gaussian


def units_of(column: Column) -> str | None:
    """The units that a column asks for by itself; None where its numbers fit none."""
    match column:
        case Image():
            return {"unit": "bernoulli", "standard": "gaussian"}.get(column.scale or "")
        case Number() | Array():
            return "bernoulli" if column.scale == "minmax" else "gaussian"
        case Category() | RatingLevels():
            return "softmax"
    return None


def units_in(layer: Visible, column: Column) -> str:
    """The units that hold a column of a visible layer."""
    return layer.units.word if layer.units is not None else units_of(column) or "bernoulli"


def column_blocks(spec: Spec, layer: Visible, columns: Sequence[str], shapes: Sequence[Shape]) -> Blocks:
    """The units of a visible layer, those of neighbouring columns joined where they are alike and no group of their own."""
    assert spec.data is not None
    blocks: list[tuple[str, Size]] = []
    for name, shape in zip(columns, shapes):
        blocks.append((units_in(layer, spec.data.columns[name]), product(shape.sizes)))
    return joined(blocks)


def joined(blocks: Sequence[tuple[str, Size]]) -> Blocks:
    """The same units in as few blocks as can be: a softmax is a group of its own, others lie side by side."""
    result: list[tuple[str, Size]] = []
    for word, size in blocks:
        if result and result[-1][0] == word and word != "softmax":
            result[-1] = (word, result[-1][1] + size)
        else:
            result.append((word, size))
    return tuple(result)


def machine(layer: Hidden, below: Sequence[Node], labels: Size) -> Hidden:
    """The layer with the units that it sees: those of the data, or the features of the machine below; then the labels."""
    if not any(isinstance(node.layer, Visible | Hidden) for node in below):
        return layer  # it came with another run, and has what it had there
    blocks: list[tuple[str, Size]] = []
    learned = False
    for node in below:
        if isinstance(node.layer, Visible):
            blocks += node.layer.blocks
            learned = learned or (isinstance(node.layer.units, Gaussian) and node.layer.units.variance == "learned")
        elif isinstance(node.layer, Hidden):
            blocks.append((node.layer.units.word, node.layer.count))
    if labels:
        blocks.append(("softmax", labels))
    return layer.model_copy(update={"visible": joined(blocks), "labels": labels, "learned_variance": learned})


def is_let_go(spec: Spec, node: Node) -> bool:
    """Whether a machine has weights of its own for the way down: all but the top one, where some phase trains the stack."""
    trains_stack = any(p.is_run and p.settings.procedure is not None and p.settings.procedure.of_stacks for p in spec.phases)
    return trains_stack and any(
        node.name in other.inputs and isinstance(other.layer, Hidden) for graph in spec.graphs.values() for other in graph.nodes
    )


def machines(spec: Spec) -> tuple[Node, ...]:
    """The machines of a spec from the bottom up."""
    return tuple(node for graph in spec.graphs.values() for node in graph.nodes if isinstance(node.layer, Hidden))


def visible_layers(graph: Graph) -> Iterator[Node]:
    """The nodes that hold the data."""
    return (node for node in graph.nodes if isinstance(node.layer, Visible))


def plain_units(blocks: Blocks) -> tuple[tuple[str, int], ...]:
    """The blocks of a bound spec."""
    return tuple((word, size) for word, size in blocks if isinstance(size, int))
