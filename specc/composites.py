"""How the parts of a composite take one another's tensors, as every back end agrees on it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from specc.door import DoorTensor, answers, entries, identifier, results
from specc.ir import Graph, Node, Spec
from specc.shapes import Shape
from specc.vocabulary.layers.composite import Code, Found, Given, Latent, Made
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.layers.noise import Dropout
from specc.vocabulary.layers.sources import Input

IN_USE = {"autoencoder": ("encoder", "decoder"), "vae": ("encoder", "decoder"), "gan": ("generator",)}
"""The parts that make a row of what is given, by the word of the model."""


class Entering(NamedTuple):
    """What a part takes from outside: the name of its argument, and who gives it.

    `tensor` of the door, of the data; or `node`, noise or the latent that enters this part; or the `reference` of another
    part's tensor.
    """

    name: str
    tensor: DoorTensor | None = None
    node: Node | None = None
    reference: str = ""


def is_composite(spec: Spec) -> bool:
    """Whether a spec has parts, or is one of them."""
    return bool(spec.model.parts)


def is_masked(node: Node) -> bool:
    """Whether a layer drops numbers in use as well, by a mask that is drawn for each row."""
    return isinstance(node.layer, Dropout) and node.layer.always


def masks_of(graph: Graph) -> dict[str, Node]:
    """The masks that a graph goes by in use, by the names of their inputs in the ONNX file, in the order of its layers."""
    return {f"{identifier(node.name)}_mask": node for node in graph.nodes if is_masked(node)}


def is_noise(node: Node) -> bool:
    """Whether a node is where noise, a code, or what another part gives enters its graph."""
    return isinstance(node.layer, Latent | Code | Given) and not node.inputs


def entering(spec: Spec, graph: Graph) -> tuple[Entering, ...]:
    """Everything that a graph takes from outside, each once, in the order in which it is taken."""
    found: dict[str, Entering] = {}
    own = graph.by_name

    def add(one: Entering, key: str) -> None:
        taken = {other.name for other in found.values()}
        found.setdefault(key, one._replace(name=f"{one.name}_" if one.name in taken else one.name))

    for node in graph.nodes:
        if isinstance(node.layer, Input):
            for tensor in entries(spec, node):
                add(Entering(tensor.name, tensor=tensor), f"column {tensor.name}")
        elif is_noise(node):
            add(Entering(argument_of(node.name, graph), node=node), node.name)
        for reference in node.inputs:
            if reference not in own and reference.rpartition(".")[0] not in own:
                add(Entering(argument_of(reference, graph), reference=reference), reference)
    return tuple(found.values())


def argument_of(tensor: str, graph: Graph) -> str:
    """What a part calls a tensor that enters it: `latent`, a code by its name, of another part `code` where it is the whole."""
    part, _, name = tensor.partition(".")
    if part == "encoder" and graph.name != "encoder":
        return "latent" if name == "latent" else "code"
    return identifier(name if part == graph.name else tensor)


def giving(spec: Spec, graph: Graph) -> tuple[str, ...]:
    """The tensors that a graph gives: its last, its answers, and those that other graphs and losses take, by reference."""
    last = graph.nodes[-1]
    found: dict[str, None] = dict.fromkeys(answer.node for answer in answers(graph))
    if not found or is_composite(spec):
        found = dict.fromkeys([end_of(graph), *found])
    found |= dict.fromkeys(node.name for node in graph.nodes if isinstance(node.layer, Found))
    if isinstance(last.layer, Latent) and last.inputs:
        found[f"{last.name}.log_variance"] = None
    for tensor in taken_elsewhere(spec, graph):
        found[tensor] = None
    return tuple(found)


def results_of(spec: Spec) -> tuple[str, ...]:
    """The tensors that leave a spec of one graph: its answers; of a part of a composite first its end."""
    if not is_composite(spec):
        return results(spec.graph)
    return tuple(dict.fromkeys([end_of(spec.graph), *(answer.node for answer in answers(spec.graph))]))


def whole_of(spec: Spec) -> Spec:
    """The spec of one graph that makes a row of what is given: a composite's parts one after the other, as they are used."""
    order = [name for name in IN_USE.get(spec.model.word, ()) if name in spec.graphs]
    if not order:
        return spec
    nodes = tuple(node for name in order for node in spec.graphs[name].nodes)
    return spec.model_copy(update={"graphs": {spec.model.word: Graph(name=spec.model.word, nodes=nodes)}})


def made_node(spec: Spec) -> Node | None:
    """The layer that a decoder or generator ends with."""
    return next((node for node in spec.nodes if isinstance(node.layer, Made)), None)


def end_of(graph: Graph) -> str:
    """The last tensor of a graph that is no answer."""
    answered = {answer.node for answer in answers(graph)}
    return next((node.name for node in reversed(graph.nodes) if node.name not in answered), graph.nodes[-1].name)


def taken_elsewhere(spec: Spec, graph: Graph) -> list[str]:
    """The tensors of a graph that other graphs take, or losses look at."""
    wanted = [t for other in spec.graphs.values() if other.name != graph.name for node in other.nodes for t in node.inputs]
    wanted += [t for phase in spec.phases for term in phase.settings.loss if (t := getattr(term.loss, "tensor", None))]
    own = graph.by_name
    return [t for t in dict.fromkeys(wanted) if t in own or t.rpartition(".")[0] in own]


def standing_alone(spec: Spec, graph: Graph) -> Graph:
    """The graph with an entry for each tensor that other parts gave it."""
    given = [e for e in entering(spec, graph) if e.reference]
    nodes = [
        Node(
            name=e.reference,
            layer=Given(size=spec.shapes[e.reference], distribution=_drawn_from(spec, e.reference)),
            outputs={"": spec.shapes[e.reference]},
        )
        for e in given
    ]
    return graph.model_copy(update={"nodes": (*nodes, *map(_alone, graph.nodes))})


def _drawn_from(spec: Spec, reference: str) -> Literal["normal", "uniform"] | None:
    """What codes are drawn from: the latent of a vae, or the one that the codes of an autoencoder were made to be like."""
    latents = [node.layer for node in spec.nodes if isinstance(node.layer, Latent)]
    is_code = "encoder" in spec.graphs and reference == end_of(spec.graphs["encoder"])
    return latents[0].distribution if is_code and latents else None


def making_part(spec: Spec) -> str | None:
    """The part that makes rows of noise: a gan's generator, a vae's decoder, and that of an autoencoder which has a `latent`."""
    has_latent = any(isinstance(node.layer, Latent) for node in spec.nodes)
    makes = spec.model.word in ("gan", "vae") or (spec.model.word == "autoencoder" and has_latent)
    return IN_USE[spec.model.word][-1] if makes else None


def _alone(node: Node) -> Node:
    """The node as it is without the parts that its weights are tied to."""
    if not isinstance(node.layer, Mirrored) or not node.layer.tied:
        return node
    return node.model_copy(update={"layer": node.layer.model_copy(update={"alone": True})})


def shape_entering(spec: Spec, one: Entering) -> Shape:
    """The shape of noise, or of a tensor of another part."""
    return one.node.shape if one.node is not None else spec.shapes[one.reference]
