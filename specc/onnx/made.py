"""The back of a decoder or generator: what it makes becomes columns in their own units."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from specc.data.visible import Seat, made_seats
from specc.ir import ArrayFit, CategoryFit, ImageFit, Node, Spec
from specc.onnx.columns import write_column
from specc.onnx.formulas import Term
from specc.onnx.writer import Place, Writer


def made_answer(seat: Seat, logits: str) -> dict[str, Any]:
    """What the file says of one output; `logits` is the tensor that all columns are read of, `place` this one's numbers."""
    about: dict[str, Any] = {"kind": seat.fit.kind, "column": seat.column, "logits": logits}
    match seat.fit:
        case CategoryFit():
            return about | {"labels": list(seat.fit.labels), "place": [seat.place.start, seat.place.stop]}
        case ImageFit() | ArrayFit():
            return about | {"size": list(seat.fit.size)}
    return about


def write_made(spec: Spec, node: Node, made: ir.Value, names: tuple[str, ...], writer: Writer) -> list[ir.Value]:
    """The outputs of all columns, of the `[batch, …]` logits or scaled numbers that the node gives."""
    place = Place(node, (made,), (node.shape,), writer)
    seats = made_seats(spec)
    x = Term(made, place)
    if seats[0].units == "sigmoid":
        x = x.op("Sigmoid")
    elif seats[0].units == "softmax":
        x = x.op("Softmax", axis=1)
    if not node.shape.is_vector:
        x = x.op("Flatten", axis=1)
    return [write_column(seat, name, x, x, writer) for seat, name in zip(seats, names)]
