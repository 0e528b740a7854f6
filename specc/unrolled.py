"""An autoencoder layer by layer: each layer with weights of the encoder, with those around it, and its mirrored way back.

One after another they are trained as denoising autoencoders of the features below, or as restricted Boltzmann machines.
"""

from __future__ import annotations

from typing import NamedTuple

from specc.ends import last_working, with_folded_end
from specc.ir import Graph, Node, Spec
from specc.vocabulary.families import Activation
from specc.vocabulary.layers.activating import Activate
from specc.vocabulary.layers.boltzmann import Blocks
from specc.vocabulary.layers.composite import Given, Made
from specc.vocabulary.layers.mirrored import LAID_OUT, WEIGHTED, Mirrored
from specc.vocabulary.layers.noise import Dropout, GaussianNoise, MaskingNoise, SaltAndPepper
from specc.vocabulary.layers.sources import Input

NOISE = (Dropout, GaussianNoise, MaskingNoise, SaltAndPepper)
NORMS = ("batch_norm", "layer_norm", "instance_norm", "group_norm")
"""Layers that change what the next one sees, and are no part of what it gives back, as noise is none."""
UNITS = {"sigmoid": "bernoulli", "linear": "gaussian", "relu": "relu"}
"""The units that a layer is as one side of a machine, by its activation."""
BACK = {"sigmoid": "bernoulli", "softmax": "softmax", "linear": "gaussian"}
"""The units that rows are as one side of a machine, by the end of the decoder."""


class Stage(NamedTuple):
    """One layer with weights: `nodes` are it, what changes what it sees of the one below, and what works on its numbers.

    `back` is the way back of these, in the decoder's order; `below` the tensor that the stage takes, empty of the lowest.
    """

    layer: Node
    nodes: tuple[Node, ...]
    back: tuple[Node, ...]
    below: str

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def activation(self) -> Activation | None:
        """The layer's own, or the one behind it."""
        behind = (node.layer.activation for node in self.nodes if isinstance(node.layer, Activate))
        return getattr(self.layer.layer, "activation", None) or next(behind, None)

    @property
    def mirror(self) -> Node:
        """The way back of the layer itself."""
        return next(node for node in self.back if isinstance(node.layer, Mirrored) and node.layer.of == self.layer.name)


def is_mirrored(spec: Spec) -> bool:
    """Whether the decoder is the mirror of the encoder."""
    decoder = spec.graphs.get("decoder")
    return decoder is not None and all(isinstance(node.layer, Mirrored | Made) for node in decoder.nodes)


def stages(spec: Spec) -> tuple[Stage, ...]:
    """The stages of a mirrored autoencoder from the bottom up; none of any other model."""
    if spec.model.word != "autoencoder" or not is_mirrored(spec):
        return ()
    runs: list[list[Node]] = []
    front: list[Node] = []
    for node in spec.graphs["encoder"].nodes:
        if isinstance(node.layer, (Input, *NOISE)) or node.layer.word in (*LAID_OUT, *NORMS):
            front.append(node)
        elif node.layer.word in WEIGHTED:
            runs.append([*front, node])
            front = []
        elif runs:
            runs[-1] += [*front, node]
            front = []
        else:
            front.append(node)
    if runs:
        runs[-1] += front  # what stands behind the last one belongs to it
    found: list[Stage] = []
    for run in runs:
        names = {node.name for node in run}
        back = tuple(n for n in spec.graphs["decoder"].nodes if isinstance(n.layer, Mirrored) and n.layer.of in names)
        layer = next(node for node in run if node.layer.word in WEIGHTED)
        found.append(Stage(layer, tuple(run), back, found[-1].nodes[-1].name if found else ""))
    return tuple(found)


def stage_of(spec: Spec, layer: str) -> Stage | None:
    """The stage of a layer by its name."""
    return next((stage for stage in stages(spec) if stage.name == layer), None)


def names_beside(spec: Spec, layer: str) -> frozenset[str]:
    """The layers that rest where a phase trains one: all but it, or of an autoencoder all but its stage."""
    stage = stage_of(spec, layer)
    own = {layer} if stage is None else {node.name for node in (*stage.nodes, *stage.back)}
    return frozenset(node.name for node in spec.nodes if node.name not in own)


def stage_spec(spec: Spec, stage: Stage) -> Spec:
    """The stage as an autoencoder of its own, of the rows or of the features below; its layers bear the names of the whole."""
    entry, made = (), spec.graphs["decoder"].nodes[-1:]
    if stage.below:
        shape = spec.shapes[stage.below]
        entry = (Node(name=stage.below, layer=Given(size=shape), outputs={"": shape}),)
        end = stage.back[-1]
        made = (made[0].model_copy(update={"layer": Made(columns=()), "inputs": (end.name,), "outputs": {"": end.shape}}),)
    encoder = Graph(name="encoder", nodes=(*entry, *stage.nodes))
    first = stage.back[0].model_copy(update={"inputs": (encoder.nodes[-1].name,)})
    decoder = with_folded_end(Graph(name="decoder", nodes=(first, *stage.back[1:], *made)))
    return spec.model_copy(update={"graphs": {"encoder": encoder, "decoder": decoder}})


def hidden_units(stage: Stage) -> str | None:
    """The word of the units that a layer is; None of an activation that no units have."""
    return UNITS.get(stage.activation.word if stage.activation is not None else "linear")


def visible_blocks(spec: Spec, stage: Stage) -> Blocks | None:
    """The units that the layer sees as a machine: those of the layer below, or as the decoder's end gives rows back."""
    width = stage.layer.layer.parameter_shapes(*(spec.shapes[name] for name in stage.layer.inputs))["weight"][1]
    if stage.below:
        before = next(one for one in stages(spec) if one.nodes[-1].name == stage.below)
        word = hidden_units(before)
    else:
        made = spec.graphs["decoder"].nodes[-1].layer
        assert isinstance(made, Made)
        own = getattr(last_working(spec.graphs["decoder"]).layer, "activation", None)
        word = BACK.get(made.head) if own is None or own.word == "linear" else UNITS.get(own.word)
    return ((word, width),) if word is not None else None
