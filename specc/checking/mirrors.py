"""`decoder = mirror(…)`: the encoder's layers backwards."""

from __future__ import annotations

from typing import Any

from specc.checking.reading import Reader, Unreadable
from specc.checking.values import NotConstant, Scope
from specc.diagnostics import Label
from specc.ir import Graph, Node
from specc.shapes import Shape
from specc.syntax.tree import Argument, Call, Name, Setting
from specc.vocabulary.decoders import Mirror
from specc.vocabulary.families import Activation, Layer
from specc.vocabulary.layers.activating import Activate
from specc.vocabulary.layers.composite import Latent
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.mirrored import MIRRORED, WEIGHTED, Mirrored
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.part import find_word
from specc.vocabulary.regularizers import Sparsity

NOISE = ("dropout", "gaussian_noise", "masking_noise", "salt_and_pepper")
LEFT_OUT = (*NOISE, "batch_norm", "layer_norm", "instance_norm", "group_norm")
"""Layers that keep the shape and act on the way there only."""
WAYS_BACK = {"dense": "dense", "conv2d": "conv2d_transpose", "max_pool2d": "upsample", "average_pool2d": "upsample"}
"""What the ways back are called; of others `reshape`."""


def mirrored_decoder(
    encoder: Graph, setting: Setting, usual: Activation | None, scope: Scope, reader: Reader
) -> tuple[Node, ...]:
    """The layers of the decoder: widths and activations of the encoder in reverse, the last activation given or `usual`.

    Nothing where one of them has no way back, which is reported.
    """
    value = setting.value
    word = value.word if isinstance(value, Call) else value.text if isinstance(value, Name) else ""
    if (found := find_word("decoder", word)) is None:
        way_out = "as in `decoder = mirror(tied = true)`, or write its layers: `decoder { … }`"
        reader.report.error("E0202", "`decoder` is its layers, or a `mirror` of the encoder", value.span, help=way_out)
        return ()
    arguments: list[Argument] = value.arguments if isinstance(value, Call) else []
    try:
        mirror = reader.call(found, arguments, scope, value.span, "autoencoder.decoder", word)
    except (Unreadable, NotConstant):
        return ()
    chain = _chain(encoder, setting, reader)
    if chain is None:
        return ()
    assert isinstance(mirror, Mirror)
    ways_back = [_layer_there(node) for node in chain if _layer_there(node).word in WEIGHTED]
    tieable = [node for node in chain if node.layer.word in WEIGHTED]
    vain = "tied" if mirror.tied and not tieable else "activation" if mirror.activation and not ways_back else ""
    if vain:
        message = f"`{vain}` changes nothing: no layer of the encoder has weights"
        way_out = f"take `{vain}` away, or give the encoder layers that have some: `dense(64, relu)`"
        reader.report.error("E0505", message, setting.span, help=way_out)
        return ()
    normed = next((node for node in chain if mirror.tied and getattr(node.layer, "norm", None) is not None), None)
    if normed is not None:
        labels = (Label(normed.span, "this one"),)
        message = f"`{normed.local_name}` normalizes its weight each time it is used, and a tied one is taken as it is stored"
        reader.report.error("E0505", message, setting.span, labels=labels, help="take `tied` or `norm` away")
        return ()
    return _reversed(chain, mirror.tied, mirror.activation or usual, setting)


def _chain(encoder: Graph, setting: Setting, reader: Reader) -> list[Node] | None:
    """The encoder's layers in order, where each takes the one before; None after a mistake."""
    chain: list[Node] = []
    taken = next((node.name for node in encoder.nodes if type(node.layer) is Input), "")
    for node in encoder.nodes:
        if isinstance(node.layer, Input):
            continue
        alone = node.inputs[0] == (chain[-1].name if chain else taken) and len(node.inputs) == 1
        if not alone or not (isinstance(node.layer, Activate | Latent) or node.layer.word in (*MIRRORED, *LEFT_OUT)):
            labels = (Label(node.span, "this one"),)
            message = f"`mirror` knows no way back of `{node.local_name}`"
            way_out = "write the decoder's layers: `decoder { … }`"
            reader.report.error("E0505", message, setting.span, labels=labels, help=way_out)
            return None
        chain.append(node)
    if not any(_layer_there(node).word in MIRRORED for node in chain):
        reader.report.error("E0505", "the encoder has no layers to mirror", setting.span, help="give it some: `dense(64, relu)`")
        return None
    return chain


def _layer_there(node: Node) -> Layer:
    """The layer that a way back is of: a latent is on its way back as a `dense` is."""
    return Dense(units=node.layer.size) if isinstance(node.layer, Latent) else node.layer


def _activation_of(chain: list[Node], place: int) -> Activation | None:
    """The activation of what a layer took: that of the layer before, written in it or behind it."""
    for node in reversed(chain[:place]):
        if isinstance(node.layer, Activate):
            return node.layer.activation
        if node.layer.word in WEIGHTED:
            return node.layer.activation  # type: ignore[attr-defined]
    return None


def _inherited(layer: Layer) -> dict[str, Any]:
    """What a layer says of its weights, for its way back: that few of its units answer to each row is said of itself alone."""
    given = {name: getattr(layer, name, None) for name in ("init", "bias_init", "regularize")}
    if given["regularize"] is not None:
        given["regularize"] = tuple(part for part in given["regularize"] if not isinstance(part, Sparsity))
    return {name: value for name, value in given.items() if value is not None}


def _reversed(chain: list[Node], tied: bool, last: Activation | None, setting: Setting) -> tuple[Node, ...]:
    nodes: list[Node] = []
    counts: dict[str, int] = {}
    it = chain[-1].name
    first_weighted = next((node.name for node in chain if _layer_there(node).word in WEIGHTED), None)
    for place in range(len(chain) - 1, -1, -1):
        node, there = chain[place], _layer_there(chain[place])
        if there.word not in MIRRORED:
            continue
        weighted = there.word in WEIGHTED
        activation = (last if node.name == first_weighted else _activation_of(chain, place)) if weighted else None
        word = WAYS_BACK.get(there.word, "reshape")
        counts[word] = counts.get(word, 0) + 1
        is_tied = tied and weighted and there is node.layer
        layer = Mirrored(of=node.name, layer=there, tied=is_tied, activation=activation, **_inherited(there))
        name = f"decoder.{word}_{counts[word]}"
        nodes.append(Node(name=name, layer=layer, inputs=(it,), outputs={"": Shape()}, span=setting.span))
        it = name
    return tuple(nodes)
