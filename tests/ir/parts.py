"""Words that come later, as a test needs them: sequences."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.ir import Node
from specc.shapes import Expression, Shape
from specc.vocabulary.families import Column, Layer, Optimizer
from specc.vocabulary.numbers import Fraction, PositiveInt
from specc.vocabulary.part import REGISTRY, Part

Time = Literal["keeps", "consumes", "forbids"]


class Text(Column, word="trial_text"):
    """Words of a text, by their numbers in a vocabulary."""

    tokens: Literal["words", "characters"] = "words"
    vocabulary: PositiveInt = 20_000
    length: PositiveInt | None = None

    def shape(self, name: str) -> Shape:
        return Shape.of(time=self.length if self.length is not None else Expression({f"length({name})": 1}))


class Embed(Layer, word="trial_embedding"):
    """A trained vector for each token."""

    time: ClassVar[Time] = "keeps"

    width: PositiveInt
    tokens: int | Expression = 0

    def output_shape(self, x: Shape) -> Shape:
        return Shape.sequence(x.size("time"), self.width)


class Lstm(Layer, word="trial_lstm"):
    """A recurrent layer: what comes out at each step, and its last state."""

    time: ClassVar[Time] = "keeps"

    units: PositiveInt
    layers: PositiveInt = 1
    bidirectional: bool = False
    dropout: Fraction = 0.0

    def output_shapes(self, x: Shape) -> dict[str, Shape]:
        width = self.units * (2 if self.bidirectional else 1)
        sequence = Shape.sequence(x.size("time"), width)
        return {"": sequence, "sequence": sequence, "state": Shape.vector(width)}


class MaxOverTime(Layer, word="trial_global_max_pool1d"):
    """The largest number of each feature over the true steps."""

    time: ClassVar[Time] = "consumes"

    def output_shape(self, x: Shape) -> Shape:
        return Shape.vector(x.size("features"))


class Pretrained(Layer, word="trial_pretrained"):
    """Layers of another run, frozen for a while."""

    run: str
    part: str
    units: PositiveInt
    frozen_until: PositiveInt | None = None

    def output_shape(self, x: Shape) -> Shape:
        return Shape.vector(self.units)


class ConjugateGradient(Optimizer, word="trial_conjugate_gradient"):
    """Nonlinear conjugate gradient."""

    line_searches: PositiveInt = 3


WORDS: list[type[Part]] = [
    c for c in list(vars().values()) if isinstance(c, type) and issubclass(c, Part) and c.__module__ == __name__
]
"""They are taken out of the registry again, so that no other test meets them; `tests.ir` puts them in for its own time."""
for _word in WORDS:
    del REGISTRY[_word.family][_word.word]


def node(name: str, layer: Layer, *inputs: str) -> Node:
    return Node(name=name, layer=layer, inputs=inputs)
