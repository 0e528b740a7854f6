"""Procedures: what one training step does."""

from __future__ import annotations

from specc.vocabulary.families import Procedure


class Supervised(Procedure):
    """Gradient descent on the loss between the answers and the targets of a batch.

    Example: `procedure = supervised`
    """
