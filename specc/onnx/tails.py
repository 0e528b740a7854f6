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


def distribution(x: Term) -> Term:
    """`Φ(x)` of double numbers, to its last digits far below zero too."""
    tail = log_upper_tail(x.op("Abs")).exp()
    return (tail * -1.0 + 1.0).where(x > 0.0, tail)


MIDDLE = (
    (3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125)
    + (45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727),
    (1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077)
    + (21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852854561),
)
NEAR = (
    (1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504)
    + (1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4),
    (1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455)
    + (0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9),
)
FAR = (
    (6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123)
    + (0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 0.59983220655588793769, 0.1369298809227358053, 0.0148753612908506148525)
    + (7.868691311456132591e-4, 1.84631831751005468180e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15),
)
"""Numerators and denominators of Wichura's algorithm AS 241 (1988)."""


def quantile(p: Term) -> Term:
    """`Φ⁻¹(p)` of double numbers above 1e-300 and below 1."""
    q = p - 0.5
    middle = q * _quotient((q * q) * -1.0 + 0.180625, MIDDLE)
    smaller = p.where(q < 0.0, p * -1.0 + 1.0)
    r = (-smaller.clip(1e-300, None).log()).sqrt()
    tail = _quotient(r - 1.6, NEAR).where(r <= 5.0, _quotient(r - 5.0, FAR))
    return middle.where(q.op("Abs") <= 0.425, (-tail).where(q < 0.0, tail))


def _quotient(x: Term, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> Term:
    numerator, denominator = coefficients
    return polynomial(x, numerator) / polynomial(x, denominator)
