"""Units of Boltzmann machines as ONNX operators: what `specc.pytorch.nn.units` computes of their input `x`."""

from __future__ import annotations

import math

from specc.onnx.formulas import Term, polynomial
from specc.onnx.tails import HALF_LOG_TAU, log_erfcx

FAR = -12.0
"""Below this input the mean of a relu unit is taken from its series."""


def feature(kind: str, x: Term) -> Term:
    """What an unrolled network computes of hidden units."""
    return {"bernoulli": lambda: x.op("Sigmoid"), "gaussian": lambda: x, "relu": lambda: x.op("Relu")}[kind]()


def mean(kind: str, x: Term, totals: Term | None = None) -> Term:
    """Its mean; `totals` `[batch, 1]` are the draws of a replicated softmax."""
    if kind in ("softmax", "replicated_softmax"):
        shares = x.op("Softmax", axis=-1)
        return shares * totals if kind == "replicated_softmax" and totals is not None else shares
    return relu_mean(x) if kind == "relu" else feature(kind, x)


def relu_mean(x: Term) -> Term:
    """`x + φ(x)/Φ(x)`; far below zero `−1/x · (1 − 2/x² + 10/x⁴ − 74/x⁶ + 706/x⁸)`, in double."""
    wide = x.double()
    near = wide.clip(FAR, None)
    positive = near > 0.0
    z = near.op("Abs") * math.sqrt(0.5)
    tail = log_erfcx(z).exp()
    # erfcx(−z) = 2 e^{z²} − erfcx(z); above 8 the quotient is below 1e-14, and e^{z²} is kept in bounds
    above = (z * z).clip(None, 32.0).exp() * 2.0 - tail
    hazard = above.where(positive, tail).reciprocal() * math.sqrt(2 / math.pi)
    t = wide.clip(None, FAR)
    t = (t * t).reciprocal()
    far = t.sqrt() * polynomial(t, (1.0, -2.0, 10.0, -74.0, 706.0))
    return far.where(wide < FAR, near + hazard).single()


def log_partition(kind: str, x: Term) -> Term:
    """`ln Σ_h e^{h x − own energy}`."""
    if kind == "bernoulli":
        return x.op("Softplus")
    square = x * x * 0.5
    if kind == "gaussian":
        return square + HALF_LOG_TAU
    far = x.op("Abs") * math.sqrt(0.5)
    tail = log_erfcx(far)
    lower = tail + math.log(math.sqrt(math.pi / 2))  # as erfcx: no x² to cancel
    missing = (tail - far * far).exp() * -0.5
    upper = square + HALF_LOG_TAU + (missing + 1.0).log()
    return upper.where(x > 0.0, lower)
