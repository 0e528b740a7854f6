"""An activation as a layer of its own."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.shapes import Shape
from specc.vocabulary.families import Activation, Layer, needs_vector


class Activate(Layer):
    """What an activation's word becomes where a layer is due: `relu` is `activate(relu)`.

    Example: `activate(relu)`
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"

    activation: Activation

    def output_shape(self, x: Shape) -> Shape:
        if self.activation.over_features:
            needs_vector(self.activation.word, x)
        return x
