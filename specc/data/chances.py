"""Rows that a decoder makes as chances have chances in them: numbers from 0 to 1."""

from __future__ import annotations

import numpy as np

from specc.data.prepare import encode_number, prepare_array
from specc.data.table import Table, count_of, first_rows
from specc.diagnostics import Report
from specc.door import input_columns
from specc.ir import ArrayFit, NumberFit, Spec
from specc.observing import observed
from specc.vocabulary.families import Loss
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.losses import BinaryCrossEntropy
from specc.vocabulary.variational import Elbo


def chances_are_between_0_and_1(spec: Spec, table: Table, report: Report) -> None:
    """What is compared by a cross-entropy of bits lies between 0 and 1 in every row, as it enters."""
    encoder = spec.graphs.get("encoder")
    node = next((n for n in encoder.nodes if type(n.layer) is Input), None) if encoder is not None else None
    losses = [term.loss for phase in spec.phases for term in phase.settings.loss]
    if node is None or spec.data is None:
        return
    for name in input_columns(spec, node):
        loss = next((loss for loss in losses if _is_of_bits(spec, name, loss)), None)
        column = spec.data.columns[name]
        if loss is None or getattr(column, "scale", None) == "minmax":  # training rows were brought there, others may lie beside
            continue
        rows = _outside(spec, name, table)
        if len(rows):
            message = f"`{loss.word}` compares numbers from 0 to 1, and `{name}` has others in {count_of(len(rows), 'row')}"
            notes = first_rows(lambda row: f"`{name}` in {table.place(row)}", rows.tolist())  # noqa: B023
            squares = "elbo(reconstruction = mean_squared_error)" if isinstance(loss, Elbo) else "mean_squared_error"
            way_out = f"`scale = minmax` brings numbers there; `{squares}` compares any"
            report.error("E0406", message, spec.spans.get(f"data.columns.{name}", node.span), notes=notes, help=way_out)


def _is_of_bits(spec: Spec, name: str, loss: Loss) -> bool:
    assert spec.data is not None
    if isinstance(loss, Elbo):
        return observed(spec.data.columns[name], loss) == "bernoulli"
    return isinstance(loss, BinaryCrossEntropy) and loss.output is None


def _outside(spec: Spec, name: str, table: Table) -> np.ndarray:
    """The rows in which a column of numbers has one below 0 or above 1; a missing one is none."""
    assert spec.bound is not None
    fit = spec.bound.fits[name]
    if isinstance(fit, NumberFit):
        values = encode_number(table.columns[name], fit)
    elif isinstance(fit, ArrayFit):
        values = prepare_array(table.columns[name], fit)
    else:
        return np.array([], np.int64)
    wrong = ((values < 0) | (values > 1)).reshape(len(values), -1).any(axis=1)
    return np.flatnonzero(wrong & ~table.is_missing(name))
