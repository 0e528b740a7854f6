"""How large a gradient may become before the optimizer sees it."""

from __future__ import annotations

from specc.vocabulary.families import Clipping, VaryingPositive


class Norm(Clipping):
    """Scales the whole gradient g down to length `limit` where it is longer: `g ← g · min(1, limit / ‖g‖₂)`.

    The length is that over all weights that are trained, penalties left out (Pascanu et al. 2013).

    Example: `clip = norm(1.0)`
    """

    limit: VaryingPositive


class Value(Clipping):
    """Cuts every number of the gradient to −limit … limit.

    Example: `clip = value(0.5)`
    """

    limit: VaryingPositive
