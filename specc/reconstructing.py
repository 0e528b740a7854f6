"""The way down through the machines of a model as a graph of its own: rows, their features, and what these say of the rows."""

from __future__ import annotations

from specc.ir import Graph, Node, Spec
from specc.machines import machines, visible_layers
from specc.shapes import Shape
from specc.vocabulary.layers.boltzmann import Hidden
from specc.vocabulary.layers.reconstruction import Reconstruction
from specc.vocabulary.layers.reshaping import Reshape
from specc.vocabulary.models import Dbn, Rbm

RECONSTRUCTION = "reconstruction"
"""The name of the part, and of the node that it ends with."""


def can_be_reconstructed(spec: Spec) -> bool:
    """Whether the rows of a model have features from which it knows a way back."""
    columns = spec.data.columns.values() if spec.data is not None else ()
    return isinstance(spec.model, Rbm | Dbn) and not any(column.word == "ratings" for column in columns)


def reconstruction_of(spec: Spec) -> Spec:
    """The spec of the way up to the features of the last machine and down again, `v → E[h|v] → E[v|h]`.

    It ends with the visible units of all columns but the label, side by side.
    """
    graph, stack = spec.graph, machines(spec)
    seen = tuple(node.name for node in visible_layers(graph))
    nodes = [node for node in graph.nodes if node.name in (*seen, *(machine.name for machine in stack))]
    for machine in reversed(stack):
        assert isinstance(machine.layer, Hidden)
        below = machine.inputs if machine is not stack[0] else seen
        layer = Reconstruction(machine=machine.name, layer=machine.layer)
        width = Shape.vector(layer.width)
        name = f"{machine.name}.{RECONSTRUCTION}"
        nodes.append(Node(name=name, layer=layer, inputs=(nodes[-1].name, *below), outputs={"": width}, span=machine.span))
    end = Reshape(shape=nodes[-1].shape.dimensions())
    nodes.append(
        Node(name=RECONSTRUCTION, layer=end, inputs=(nodes[-1].name,), outputs={"": nodes[-1].shape}, span=nodes[-1].span)
    )
    return spec.model_copy(update={"graphs": {graph.name: Graph(name=graph.name, nodes=tuple(nodes))}})


def is_reconstruction(spec: Spec) -> bool:
    """Whether a spec is that of a way down."""
    end = spec.graph.nodes[-1]
    return can_be_reconstructed(spec) and end.name == RECONSTRUCTION and isinstance(end.layer, Reshape)
