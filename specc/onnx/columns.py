"""Drawn visible units as columns in their own units: outputs under the columns' names."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.data.visible import WHITE, Seat
from specc.ir import ArrayFit, CategoryFit, ImageFit, NumberFit
from specc.onnx.back import own_unit
from specc.onnx.formulas import Term
from specc.onnx.writer import Writer


def write_column(seat: Seat, name: str, sample: Term, mean: Term, writer: Writer) -> ir.Value:
    """The output `name` of a column: a drawn label, or number in double; a picture's chances as bytes 0…255.

    A number that bernoulli units hold as a chance is that chance in its unit; one whose indicator is drawn is NaN.
    """
    units = (mean if seat.holds_chances or isinstance(seat.fit, ImageFit) else sample).part(seat.place)
    match seat.fit:
        case NumberFit():
            value = own_unit(name, seat.fit, units.part(slice(0, 1)).value, writer)
            if seat.fit.indicator:
                missing = sample.part(seat.place).part(slice(1, 2)).op("Squeeze", units.place.integers([1], "axis")) > 0.5
                none = writer.constant(np.float64(np.nan), f"{name}/nan")
                value = writer.op("Where", missing.value, none, value, name=f"{name}/known")
            return writer.answer(value, name, ir.DataType.DOUBLE)
        case CategoryFit():
            place = units.op("ArgMax", axis=1, keepdims=0)
            labels = writer.texts(seat.fit.labels, f"{name}/labels")
            label = writer.op("Gather", labels, place.value, name=f"{name}/label", axis=0)
            return writer.answer(label, name, ir.DataType.STRING)
        case ImageFit():
            scale, shift = (np.array(numbers, np.float32).reshape(-1, 1, 1) for numbers in (seat.fit.scale, seat.fit.shift))
            x = units.reshape(0, *seat.fit.size)
            x = (x - units.place.constant(shift, "shifts")) / units.place.constant(scale, "scales")
            x = x.clip(0.0, WHITE).op("Round")
            shades = writer.op("Cast", x.value, name=f"{name}/bytes", to=ir.DataType.UINT8)
            return writer.answer(shades, name, ir.DataType.UINT8, *seat.fit.size)
        case ArrayFit():
            x = units.reshape(0, *seat.fit.size) * seat.fit.scale + seat.fit.center
            return writer.answer(x.value, name, ir.DataType.FLOAT, *seat.fit.size)
    raise ValueError(f"{seat.fit.kind} has no visible units")
