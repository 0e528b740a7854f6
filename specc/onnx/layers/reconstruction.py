"""What a machine expects of its visible units."""

from __future__ import annotations

import onnx_ir as ir

from specc.onnx.formulas import Term
from specc.onnx.layers.boltzmann import side_by_side
from specc.onnx.machines import Machine
from specc.onnx.writer import Place, writes
from specc.vocabulary.layers.reconstruction import Reconstruction


@writes(Reconstruction)
def reconstruction(layer: Reconstruction, place: Place) -> ir.Value:
    machine = Machine(layer.layer, layer.machine, place)
    totals = machine.totals(side_by_side(place.inputs[1:], place))
    return machine.visible_mean(machine.visible_input(Term(place.x, place)), totals, answers=False).value
