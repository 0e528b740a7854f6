"""The layer table of a spec as plain facts: what each layer is, its shapes, its cost, its defaults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from specc.costs import Cost, cost_of
from specc.door import input_columns
from specc.ir import Graph, Node, Spec
from specc.phrases import MARK, Argument, Phrase, Piece, phrase_of, pieces
from specc.shapes import Shape
from specc.showing.derived import derived_note, derived_phrase
from specc.vocabulary.columns import is_pattern
from specc.vocabulary.families import Layer
from specc.vocabulary.initializers import GlorotUniform, Zeros
from specc.vocabulary.layers.boltzmann import Blocks, Hidden, Label, Visible
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.convolution import Shortcut
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.pooling import AveragePool2d, MaxPool2d
from specc.vocabulary.layers.pretrained import Pretrained
from specc.vocabulary.layers.reshaping import Plane
from specc.vocabulary.layers.sources import Input

BELOW = ("init", "bias_init", "regularize")
"""Arguments that stand below the table, since a whole network inherits them."""


@dataclass(frozen=True)
class LayerFact:
    """One row. `takes`: the columns of an input, else the tensors by name. `note`: what check or data settled."""

    name: str
    phrase: Phrase
    note: str
    takes: tuple[str, ...]
    before: tuple[Shape, ...]
    after: dict[str, Shape]
    cost: Cost
    part: str = ""
    """The graph that it stands in, where there are several: their names begin those of their layers."""

    @property
    def scope(self) -> tuple[str, ...]:
        """The uses of blocks that it stands in."""
        return tuple(self.name.removeprefix(f"{self.part}.").split(".")[:-1])


@dataclass(frozen=True)
class GraphFact:
    """One graph's rows and what they cost together."""

    name: str
    layers: tuple[LayerFact, ...]
    cost: Cost


def graph_facts(spec: Spec) -> tuple[GraphFact, ...]:
    """Every graph of a spec, in order."""
    return tuple(_graph(spec, graph) for graph in spec.graphs.values())


def _graph(spec: Spec, graph: Graph) -> GraphFact:
    shapes = spec.shapes
    layers = tuple(_layer(spec, graph, node, shapes) for node in graph.nodes)
    total = Cost()
    for layer in layers:
        total = total.plus(layer.cost)
    return GraphFact(graph.name, layers, total)


def _layer(spec: Spec, graph: Graph, node: Node, shapes: dict[str, Shape]) -> LayerFact:
    columns = input_columns(spec, node) if isinstance(node.layer, Input) and spec.data is not None else ()
    before = tuple(shapes[name] for name in node.inputs)
    if isinstance(node.layer, Shortcut | Plane):
        before = before[:1]  # the second one only lends its shape
    cost = cost_of(node, shapes)
    part = graph.name if len(spec.graphs) > 1 else ""
    return LayerFact(node.name, _phrase(node), note_of(node), columns or node.inputs, before, node.outputs, cost, part)


def _phrase(node: Node) -> Phrase:
    """The layer's word with everything that it does, defaults included; an activation as a layer is its own word."""
    layer = node.layer
    activation = getattr(layer, "activation", None)
    if layer.word == "activate" and activation is not None:
        return phrase_of(activation)
    effective: dict[str, Any] = {"activation": Phrase("linear")}
    if isinstance(layer, MaxPool2d | AveragePool2d):
        effective["stride"] = layer.steps
    left_out = tuple(name for name in ("tensors",) if node.layer.merges)
    if isinstance(layer, Shortcut) and not layer.projects:
        left_out += BELOW
    if isinstance(layer, Shortcut) or getattr(layer, "bias", True) is False:
        left_out += ("bias_init",)
    # Without a regularizer of its own it has that of the phase.
    left_out += tuple(name for name in ("regularize", "norm") if getattr(layer, name, None) is None)
    if isinstance(layer, Label):
        left_out += ("bias", *BELOW)  # its weights are the machine's
    if isinstance(layer, Visible):
        effective["units"] = Phrase(blocks_text(layer.blocks, False))
    start = _normal(0.01) if isinstance(layer, Hidden) and layer.pretrained else phrase_of(GlorotUniform())
    effective |= {"init": start, "bias_init": phrase_of(Zeros())}
    phrase = phrase_of(layer, effective, left_out)
    if (derived := derived_phrase(node)) is not None:
        starts = [a for a in phrase.arguments if a.name in BELOW and a.name not in left_out and _has_start(layer, a.name)]
        return Phrase(derived.word, (*derived.arguments, *starts))
    return Phrase(phrase.word, (*phrase.arguments, *_starting_values(layer)))


def _has_start(layer: Layer, name: str) -> bool:
    """Whether a mirrored layer has anything to start: of a tied one the weight is another layer's."""
    return isinstance(layer, Mirrored) and layer.has_weights and (name == "bias_init" or not layer.tied)


def _starting_values(layer: Layer) -> Iterable[Argument]:
    """The starts that no argument names: gains at one, their biases at zero, tables of embedded columns normal(0.05)."""
    if getattr(layer, "affine", False):
        yield Argument("gain_init", Phrase("ones"), True, True)
        yield Argument("bias_init", Phrase("zeros"), True, True)
    if isinstance(layer, Hidden):
        yield Argument("visible_bias_init", Phrase("from the data"), True, True)
    if isinstance(layer, Input) and layer.embeddings:
        yield Argument("table_init", _normal(0.05), True, True)


def _normal(deviation: float) -> Phrase:
    return Phrase("normal", (Argument("deviation", deviation, False, False),))


def note_of(node: Node) -> str:
    """What the check or the data settled of a layer."""
    layer = node.layer
    if isinstance(layer, Mirrored | Made):
        return derived_note(node)
    if isinstance(layer, Output):
        return f"{'visible, ' if isinstance(layer, Label) else ''}{head_text(layer.head, layer.units)}"
    if isinstance(layer, Visible):
        ratings = node.shape.is_ratings
        return f"{node.shape.size('units')} × softmax of {node.shape.size('levels')}" if ratings else blocks_text(layer.blocks)
    if isinstance(layer, Hidden) and layer.labels:
        return f"sees {blocks_text(layer.visible)}"
    if isinstance(layer, Shortcut):
        stride = layer.stride[0] if layer.stride[0] == layer.stride[1] else f"[{layer.stride[0]}, {layer.stride[1]}]"
        return f"1×1 convolution, stride {stride}" if layer.projects else "identity"
    if isinstance(layer, Pretrained):
        return layer.opened
    if isinstance(layer, Input) and layer.embeddings:
        return f"embedding {', '.join(layer.embeddings)}"
    return ""


def blocks_text(blocks: Blocks, counted: bool = True) -> str:
    """Visible units side by side: `784 bernoulli`, `4 gaussian, softmax of 3`; without counts each word once."""
    if not counted:
        return ", ".join(dict.fromkeys(word for word, _ in blocks))
    return ", ".join(f"softmax of {size}" if word == "softmax" else f"{size} {word}" for word, size in blocks)


def head_text(head: str, units: Any) -> str:
    """How an output is read: its activation and units."""
    if head == "unknown":
        return "softmax, or sigmoid of two labels"
    return f"{head}, {units} unit{'s' if units != 1 else ''}"


def main_pieces(layer: LayerFact) -> list[Piece]:
    """What the layer is, by its written arguments, without those that stand below the table."""
    written = tuple(shortened(a) for a in layer.phrase.arguments if not a.default and a.name not in BELOW)
    found = list(pieces(Phrase(layer.phrase.word, written)))
    return [*found, (f": {layer.note}", False)] if layer.note else found


def shortened(argument: Argument, most: int = 8) -> Argument:
    """An argument whose items, if they are very many, are the first and the last."""
    if not argument.spread or len(argument.value) <= most:
        return argument
    return replace(argument, value=(*argument.value[:2], Phrase("…"), argument.value[-1]))


def below_pieces(layers: Iterable[tuple[str, Phrase]]) -> list[tuple[str, list[Piece]]]:
    """By word, the arguments that its uses have by default or by inheritance, with those that share each value.

    `conv2d`: `stride = 1° (5 of 7), bias = true°, init = he_normal`.
    """
    words: dict[str, dict[tuple[str, str, bool], list[str]]] = {}
    totals: dict[str, int] = {}
    for name, phrase in layers:
        totals[phrase.word] = totals.get(phrase.word, 0) + 1
        for argument in phrase.arguments:
            if argument.default or argument.name in BELOW:
                text = "".join(part for part, _ in pieces(argument.value))
                words.setdefault(phrase.word, {}).setdefault((argument.name, text, argument.default), []).append(name)
    lines = []
    for word, arguments in words.items():
        line: list[Piece] = []
        for (name, text, default), users in arguments.items():
            share = "" if len(users) == totals[word] else f" ({len(users)} of {totals[word]})"
            line += [(", " if line else "", False), (f"{name} = {text}{MARK if default else ''}", default), (share, False)]
        lines.append((word, line))
    return lines


def gives_text(layer: LayerFact) -> str:
    """The shapes of what comes out of a layer."""
    return ", ".join(f"{name}: {shape}" if name else str(shape) for name, shape in layer.after.items())


def shapes_text(layer: LayerFact) -> str:
    """`[N, 4] → [N, 16]`; of an input how many columns it joins."""
    before = " + ".join(_runs(layer.before))
    if not layer.before and layer.takes:
        counted = not any(is_pattern(name) for name in layer.takes)  # what a pattern stands for only the data says
        before = f"{len(layer.takes)} column{'s' if len(layer.takes) != 1 else ''}" if counted else "columns"
    return f"{before} → {gives_text(layer)}" if before else gives_text(layer)


def _runs(shapes: tuple[Shape, ...]) -> list[str]:
    """Shapes as text, equal neighbours once: `2 × [N, 8]`."""
    found: list[tuple[str, int]] = []
    for text in map(str, shapes):
        found = [*found[:-1], (text, found[-1][1] + 1)] if found and found[-1][0] == text else [*found, (text, 1)]
    return [text if count == 1 else f"{count} × {text}" for text, count in found]
