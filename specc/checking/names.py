"""The names of a graph's layers, and the place from which a statement sees them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from specc.checking.reading import Inherited
from specc.checking.values import Scope
from specc.diagnostics import Span
from specc.syntax.tree import Part


@dataclass
class Names:
    """The names of a graph, or of one use of a block in it: `prefix` leads those of a block's use."""

    prefix: str = ""
    outer: Names | None = None
    counts: dict[str, int] = field(default_factory=dict)
    tensors: dict[str, str] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    uses: dict[str, Names] = field(default_factory=dict)

    def number(self, word: str) -> str:
        """`word_1`, `word_2`, …"""
        self.counts[word] = self.counts.get(word, 0) + 1
        return f"{word}_{self.counts[word]}"


@dataclass
class Place:
    """Where a statement stands: the `$names` and tensor names it sees, what it inherits, the blocks used on the way."""

    scope: Scope
    names: Names
    inherited: dict[str, Inherited] = field(default_factory=dict)
    trail: tuple[Span, ...] = ()
    in_loop: bool = False
    active: tuple[str, ...] = ()


def names_in(part: Part) -> Iterator[str]:
    """The names that a statement gives, to itself and to those in its body."""
    if part.name is not None:
        yield part.name
    for statement in part.body.statements if part.body else []:
        if isinstance(statement, Part):
            yield from names_in(statement)
