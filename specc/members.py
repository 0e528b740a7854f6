"""The layers that the name of a part stands for, and which of them a phase holds as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from specc.ir import Node, Phase, Spec
from specc.unrolled import names_beside
from specc.vocabulary.families import Freezing
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.part import find_word


def members(spec: Spec, name: str) -> tuple[Node, ...]:
    """The layers that a name stands for: a graph's, a layer, those of a block's use; else all unnamed ones of a word.

    A layer of a composite may be named without its part, but for those of a mirrored decoder, which no spec writes.
    """
    if name in spec.graphs:
        return spec.graphs[name].nodes
    nodes = [node for graph in spec.graphs.values() for node in graph.nodes]
    whole = tuple(f"{prefix}{name}." for prefix in ("", *(f"{graph}." for graph in spec.graphs)))
    named = tuple(node for node in nodes if f"{node.name}.".startswith(whole))
    named = tuple(node for node in named if not isinstance(node.layer, Mirrored)) or named
    numbered = re.compile(rf"{re.escape(name)}_\d+")
    return named or tuple(node for node in nodes if any(numbered.fullmatch(word) for word in node.name.split(".")))


def part_names(spec: Spec) -> list[str]:
    """Every name that `members` knows, for a suggestion."""
    names = dict.fromkeys(spec.graphs)
    for graph in spec.graphs.values():
        for node in graph.nodes:
            words = node.name.split(".")
            names |= dict.fromkeys(".".join(words[: count + 1]) for count in range(len(words)))
            names |= dict.fromkeys(re.sub(r"_\d+$", "", word) for word in words)
    return list(names)


class Held(NamedTuple):
    """Layers that keep their weights and batch statistics at the beginning of a phase, or all through it."""

    freezing: Freezing
    names: frozenset[str]

    @property
    def is_for_good(self) -> bool:
        return self.freezing.word == "always"

    def holds(self, epoch: float, step: int) -> bool:
        """Whether it still holds after so many epochs and steps."""
        until_epoch, until_step = (getattr(self.freezing, name, None) for name in ("epoch", "step"))
        if until_epoch is not None:
            return epoch < until_epoch
        return until_step is None or step < until_step


def held_parts(spec: Spec, phase: Phase) -> tuple[Held, ...]:
    """What a phase freezes: by its own `freeze`, and by that of the layers."""
    return (*_by_phase(spec, phase), *_by_layers(spec), *_beside(spec, phase))


def _by_phase(spec: Spec, phase: Phase) -> Iterator[Held]:
    for freezing in phase.settings.freeze:
        yield Held(freezing, frozenset(node.name for part in freezing.parts for node in members(spec, part)))


def _beside(spec: Spec, phase: Phase) -> Iterator[Held]:
    """Where a phase trains one layer, all others."""
    if phase.layer is not None:
        yield Held(_always(), names_beside(spec, phase.layer))


def _by_layers(spec: Spec) -> Iterator[Held]:
    for graph in spec.graphs.values():
        for node in graph.nodes:
            freeze = getattr(node.layer, "freeze", False)
            if freeze is not False:
                inside = members(spec, node.name)
                # The tables of embedded columns came with the part, and stand in its `input`.
                inputs = {name for n in inside for name in n.inputs if isinstance(graph.node(name).layer, Input)}
                yield Held(_always() if freeze is True else freeze, frozenset({n.name for n in inside} | inputs))


def side_of(spec: Spec, node: Node) -> str:
    """Which of two that play against each other a layer belongs to: the `discriminator`, or the `generator`, which is all others.

    Empty where none plays.
    """
    if "discriminator" not in spec.graphs or len(spec.graphs) == 1:
        return ""
    return "discriminator" if node.name in spec.graphs["discriminator"].by_name else "generator"


class Way(NamedTuple):
    """How the weights of a layer are trained: the parts whose settings they follow (empty: the phase's), and what holds them.

    `regularize` is None where the layer has its own.
    """

    optimizer: str
    schedule: str
    regularize: str | None
    held: tuple[int, ...]


def ways(spec: Spec, phase: Phase) -> dict[str, Way]:
    """The way of each layer by its name; the smallest part around it that has a setting has the word."""
    parts = {part: frozenset(node.name for node in members(spec, part)) for part in phase.parts}
    held = held_parts(spec, phase)
    found = {}
    for node in (node for graph in spec.graphs.values() for node in graph.nodes):
        near = sorted((part for part, names in parts.items() if node.name in names), key=lambda part: len(parts[part]))
        given = {
            name: next((part for part in near if getattr(phase.parts[part], name) is not None), "")
            for name in ("optimizer", "schedule", "regularize")
        }
        regularize = None if getattr(node.layer, "regularize", None) is not None else given["regularize"]
        holding = tuple(index for index, hold in enumerate(held) if node.name in hold.names)
        found[node.name] = Way(given["optimizer"], given["schedule"], regularize, holding)
    return found


def _always() -> Freezing:
    always = find_word("freezing", "always")
    assert always is not None and issubclass(always, Freezing)
    return always()
