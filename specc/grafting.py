"""Puts the layers of another run into a graph, in front of the `pretrained` that names them."""

from __future__ import annotations

from collections.abc import Iterator

from specc.ir import Graph, Node, Spec
from specc.vocabulary.families import Layer
from specc.vocabulary.layers.boltzmann import Visible
from specc.vocabulary.layers.composite import Latent
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.noise import GaussianNoise, MaskingNoise, SaltAndPepper
from specc.vocabulary.layers.pretrained import Pretrained
from specc.vocabulary.layers.reshaping import Flatten
from specc.vocabulary.layers.sources import Input

ENCODERS = ("encoder", "recognizer")
NOISE = (GaussianNoise, MaskingNoise, SaltAndPepper)


class Disconnected(Exception):
    """A layer takes what no layer before it gives; the message names it."""


def pretrained_nodes(graphs: dict[str, Graph]) -> Iterator[tuple[Graph, Node, Pretrained]]:
    """Every `pretrained` of a spec's graphs, with the graph that it stands in."""
    for graph in graphs.values():
        for node in graph.nodes:
            if isinstance(node.layer, Pretrained):
                yield graph, node, node.layer


def grafted(graph: Graph, node: Node, part: Graph, run: str) -> tuple[Graph, dict[str, Node]]:
    """The graph with the layers of `part` before `node`, their names in its scope, and these by their names in the run.

    The part's own `input` is the one that `node` stands behind; a `pretrained` in the part is a scope and nothing else. Of a
    composite the part's name is left away, the noise that an encoder sees its rows through stays behind, and a code that is
    drawn is its mean. Raises `Disconnected` where the part does not hang together.
    """
    assert isinstance(node.layer, Pretrained)
    names: dict[str, str] = {}
    layers: dict[str, Node] = {}
    for inner in part.nodes:
        if isinstance(inner.layer, Input):
            names[inner.name] = node.inputs[0]
            if isinstance(inner.layer, Visible):  # it lays a picture out as a vector, and so must its place here
                names[inner.name] = f"{node.name}.{inner.name}"
                layers[inner.name] = inner.model_copy(
                    update={"name": names[inner.name], "layer": Flatten(), "inputs": node.inputs[:1]} | _place_of(node)
                )
            continue
        if (lost := next((tensor for tensor in inner.inputs if tensor not in names), None)) is not None:
            raise Disconnected(f"`{inner.name}` takes `{lost}`, which no layer before it gives")
        if isinstance(inner.layer, Pretrained) or (part.name in ENCODERS and isinstance(inner.layer, NOISE)):
            names[inner.name] = names[inner.inputs[0]]
            continue
        names[inner.name] = f"{node.name}.{inner.name.removeprefix(f'{part.name}.')}"
        inputs = tuple(names[tensor] for tensor in inner.inputs)
        layer = _as_written(inner.layer)
        if isinstance(inner.layer, Latent):
            layer = Dense.model_construct(units=inner.layer.size)
            inner = inner.model_copy(update={"outputs": {"": inner.shape}})
        layers[inner.name] = inner.model_copy(
            update={"name": names[inner.name], "layer": layer, "inputs": inputs} | _place_of(node)
        )
    layer = node.layer.model_copy(update={"opened": run})
    last = node.model_copy(update={"layer": layer, "inputs": (names[part.nodes[-1].name],)})
    nodes = [n for own in graph.nodes for n in ((*layers.values(), last) if own.name == node.name else (own,))]
    return graph.model_copy(update={"nodes": tuple(nodes)}), layers


def _place_of(node: Node) -> dict[str, object]:
    """Where the layers of a part stand in the spec: where the part does."""
    return {"span": node.span, "trail": node.trail}


def _as_written(layer: Layer) -> Layer:
    """The layer with its defaults told apart again, which a record fills in; how its weights once started plays no part."""
    given = {
        name: getattr(layer, name)
        for name, rule in type(layer).model_fields.items()
        if getattr(layer, name) != rule.default and name not in ("init", "bias_init")
    }
    return type(layer).model_construct(**given)


def same_runs(spec: Spec, before: Spec) -> Spec:
    """The spec with its parts from the very runs that they were taken from before, whatever runs came since."""
    opened = {(graph.name, node.name): layer.opened for graph, node, layer in pretrained_nodes(before.graphs)}
    graphs = dict(spec.graphs)
    for graph, node, layer in pretrained_nodes(spec.graphs):
        pinned = node.model_copy(update={"layer": layer.model_copy(update={"opened": opened[graph.name, node.name]})})
        nodes = tuple(pinned if own.name == node.name else own for own in graphs[graph.name].nodes)
        graphs[graph.name] = graph.model_copy(update={"nodes": nodes})
    return _same_source(spec.model_copy(update={"graphs": graphs}), before)


def _same_source(spec: Spec, before: Spec) -> Spec:
    """The spec with its rows from the very run that made them before."""
    if spec.data is None or before.data is None or not (opened := getattr(before.data.source, "opened", "")):
        return spec
    source = spec.data.source.model_copy(update={"opened": opened})
    return spec.model_copy(update={"data": spec.data.model_copy(update={"source": source})})


def as_trained(spec: Spec, before: Spec) -> Spec:
    """The spec as it was bound before, where it holds parts of other runs: binding it again opens none of them."""
    spec = _same_source(spec, before)
    if not any(True for _ in pretrained_nodes(spec.graphs)):
        return spec
    return spec.model_copy(update={"graphs": before.graphs, "bound": before.bound})
