"""Regularizers: over weights, never over biases and gains."""

from __future__ import annotations

from specc.vocabulary.families import Regularizer, VaryingNonNegative


class L1(Regularizer):
    """Adds `cost · Σ|w|`, taken as a proximal step after each update, so that weights become exactly zero.

    `w ← sign(w) · max(0, |w| − rate · cost)` (Parikh and Boyd 2014, soft thresholding).

    Example: `regularize = l1(1e-5)`
    """

    cost: VaryingNonNegative


class L2(Regularizer):
    """Adds `cost/2 · Σw²`, so that with plain SGD it is weight decay `cost`.

    Example: `regularize = l2(1e-4)`
    """

    cost: VaryingNonNegative
