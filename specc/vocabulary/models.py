"""The kinds of models: the parts each must have, and its default procedure."""

from __future__ import annotations

from typing import ClassVar

from specc.vocabulary.families import Model


class Network(Model):
    """Layers from inputs to outputs, trained on targets.

    Example: `network { input(features); dense(8, relu); output(y) }`
    """

    procedure: ClassVar[str] = "supervised"
    graph: ClassVar[bool] = True
    """Whether the model's own body is its graph."""
