"""Where decoders and generators end: in the shape of the columns that they make, and with logits for the losses on logits."""

from __future__ import annotations

from specc.ir import Graph, Node
from specc.shapes import Shape, ShapeMismatch, differ
from specc.vocabulary.activations import Linear, Sigmoid, Softmax
from specc.vocabulary.families import Layer
from specc.vocabulary.layers.activating import Activate
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.reshaping import Flatten, Reshape

FOLDED = ("decoder",)
"""Parts whose last sigmoid or softmax is taken by the loss and by whoever reads what they make."""


def with_folded_end(graph: Graph) -> Graph:
    """The graph whose end gives logits, where it ended with a sigmoid or softmax; its last layer knows which."""
    last = graph.nodes[-1] if graph.nodes else None
    if graph.name == "discriminator":
        return _with_folded_score(graph)
    if graph.name not in FOLDED or last is None or not isinstance(last.layer, Made) or last.layer.head != "linear":
        return graph
    node = last_working(graph)
    activation = getattr(node.layer, "activation", None)
    if not isinstance(activation, Sigmoid | Softmax) or (isinstance(activation, Softmax) and not last.shape.is_vector):
        return graph  # a softmax over what is laid out in another shape behind it stays where it is
    bare = Linear() if isinstance(node.layer, Activate) else None
    changed = {
        node.name: node.model_copy(update={"layer": node.layer.model_copy(update={"activation": bare})}),
        last.name: last.model_copy(update={"layer": last.layer.model_copy(update={"head": activation.word})}),
    }
    return graph.model_copy(update={"nodes": tuple(changed.get(n.name, n) for n in graph.nodes)})


def _with_folded_score(graph: Graph) -> Graph:
    """The discriminator whose score is a logit, where it ended with a sigmoid."""
    end = next((node for node in reversed(graph.nodes) if not isinstance(node.layer, Output)), None)
    if end is None or not isinstance(getattr(end.layer, "activation", None), Sigmoid):
        return graph
    if any(end.name in node.inputs for node in graph.nodes):
        return graph  # what its labels are told by
    bare = Linear() if isinstance(end.layer, Activate) else None
    changed = end.model_copy(update={"layer": end.layer.model_copy(update={"activation": bare})})
    return graph.model_copy(update={"nodes": tuple(changed if n.name == end.name else n for n in graph.nodes)})


def last_working(graph: Graph) -> Node:
    """The last layer of a decoder or generator that does more than give the same numbers in another shape."""
    node = last = graph.nodes[-1]
    while (_lays_out(node.layer) or node is last) and node.inputs and node.inputs[0] in graph.by_name:
        node = graph.node(node.inputs[0])
    return node


def _lays_out(layer: Layer) -> bool:
    """Whether a layer gives the same numbers in another shape."""
    return isinstance(layer, Flatten | Reshape) or (isinstance(layer, Mirrored) and layer.lays_out)


def check_what_is_made(node: Node, x: Shape, wanted: Shape) -> None:
    """Raises `ShapeMismatch` unless a decoder or generator gives the shape of its columns."""
    assert isinstance(node.layer, Made)
    if x.axes == wanted.axes and not any(differ(a, b) for a, b in zip(x.sizes, wanted.sizes)):
        return
    part = node.name.partition(".")[0]
    names = [f"`{name}`" for name in node.layer.columns]
    columns = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
    message = f"the {part} gives {x}, and is to make {columns}: {wanted}"
    raise ShapeMismatch("E0302", message, "", f"end it with {_way_out(x, wanted)}")


def _way_out(x: Shape, wanted: Shape) -> str:
    count = wanted.count
    sizes = ", ".join(map(str, wanted.sizes))
    if wanted.is_vector:
        layer = f"`dense({count})`" if isinstance(count, int) else f"a `dense` of as many units as `features` are wide ({count})"
        return layer if x.is_vector else f"`flatten` and {layer}"
    if not differ(x.count, count):
        return f"`reshape([{sizes}])`"
    if x.is_image:
        return f"layers that lead to {sizes}: a `conv2d_transpose` grows a picture, a `conv2d` settles its channels"
    return f"`dense({count}); reshape([{sizes}])`"
