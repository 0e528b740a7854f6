"""The back of the graph: logits become answers, a label with the probabilities of all, or a number in its own unit."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.composites import end_of, results_of
from specc.data.visible import made_seats, rebuilt_tensor
from specc.door import Answer, answers
from specc.ir import CategoryFit, NumberFit, Spec
from specc.onnx.front import read_columns
from specc.onnx.writer import Writer
from specc.vocabulary.layers.composite import Made


def probabilities_of(column: str) -> str:
    """What the output with a category's probabilities is called."""
    return f"{column}_probabilities"


SCORE = "score"
"""What a discriminator gives: the larger, the more a row is like those of the data."""
ERROR = "reconstruction_error"
"""The output with the error of each row that is made again."""


def output_names(spec: Spec) -> dict[str, tuple[str, ...]]:
    """The outputs of the file by the node that they read: targets under their names, a part's last layer under its own.

    Of what is made, a name a column; where it is the row itself that is made again, then the name of its error.
    """
    assert spec.bound is not None
    columns = {answer.node: answer.column for answer in answers(spec.graph)}
    names: dict[str, tuple[str, ...]] = {}
    for node in results_of(spec):
        if isinstance(spec.graph.node(node).layer, Made):
            names[node] = tuple(made_name(spec, seat.column) for seat in made_seats(spec))
            if rebuilt_tensor(spec) is not None:
                names[node] += (f"{ERROR}_of_the_row" if ERROR in (*names[node], *read_columns(spec)) else ERROR,)
        elif node not in columns:
            name = SCORE if _is_score(spec, node) else node.removeprefix(f"{spec.graph.name}.")
            names[node] = (f"{name}_features" if name in read_columns(spec) else name,)
        elif isinstance(spec.bound.fits[columns[node]], CategoryFit):
            names[node] = (columns[node], probabilities_of(columns[node]))
        else:
            names[node] = (columns[node],)
    return names


def _is_score(spec: Spec, node: str) -> bool:
    """Whether a tensor is what a discriminator judges rows by: a number for each, or for each patch of a picture."""
    shape = spec.graph.node(node).shape
    is_one = (shape.is_vector and shape.dimensions() == (1,)) or (not shape.is_vector and shape.dimensions()[0] == 1)
    return spec.graph.name == "discriminator" and node == end_of(spec.graph) and is_one and SCORE not in read_columns(spec)


def made_name(spec: Spec, column: str) -> str:
    """The output of a column that is made: its own name, or behind an input of that name `image_reconstruction`."""
    taken = read_columns(spec)
    name = f"{column}_reconstruction" if column in taken else column
    while name in taken:
        name += "_"
    return name


def blanked(x: ir.Value, rank: int, unknown: list[ir.Value], writer: Writer) -> ir.Value:
    """The tensor, NaN in the rows that lack a number."""
    for rows in unknown:
        axes = writer.constant(np.arange(1, rank), f"{x.name}/axes")
        rows = writer.op("Unsqueeze", rows, axes, name=f"{x.name}/is_unknown")
        x = writer.op("Where", rows, writer.constant(np.float32(np.nan), f"{x.name}/nan"), x, name=f"{x.name}/known")
    return x


def write_features(x: ir.Value, name: str, sizes: tuple[int, ...], writer: Writer) -> ir.Value:
    """The output of a part that ends with no answer: its last tensor as it is."""
    return writer.answer(writer.op("Identity", x, name=name), name, ir.DataType.FLOAT, *sizes)


def write_answer(spec: Spec, answer: Answer, logits: ir.Value, writer: Writer) -> list[ir.Value]:
    """The outputs of one target from its logits, `[batch, units]`."""
    assert spec.bound is not None
    fit = spec.bound.fits[answer.column]
    if isinstance(fit, NumberFit):
        return [_number(answer.column, fit, logits, writer)]
    assert isinstance(fit, CategoryFit)
    return _category(answer, fit, logits, writer)


def _category(answer: Answer, fit: CategoryFit, logits: ir.Value, writer: Writer) -> list[ir.Value]:
    """The label is the likeliest one; a row whose logits are not numbers, as a missing number leaves them, gets none: ""."""
    name = answer.column
    if answer.head == "sigmoid":
        opposite = writer.op("Neg", logits, name=f"{name}/opposite")
        both = writer.op("Concat", opposite, logits, name=f"{name}/both", axis=1)
        shares = writer.op("Sigmoid", both, name=f"{name}/probabilities")
        zero = writer.constant(np.float32(0), f"{name}/threshold")
        positive = writer.op("Greater", logits, zero, name=f"{name}/is_positive")
        place = writer.op("Cast", positive, name=f"{name}/side", to=ir.DataType.INT64)
        place = writer.op("Squeeze", place, _axis(writer, name), name=f"{name}/place")
    else:
        shares = writer.op("Softmax", logits, name=f"{name}/probabilities", axis=-1)
        place = writer.op("ArgMax", logits, name=f"{name}/place", axis=-1, keepdims=0)
    label = writer.op("Gather", writer.texts(fit.labels, f"{name}/labels"), place, name=f"{name}/label", axis=0)
    total = writer.op("ReduceSum", shares, _axis(writer, name), name=f"{name}/total", keepdims=0)
    broken = writer.op("IsNaN", total, name=f"{name}/is_broken")
    label = writer.op("Where", broken, writer.texts([""], f"{name}/none"), label, name=f"{name}/answer")
    return [
        writer.answer(label, name, ir.DataType.STRING),
        writer.answer(shares, probabilities_of(name), ir.DataType.FLOAT, len(fit.labels)),
    ]


def _number(name: str, fit: NumberFit, logits: ir.Value, writer: Writer) -> ir.Value:
    return writer.answer(own_unit(name, fit, logits, writer), name, ir.DataType.DOUBLE)


def own_unit(name: str, fit: NumberFit, logits: ir.Value, writer: Writer) -> ir.Value:
    """`y · scale + center` of `[batch, 1]`, then `eʸ − 1` of a number on a log1p scale, in double `[batch]`."""
    y = writer.op("Squeeze", logits, _axis(writer, name), name=f"{name}/column")
    y = writer.op("Cast", y, name=f"{name}/double", to=ir.DataType.DOUBLE)
    y = writer.op("Mul", y, writer.constant(np.float64(fit.scale), f"{name}/scales"), name=f"{name}/unscale")
    y = writer.op("Add", y, writer.constant(np.float64(fit.center), f"{name}/centers"), name=f"{name}/uncenter")
    return _expm1(y, name, writer) if fit.transform == "log1p" else y


def _expm1(y: ir.Value, name: str, writer: Writer) -> ir.Value:
    """`eʸ − 1 = tanh(y/2) · (eʸ + 1)`, which keeps the digits of small numbers."""
    half, one = writer.constant(np.float64(0.5), f"{name}/one_half"), writer.constant(np.float64(1), f"{name}/one")
    more = writer.op("Add", writer.op("Exp", y, name=f"{name}/exp"), one, name=f"{name}/one_more")
    half = writer.op("Mul", y, half, name=f"{name}/half")
    return writer.op("Mul", writer.op("Tanh", half, name=f"{name}/tanh"), more, name=f"{name}/expm1")


def _axis(writer: Writer, name: str) -> ir.Value:
    return writer.constant(np.array([1], np.int64), f"{name}/axis")
