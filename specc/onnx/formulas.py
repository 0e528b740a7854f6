"""Formulas as ONNX operators, written as one writes them in Python: `(x * 2.0).exp() + y`."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from specc.onnx.writer import Place

Number = float | int
INT64 = ir.DataType.INT64


class Term:
    """A tensor in a formula. Numbers beside it are taken in its own precision; each stands in the file by itself."""

    def __init__(self, value: ir.Value, place: Place, float: type[np.floating[Any]] = np.float32) -> None:
        self.value, self.place, self.float = value, place, float

    def op(self, op: str, *others: Term | ir.Value | Number, **attributes: Any) -> Term:
        """A node that takes this tensor first."""
        return self._made(self.place.op(op, self.value, *map(self._value, others), **attributes))

    def __add__(self, other: Term | ir.Value | Number) -> Term:
        return self.op("Add", other)

    def __sub__(self, other: Term | ir.Value | Number) -> Term:
        return self.op("Sub", other)

    def __mul__(self, other: Term | ir.Value | Number) -> Term:
        return self.op("Mul", other)

    def __truediv__(self, other: Term | ir.Value | Number) -> Term:
        return self.op("Div", other)

    def __neg__(self) -> Term:
        return self.op("Neg")

    def __lt__(self, other: Term | ir.Value | Number) -> Term:
        return self.op("Less", other)

    def __le__(self, other: Term | ir.Value | Number) -> Term:
        return self.op("LessOrEqual", other)

    def __gt__(self, other: Term | ir.Value | Number) -> Term:
        return self.op("Greater", other)

    def exp(self) -> Term:
        return self.op("Exp")

    def log(self) -> Term:
        return self.op("Log")

    def sqrt(self) -> Term:
        return self.op("Sqrt")

    def reciprocal(self) -> Term:
        return self.op("Reciprocal")

    def clip(self, low: Number | None = None, high: Number | None = None) -> Term:
        limits = [None if limit is None else self._value(limit) for limit in (low, high)]
        return self._made(self.place.op("Clip", self.value, *limits))

    def where(self, condition: Term, other: Term | Number) -> Term:
        """This where the condition holds, else the other."""
        return self._made(self.place.op("Where", condition.value, self.value, self._value(other)))

    def sum(self, axis: int = -1, keep: bool = False) -> Term:
        return self.op("ReduceSum", self.place.integers([axis], "axis"), keepdims=int(keep))

    def unsqueeze(self, axis: int) -> Term:
        return self.op("Unsqueeze", self.place.integers([axis], "axis"))

    def part(self, place: slice, axis: int = 1) -> Term:
        """A stretch of an axis."""
        start, end, along = (self.place.integers([number], "slice") for number in (place.start, place.stop, axis))
        return self.op("Slice", start, end, along)

    def reshape(self, *sizes: int) -> Term:
        """0 keeps a size, −1 takes what is left."""
        return self.op("Reshape", self.place.integers(sizes, "shape"))

    def double(self) -> Term:
        return Term(self.place.op("Cast", self.value, to=ir.DataType.DOUBLE), self.place, np.float64)

    def single(self) -> Term:
        """As float32: of double numbers, of whole ones and of what holds or does not."""
        return Term(self.place.op("Cast", self.value, to=ir.DataType.FLOAT), self.place)

    def whole(self) -> Term:
        """As int64."""
        return Term(self.place.op("Cast", self.value, to=INT64), self.place, np.int64)  # type: ignore[arg-type]

    def _made(self, value: ir.Value) -> Term:
        return Term(value, self.place, self.float)

    def _value(self, other: Term | ir.Value | Number) -> ir.Value:
        if isinstance(other, Term):
            return other.value
        return other if isinstance(other, ir.Value) else self.place.constant(self.float(other), "number")


def polynomial(x: Term, coefficients: tuple[float, ...]) -> Term:
    """`c₀ + c₁ x + c₂ x² + …` by Horner's rule."""
    total = x * coefficients[-1] + coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        total = total * x + coefficient
    return total


def beside(parts: list[Term]) -> Term:
    """Several tensors side by side."""
    first = parts[0]
    return first if len(parts) == 1 else first.op("Concat", *parts[1:], axis=1)
