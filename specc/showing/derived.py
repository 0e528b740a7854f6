"""Layers that no spec writes, as the spec would write them: the way back of a mirrored layer, and what a decoder makes."""

from __future__ import annotations

from specc.ir import Node
from specc.phrases import Argument, Phrase, phrase_of
from specc.shapes import Size
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.mirrored import LAID_OUT, Mirrored
from specc.vocabulary.layers.pooling import AveragePool2d, MaxPool2d

OWN = ("channels", "activation", "bias", "norm", "init", "bias_init", "regularize")
"""Arguments of a convolution that its way back has for itself, or has not."""


def derived_phrase(node: Node) -> Phrase | None:
    """`dense(32, relu)` of a mirrored layer, `made(image)` of a decoder's end; None of a layer that a spec writes."""
    match node.layer:
        case Mirrored():
            return _way_back(node.layer)
        case Made(columns=columns):
            return Phrase("made", (Argument("columns", columns, False, False, spread=True),))
    return None


def derived_note(node: Node) -> str:
    """What a mirrored layer is the way back of, and what reads the numbers that a decoder makes."""
    match node.layer:
        case Mirrored(of=of, tied=tied):
            return f"mirrors {of.partition('.')[2] or of}{', tied' if tied else ''}"
        case Made(head=head):
            return "" if head == "linear" else head
    return ""


def _way_back(layer: Mirrored) -> Phrase:
    before, of = layer.before, layer.layer
    if of.word in LAID_OUT:
        return Phrase("reshape", (_argument("shape", before.sizes),))
    if isinstance(of, MaxPool2d | AveragePool2d):
        factors = tuple(_factor(a, b) for a, b in zip(before.sizes[1:], of.output_shape(before).sizes[1:])) if before.axes else ()
        return Phrase("upsample", (_argument("factor", factors if len(set(factors)) > 1 else next(iter(factors), "?")),))
    first = before.sizes[0] if before.axes else "?"
    own = (Argument("activation", phrase_of(layer.activation), False, False),) if layer.activation is not None else ()
    if of.word == "dense":
        return Phrase("dense", (_argument("units", first), *own))
    given = tuple(a for a in phrase_of(of).arguments if a.name not in OWN and not a.default)
    named = tuple(Argument(a.name, a.value, False, True) for a in own)
    return Phrase("conv2d_transpose", (_argument("channels", first), *given, *named))


def _factor(before: Size, after: Size) -> object:
    return before // after if isinstance(before, int) and isinstance(after, int) else "?"


def _argument(name: str, value: object) -> Argument:
    return Argument(name, value, False, False)
