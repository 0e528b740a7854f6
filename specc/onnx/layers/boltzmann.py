"""Layers of restricted Boltzmann machines."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from specc.onnx.formulas import Term, beside
from specc.onnx.machines import Machine
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.boltzmann import Hidden, Label, Rbm, Visible


@writes(Visible)
def visible(layer: Visible, place: Place) -> ir.Value:
    """The tensors of the door side by side, a picture flattened."""
    return side_by_side([place.op("Flatten", x, axis=1) for x in place.inputs], place).value


@writes(Hidden, Rbm)
def hidden(layer: Hidden, place: Place) -> ir.Value:
    return Machine(layer, place.node.name, place).features(side_by_side(place.inputs, place)).value


@writes(Label)
def label(layer: Label, place: Place) -> ir.Value:
    """The scores of the labels beside the other visible units; the last tensor is the machine's."""
    machine = place.givers[-1]
    assert isinstance(machine.layer, Hidden)
    return Machine(machine.layer, machine.name, place).label_scores(side_by_side(place.inputs[:-1], place)).value


def side_by_side(values: Sequence[ir.Value], place: Place) -> Term:
    return beside([Term(value, place) for value in values])
