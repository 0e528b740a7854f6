"""Answers for people: logits decoded into labels, probabilities and numbers, and laid out as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from specc.data.prepare import decode_target
from specc.data.visible import in_own_unit, made_seats, seats
from specc.door import Answer, answers
from specc.ir import CategoryFit, NumberFit, Spec
from specc.onnx.back import output_names
from specc.vocabulary.layers.composite import Made

if TYPE_CHECKING:
    import polars

Answers = dict[str, np.ndarray]
"""By target: labels as texts, or numbers in their own unit; `species_probabilities` `[rows, labels]` beside labels."""


def decode_answers(spec: Spec, logits: dict[str, np.ndarray], of: Sequence[Answer] | None = None) -> Answers:
    """The answers that the logits `[rows, units]` of each target mean, or of some of them."""
    assert spec.bound is not None
    decoded: Answers = {}
    for answer in answers(spec.graph) if of is None else of:
        fit, values = spec.bound.fits[answer.column], logits[answer.column].astype(np.float64)
        if isinstance(fit, CategoryFit):
            scores = np.concatenate([np.zeros_like(values), values], axis=1) if answer.head == "sigmoid" else values
            exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
            decoded[answer.column] = np.array(fit.labels, dtype=object)[scores.argmax(axis=1)]
            decoded[f"{answer.column}_probabilities"] = exponents / exponents.sum(axis=1, keepdims=True)
        else:
            assert isinstance(fit, NumberFit)
            decoded[answer.column] = decode_target(values[:, 0], fit)
    return decoded


def table_of(spec: Spec, given: Answers) -> polars.DataFrame:
    """A line a row: the answer of each target, and `species_probability_setosa`, … for labels."""
    import polars

    assert spec.bound is not None and spec.data is not None
    columns: dict[str, np.ndarray] = {}
    for target in spec.data.target:
        columns[target] = given[target]
        fit = spec.bound.fits[target]
        if isinstance(fit, CategoryFit):
            probabilities = given[f"{target}_probabilities"]
            columns |= {f"{target}_probability_{label}": probabilities[:, i] for i, label in enumerate(fit.labels)}
    return polars.DataFrame({name: polars.Series(values.tolist(), dtype=_type(values)) for name, values in columns.items()})


def table_of_features(name: str, values: np.ndarray) -> polars.DataFrame:
    """A line a row, a column a number of a layer's output: `dense_1_0`, `dense_1_1`, …"""
    import polars

    flat = values.reshape(len(values), -1)
    return polars.DataFrame({f"{name}_{i}": flat[:, i] for i in range(flat.shape[1])})


def table_of_columns(columns: dict[str, np.ndarray]) -> polars.DataFrame:
    """A line a row: numbers and labels under their names, pictures and blocks `[rows, …]` a column a number, `image_0`, …"""
    import polars

    series: dict[str, polars.Series] = {}
    for name, values in columns.items():
        flat = {name: values} if values.ndim == 1 else {f"{name}_{i}": v for i, v in enumerate(values.reshape(len(values), -1).T)}
        series |= {inner: polars.Series(column.tolist(), dtype=_type(column)) for inner, column in flat.items()}
    return polars.DataFrame(series)


def given_columns(spec: Spec, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a part of a composite gives, by its outputs in the file, as a table names it.

    What is made under its columns' names and then `reconstruction_error`, labels with their probabilities, and a layer's numbers
    under its own, `[rows, …]`.
    """
    assert spec.bound is not None
    columns: dict[str, np.ndarray] = {}
    targets = {answer.node: answer.column for answer in answers(spec.graph)}
    for node, outputs in output_names(spec).items():
        if isinstance(spec.graph.node(node).layer, Made):
            made = made_seats(spec)
            columns |= {seat.column: given[name] for seat, name in zip(made, outputs)}
            columns |= {name: given[name] for name in outputs[len(made) :]}
        elif node not in targets:
            columns[outputs[0]] = given[outputs[0]]
        else:
            columns[outputs[0]] = given[outputs[0]]
            fit = spec.bound.fits[targets[node]]
            if isinstance(fit, CategoryFit):
                columns |= {f"{outputs[0]}_probability_{label}": given[outputs[1]][:, i] for i, label in enumerate(fit.labels)}
    return columns


def reconstructed(spec: Spec, values: np.ndarray) -> dict[str, np.ndarray]:
    """The columns in their own units from the visible units that a reconstruction gives, each label's probability with them."""
    columns: dict[str, np.ndarray] = {}
    for seat in seats(spec):
        if seat.place.stop > values.shape[1]:
            break  # the labels that the model answers
        units = values[:, seat.place].astype(np.float64)
        columns[seat.column] = in_own_unit(seat, units)
        if isinstance(seat.fit, CategoryFit):
            columns |= {f"{seat.column}_probability_{label}": units[:, i] for i, label in enumerate(seat.fit.labels)}
    return columns


def _type(values: np.ndarray) -> type[polars.DataType]:
    import polars

    if values.dtype == object:
        return polars.String
    return polars.Int64 if values.dtype.kind in "iu" else polars.Float32 if values.dtype == np.float32 else polars.Float64
