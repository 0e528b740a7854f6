"""What all layers with weights share: their starting values and a regularizer of their own."""

from __future__ import annotations

from specc.vocabulary.families import Initializer, Layer, Regularizer


class WeightedLayer(Layer, family="layer"):
    """A layer with weights. Without `init`: Glorot uniform weights, zero biases."""

    init: Initializer | None = None
    bias_init: Initializer | None = None
    regularize: tuple[Regularizer, ...] | None = None
