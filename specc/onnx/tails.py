"""The tail of the normal distribution as ONNX operators, which have no erfc: to 2e-11 where numbers are double."""

from __future__ import annotations

import math

from specc.onnx.formulas import Term, polynomial

HALF_LOG_TAU = math.log(2 * math.pi) / 2
SERIES = (
    *(-0.6717940840566914, 0.6726432239714607, 0.04734330710737626, -0.046895610029569074, -0.009872702151183141),
    *(0.008824939035793535, 0.0017591138752865443, -0.002345852782626599, -0.00014739441955736437, 0.0006740253162576963),
    *(-8.983674770378075e-05, -0.00017567183984073926, 6.381873282064106e-05, 3.4747899700435034e-05),
    *(-2.1670823485162328e-05, -3.7398328308632054e-06, 3.386753969750792e-06),
)
"""`ln(erfcx(z) / t)` by powers of `2t − 1`, where `t = 1 / (1 + z/2)`: its Chebyshev interpolant of degree 16."""


def log_erfcx(z: Term) -> Term:
    """`ln(e^{z²} erfc(z))` for `z ≥ 0`, however large."""
    t = (z * 0.5 + 1.0).reciprocal()
    return polynomial(t * 2.0 - 1.0, SERIES) + t.log()


def log_upper_tail(y: Term) -> Term:
    """`ln P(n > y)` of a normal number, for `y ≥ 0`."""
    return log_erfcx(y * math.sqrt(0.5)) - y * y * 0.5 - math.log(2)
