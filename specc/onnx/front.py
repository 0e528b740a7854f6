"""The front of the graph: raw columns, as a table has them, become the tensors of the network's door.

Numbers stay double up to one cast: in float32 a year or a timestamp already costs more than the parity bound.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from specc.door import DoorTensor, door
from specc.ir import ArrayFit, CategoryFit, Fit, ImageFit, NumberFit, Spec
from specc.onnx.writer import Writer
from specc.shapes import Shape
from specc.vocabulary.sources import Csv


def read_columns(spec: Spec) -> tuple[str, ...]:
    """The columns that an `input` takes, in the order of the spec: the inputs of the file."""
    assert spec.data is not None
    taken = {column for tensor in door(spec) for column in tensor.columns}
    return tuple(name for name in spec.data.columns if name in taken)


def missing_marks(spec: Spec) -> tuple[str, ...]:
    """The texts that stand for a missing category: the empty one, and the marks of a CSV file."""
    assert spec.data is not None
    marks = spec.data.source.missing if isinstance(spec.data.source, Csv) else ()
    return ("", *(mark for mark in marks if mark))


def raw_input(name: str, fit: Fit) -> ir.Value:
    """A column as the file takes it."""
    match fit:
        case NumberFit():
            type, sizes = ir.DataType.DOUBLE, ()
        case CategoryFit():
            type, sizes = ir.DataType.STRING, ()
        case ImageFit():
            type, sizes = ir.DataType.UINT8, fit.size
        case ArrayFit():
            type, sizes = ir.DataType.FLOAT, fit.size
        case _:
            raise AssertionError(f"{fit.kind} has a file of another kind")
    return ir.Value(name=name, shape=ir.Shape(["batch", *sizes]), type=ir.TensorType(type))


def noise_input(name: str, shape: Shape) -> ir.Value:
    """Noise, a code, or what another part gives, as the file takes it."""
    return ir.Value(name=name, shape=ir.Shape(["batch", *shape.dimensions()]), type=ir.TensorType(ir.DataType.FLOAT))


class Front:
    """Writes the way of every column to the door. Where it `watches`, it also tells which rows lack a number."""

    def __init__(self, spec: Spec, writer: Writer, raw: dict[str, ir.Value], watches: bool) -> None:
        assert spec.bound is not None
        self.fits, self.marks = spec.bound.fits, missing_marks(spec)
        self.writer, self.raw, self.watches = writer, raw, watches
        self.unknown: list[ir.Value] = []
        """For each block of numbers that may have none, `[batch]`: whether one of them is NaN."""
        self.axis = writer.constant(np.array([1], np.int64), "columns/axis")

    def tensor(self, tensor: DoorTensor) -> ir.Value:
        """One tensor of the door."""
        if tensor.kind == "features":
            return self._features(tensor)
        (column,) = tensor.columns
        fit = self.fits[column]
        if isinstance(fit, CategoryFit):
            return self._index(column, fit, unseen=0)
        return self._image(column, fit) if isinstance(fit, ImageFit) else self._array(column, fit)

    def _features(self, tensor: DoorTensor) -> ir.Value:
        """The columns' numbers side by side, float32 `[batch, width]`: worked out kind by kind, then put in order."""
        parts: list[ir.Value] = []
        places: dict[tuple[str, str], range] = {}
        width = 0

        def add(part: ir.Value, *slots: tuple[str, str, int]) -> None:
            nonlocal width
            parts.append(part)
            for column, slot, size in slots:
                places[column, slot] = range(width, width + size)
                width += size

        numbers = {c: fit for c in tensor.columns if isinstance(fit := self.fits[c], NumberFit)}
        if numbers:
            values, missing = self._numbers(tensor.name, numbers)
            add(values, *((c, "value", 1) for c in numbers))
            if missing is not None:
                add(missing, *((c, "missing", 1) for c, fit in numbers.items() if fit.indicator))
        for column in tensor.columns:
            fit = self.fits[column]
            if isinstance(fit, CategoryFit):
                add(self._onehot(column, fit), (column, "value", len(fit.labels)))
        joined = parts[0] if len(parts) == 1 else self._op("Concat", *parts, name=f"{tensor.name}/join", axis=1)
        order = [place for c in tensor.columns for slot in ("value", "missing") for place in places.get((c, slot), ())]
        if order == sorted(order):
            return joined
        return self._chosen(joined, order, f"{tensor.name}/sort")

    def _numbers(self, name: str, fits: dict[str, NumberFit]) -> tuple[ir.Value, ir.Value | None]:
        """`[batch, columns]` in float32, and 0/1 for those that say where they were missing."""
        columns = [self._op("Unsqueeze", self.raw[column], self.axis, name=f"{column}/column") for column in fits]
        x = columns[0] if len(columns) == 1 else self._op("Concat", *columns, name=f"{name}/numbers", axis=1)
        imputes = [np.nan if fit.impute is None else fit.impute for fit in fits.values()]
        says = [place for place, fit in enumerate(fits.values()) if fit.indicator]
        missing = None
        if says or not np.isnan(imputes).all():
            isnan = self._op("IsNaN", x, name=f"{name}/is_missing")
            if says:
                missing = isnan if len(says) == len(fits) else self._chosen(isnan, says, f"{name}/says")
                missing = self._float(missing, f"{name}/indicator")
            if not np.isnan(imputes).all():
                x = self._op("Where", isnan, self._constant(np.array(imputes), f"{name}/imputes"), x, name=f"{name}/impute")
        logs = [fit.transform == "log1p" for fit in fits.values()]
        if any(logs):
            y, chosen = self._log1p(x, name), self._constant(np.array(logs), f"{name}/logs")
            x = self._op("Where", chosen, y, x, name=f"{name}/transform")
        centers, scales = np.array([[fit.center, fit.scale] for fit in fits.values()]).T
        if centers.any():
            x = self._op("Sub", x, self._constant(centers, f"{name}/centers"), name=f"{name}/center")
        if (scales != 1).any():
            x = self._op("Div", x, self._constant(scales, f"{name}/scales"), name=f"{name}/scale")
        x = self._float(x, f"{name}/cast")
        if np.isnan(imputes).any() or any(logs):
            self._watch(x, 2, name)
        return x, missing

    def _watch(self, x: ir.Value, rank: int, name: str) -> None:
        """Remembers which rows of a block hold a missing number."""
        if self.watches:
            axes = self._constant(np.arange(1, rank), f"{name}/axes")
            total = self._op("ReduceSum", x, axes, name=f"{name}/total", keepdims=0)
            self.unknown.append(self._op("IsNaN", total, name=f"{name}/is_unknown"))

    def _log1p(self, x: ir.Value, name: str) -> ir.Value:
        """`ln(1 + x)` to the last digits of small numbers too: `x · ln(u) / (u − 1)` with `u = 1 + x` (Kahan).

        NaN where it is not finite: `y + 0 · y`.
        """
        one, zero = self._constant(np.float64(1), f"{name}/one"), self._constant(np.float64(0), f"{name}/zero")
        u = self._op("Add", x, one, name=f"{name}/one_more")
        exact = self._op("Mul", x, self._op("Log", u, name=f"{name}/log"), name=f"{name}/log_times")
        exact = self._op("Div", exact, self._op("Sub", u, one, name=f"{name}/one_less"), name=f"{name}/log_over")
        exact = self._op("Add", exact, self._op("Mul", exact, zero, name=f"{name}/not_finite"), name=f"{name}/finite")
        return self._op("Where", self._op("Equal", u, one, name=f"{name}/is_tiny"), x, exact, name=f"{name}/log1p")

    def _index(self, column: str, fit: CategoryFit, unseen: int) -> ir.Value:
        """The label's place, counted from `unseen + 1`. A missing one takes the imputed label's, or is unseen."""
        index = {label: unseen + 1 + place for place, label in enumerate(fit.labels)}
        index.update(dict.fromkeys(self.marks, unseen if fit.impute is None else index[fit.impute]))
        settings = {"keys_strings": list(index), "values_int64s": list(index.values()), "default_int64": unseen}
        return self._op("LabelEncoder", self.raw[column], name=f"{column}/label", domain="ai.onnx.ml", **settings)

    def _onehot(self, column: str, fit: CategoryFit) -> ir.Value:
        index = self._op("Unsqueeze", self._index(column, fit, unseen=-1), self.axis, name=f"{column}/column")
        labels = self._constant(np.arange(len(fit.labels)), f"{column}/labels")
        return self._float(self._op("Equal", index, labels, name=f"{column}/is"), f"{column}/onehot")

    def _image(self, column: str, fit: ImageFit) -> ir.Value:
        x = self._float(self.raw[column], f"{column}/cast")
        if isinstance(fit.binarize, float):
            threshold = self._constant(np.float32(255.0 * fit.binarize), f"{column}/threshold")
            x = self._float(self._op("Greater", x, threshold, name=f"{column}/is_white"), f"{column}/binarize")
            x = self._op("Mul", x, self._constant(np.float32(255), f"{column}/white"), name=f"{column}/whiten")
        scale, shift = (np.array(numbers, np.float32).reshape(-1, 1, 1) for numbers in (fit.scale, fit.shift))
        if (scale != 1).any():
            x = self._op("Mul", x, self._constant(scale, f"{column}/scales"), name=f"{column}/scale")
        return self._op("Add", x, self._constant(shift, f"{column}/shifts"), name=f"{column}/shift") if shift.any() else x

    def _array(self, column: str, fit: Fit) -> ir.Value:
        assert isinstance(fit, ArrayFit)
        x = self.raw[column]
        if fit.center != 0 or fit.scale != 1:
            x = self._op("Cast", x, name=f"{column}/double", to=ir.DataType.DOUBLE)
            x = self._op("Sub", x, self._constant(np.float64(fit.center), f"{column}/centers"), name=f"{column}/center")
            x = self._op("Div", x, self._constant(np.float64(fit.scale), f"{column}/scales"), name=f"{column}/scale")
            x = self._float(x, f"{column}/cast")
        self._watch(x, 1 + len(fit.size), column)
        return x

    def _float(self, x: ir.Value, name: str) -> ir.Value:
        return self._op("Cast", x, name=name, to=ir.DataType.FLOAT)

    def _chosen(self, x: ir.Value, places: list[int], name: str) -> ir.Value:
        """Some columns of a block, in this order."""
        return self._op("Gather", x, self._constant(np.array(places), f"{name}/places"), name=name, axis=1)

    def _op(self, op: str, *inputs: ir.Value, name: str, **attributes: Any) -> ir.Value:
        return self.writer.op(op, *inputs, name=name, **attributes)

    def _constant(self, value: np.ndarray | np.generic, name: str) -> ir.Value:
        return self.writer.constant(value, name)
