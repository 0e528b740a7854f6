"""Units of Boltzmann machines as ONNX operators: what `specc.pytorch.nn.units` computes of their input `x`."""

from __future__ import annotations

import math

import numpy as np

from specc.onnx.formulas import Term, polynomial
from specc.onnx.tails import HALF_LOG_TAU, distribution, log_erfcx, log_upper_tail, quantile

FAR = -12.0
"""Below this input the mean of a relu unit is taken from its series."""
FARTHEST = -20.0
"""Below this input a relu unit is drawn by logarithms."""
SMALLEST = 2.0**-26
"""What a number between 0 and 1 in float32 is taken for that is 0."""


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


def draw(kind: str, x: Term, noise: Term, width: int, deviation: Term | None = None, totals: Term | None = None) -> Term:
    """A draw of `width` units from their input and noise.

    The noise is normal numbers for gaussian units, whose deviation is 1 or `deviation`; else numbers from 0 to below 1: one a
    unit, one for a softmax, and `[batch, draws]` for a replicated softmax, of which the first `totals` `[batch, 1]` are used.
    """
    match kind:
        case "bernoulli":
            return (noise < x.op("Sigmoid")).single()
        case "gaussian":
            return x + (noise if deviation is None else noise * deviation)
        case "relu":
            return relu_draw(x, noise)
        case "softmax":
            return softmax_draw(x, noise, width)
    assert totals is not None
    return replicated_draw(x, noise, width, totals)


def relu_draw(x: Term, noise: Term) -> Term:
    """Turns `P(h > t) = Φ(x − t)/Φ(x)` round; where Φ(x) is next to nothing, by logarithms and a step of Newton."""
    wide, u = x.double(), noise.clip(SMALLEST, None).double()
    near = wide.clip(FARTHEST, None)
    drawn = near - quantile(u * distribution(near))
    far = wide.clip(None, FARTHEST)
    log_u = u.log()
    y = (far * far - log_u * 2.0).sqrt()
    hazard = log_erfcx(y * math.sqrt(0.5)).exp().reciprocal() * math.sqrt(2 / math.pi)
    y = y + (log_upper_tail(y) - log_u - log_upper_tail(-far)) / hazard
    return (y + far).where(wide < FARTHEST, drawn).clip(0.0, None).single()


def softmax_draw(x: Term, noise: Term, width: int) -> Term:
    """The first unit at which the running sum of the probabilities passes the group's number, `noise` `[batch, 1]`."""
    running = x.op("Softmax", axis=-1).op("CumSum", x.place.constant(np.int64(1), "axis"))
    passed = (running <= running.part(slice(width - 1, width)) * noise).whole().sum(keep=True)
    chosen = passed.op("Min", width - 1)
    return chosen.op("Equal", x.place.integers(range(width), "units")).single()


def replicated_draw(x: Term, noise: Term, width: int, totals: Term) -> Term:
    """How many of the row's first `totals` `[batch, 1]` numbers fall on each unit, which is found by halving."""
    place = x.place
    running = x.op("Softmax", axis=-1).op("CumSum", place.constant(np.int64(1), "axis"))
    target = noise * running.part(slice(width - 1, width))
    chosen = (noise * 0.0).whole()
    step = 1 << (width.bit_length() - 1)
    while step:
        further = chosen + step
        last = (further - 1).op("Min", width - 1)
        passed = running.op("GatherElements", last, axis=1) <= target
        inside = further.op("LessOrEqual", width)
        chosen = further.where(passed.op("And", inside), chosen)
        step //= 2
    chosen = chosen.op("Min", width - 1)
    draws = place.op("Shape", noise.value, start=1, end=2)
    first, one = place.constant(np.int64(0), "first"), place.constant(np.int64(1), "one")
    counter = place.op("Range", first, place.op("Squeeze", draws), one)
    counts = (Term(counter, place).single() < totals.op("Round")).single()
    return (running * 0.0).op("ScatterElements", chosen, counts, axis=1, reduction="add")
