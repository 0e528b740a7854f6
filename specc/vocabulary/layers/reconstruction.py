"""What a machine expects of its visible units: a layer of derived graphs, which no spec writes."""

from __future__ import annotations

from typing import ClassVar

from specc.shapes import Shape, Size, total
from specc.vocabulary.families import Layer
from specc.vocabulary.layers.boltzmann import Hidden


class Reconstruction(Layer, family="layer"):
    """`E[v|h]` of the machine of that name, with its weights, those of the way down where they are apart; labels are left out.

    It takes what the machine has of a row: the features, then the visible units, whose counts say how often a replicated
    softmax is drawn.
    """

    word: ClassVar[str] = "reconstruction"

    machine: str
    layer: Hidden

    @property
    def width(self) -> Size:
        """The visible units without those of the labels."""
        return total(size for _, size in self.layer.visible[: -1 if self.layer.labels else None])

    def output_shape(self, *inputs: Shape) -> Shape:
        return Shape.vector(self.width)
