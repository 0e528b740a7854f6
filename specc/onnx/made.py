"""The back of a decoder or generator: what it makes becomes columns in their own units, and how far they are from the row's."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from specc.data.visible import Seat, label_places, made_seats
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


def error_answer(error: str, logits: str) -> dict[str, Any]:
    """What the file says of the output with each row's error; `error` is the tensor that it gives, `logits` what is measured."""
    return {"kind": "error", "logits": error, "of": logits}


def write_made(spec: Spec, node: Node, made: ir.Value, names: tuple[str, ...], writer: Writer) -> list[ir.Value]:
    """The outputs of all columns, of the `[batch, …]` logits or scaled numbers that the node gives."""
    seats = made_seats(spec)
    x = _flat(_activated(seats[0], Term(made, Place(node, (made,), (node.shape,), writer))), node)
    return [write_column(seat, name, x, x, writer) for seat, name in zip(seats, names)]


def write_error(spec: Spec, node: Node, made: ir.Value, row: ir.Value, writer: Writer) -> ir.Value:
    """`[batch]`: the mean square of the differences between what is made and the row, in the network's scale."""
    x = _activated(made_seats(spec)[0], Term(made, Place(node, (made, row), (node.shape, node.shape), writer)))
    difference = _flat(_with_labels(spec, x, node) - row, node)
    return (difference * difference).op("ReduceMean", x.place.integers([1], "axis"), keepdims=0).value


def _activated(seat: Seat, x: Term) -> Term:
    return x.op("Sigmoid") if seat.units == "sigmoid" else x.op("Softmax", axis=1) if seat.units == "softmax" else x


def _with_labels(spec: Spec, x: Term, node: Node) -> Term:
    """The numbers with a softmax over each group of logits among them."""
    places = label_places(spec)
    if not places:
        return x
    starts = sorted({0, *(place.start for place in places), *(place.stop for place in places)} - {node.shape.count})
    ends = [*starts[1:], node.shape.count]
    parts = [x.part(slice(start, end)) for start, end in zip(starts, ends)]
    parts = [part.op("Softmax", axis=1) if slice(start, end) in places else part for part, start, end in zip(parts, starts, ends)]
    return parts[0].op("Concat", *(part.value for part in parts[1:]), axis=1)


def _flat(x: Term, node: Node) -> Term:
    return x if node.shape.is_vector else x.op("Flatten", axis=1)
