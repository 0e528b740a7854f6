"""Regularizers: over weights, never over biases and gains."""

from __future__ import annotations

from specc.vocabulary.families import Regularizer, VaryingNonNegative
from specc.vocabulary.numbers import OpenFraction


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


class Sparsity(Regularizer):
    """Adds `cost · Σⱼ KL(target ‖ qⱼ)`, qⱼ being the mean of hidden unit j over the batch: few units answer to each row.

    `KL = p ln(p/q) + (1−p) ln((1−p)/(1−q))` (Lee, Ekanadham and Ng 2008; Hinton 2012). For bernoulli units of machines, and for
    the units of an autoencoder's encoder: `dense(64, sigmoid, regularize = sparsity(target = 0.1, cost = 0.01))`.

    Example: `regularize = sparsity(target = 0.1, cost = 1e-3)`
    """

    target: OpenFraction
    cost: VaryingNonNegative
