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
    (
        *(3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946),
        *(45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227),
    ),
    (
        *(1.0, 42.31333070160091, 687.1870074920579, 5394.196021424751),
        *(21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854),
    ),
)
NEAR = (
    (
        *(1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045),
        *(1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414),
    ),
    (
        *(1.0, 2.053191626637759, 1.6763848301838038, 0.6897673349851),
        *(0.14810397642748008, 0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-09),
    ),
)
FAR = (
    (
        *(6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487),
        *(0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-05, 2.0103343992922881e-07),
    ),
    (
        *(1.0, 0.599832206555888, 0.1369298809227358, 0.014875361290850615),
        *(0.0007868691311456133, 1.8463183175100548e-05, 1.421511758316446e-07, 2.0442631033899397e-15),
    ),
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
