"""Files that draw rows: one Gibbs step of a machine, and the way from the top of a stack down to the data; noise is an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx_ir as ir

from specc.about import specc_version
from specc.data.visible import Seat, seats
from specc.door import identifier
from specc.ir import FORMAT, CategoryFit, Node, Spec
from specc.machines import machines
from specc.onnx.build import file_of
from specc.onnx.columns import write_column
from specc.onnx.description import KEY, SAMPLER, write_description
from specc.onnx.formulas import Term
from specc.onnx.machines import Machine, Noise
from specc.onnx.units import mean
from specc.onnx.writer import Place, Writer
from specc.vocabulary.layers.boltzmann import Hidden


def build_sampler(spec: Spec, weights: Mapping[str, np.ndarray]) -> bytes:
    """One Gibbs step, `v → h → v'`, in the machine at the top of a bound spec, in the numbers that its units hold.

    `visible` `[batch, units]` and noise (`hidden_uniform`, `visible_normal`, …: see `Noise`) become `hidden`, a draw of p(h|v) of
    mean `hidden_mean`, and `sample`, a draw of p(v|h) of mean `mean`. Of an rbm the columns stand beside it in their own units.
    Rows begin anywhere, zeros say nothing; units that are to be held are written into `visible` between the steps.
    """
    stack = machines(spec)
    file = _File(spec, weights)
    machine = file.machine(stack[-1])
    v = file.enters("visible", machine.width, machine)
    hidden = [(machine.layer.units.word, machine.layer.count)]
    x = machine.hidden_input(v, labelled=True)
    h = machine.draw_hidden(x, file.noise("hidden", hidden, machine))
    totals = machine.totals(v)
    received = machine.visible_input(h)
    drawn = machine.draw_visible(received, file.noise("visible", machine.blocks, machine), totals)
    file.gives("hidden", h, machine.layer.count)
    file.gives("hidden_mean", mean(machine.layer.units.word, x), machine.layer.count)
    file.gives_rows(drawn, machine.visible_mean(received, totals), machine, with_columns=len(stack) == 1)
    return file.bytes()


def drawn_name(machine: str) -> str:
    """What the output with the drawn hidden units of a machine on the way down is called."""
    return f"{identifier(machine)}_hidden"


def build_decoder(spec: Spec, weights: Mapping[str, np.ndarray]) -> bytes:
    """The way from a draw of the top machine's visible units, `features`, down through the machines below it, a draw of each.

    `sample` are the data's units, a draw, and `mean` what they expect; the columns stand beside them in their own units, and
    `rbm_1_hidden`, … are the draws on the way. Where the data are counts, `totals` `[batch, 1]` says of how many draws.
    """
    *lower, top = machines(spec)
    file = _File(spec, weights)
    machine = file.machine(top)
    x = file.enters("features", machine.width, machine)
    for node in reversed(lower[1:]):
        machine = file.machine(node)
        noise = file.noise(identifier(node.name), machine.blocks, machine)
        x = machine.draw_visible(machine.visible_input(x), noise, None)
        file.gives(drawn_name(node.inputs[-1]), x, machine.width)
    bottom = file.machine(lower[0])
    totals = file.enters("totals", 1, bottom) if bottom.places("replicated_softmax") else None
    received = bottom.visible_input(x)
    drawn = bottom.draw_visible(received, file.noise(identifier(lower[0].name), bottom.blocks, bottom), totals)
    file.gives_rows(drawn, bottom.visible_mean(received, totals), bottom, with_columns=True)
    return file.bytes()


TENSORS = ("visible", "features", "totals", "hidden", "hidden_mean", "sample", "mean")
"""What may stand beside noise and columns."""


class _File:
    """A file that is being written: what enters it, and what it gives."""

    def __init__(self, spec: Spec, weights: Mapping[str, np.ndarray]) -> None:
        self.spec, self.seats = spec, seats(spec)
        sides = ["hidden", "visible", *(identifier(node.name) for node in machines(spec))]
        noises = [f"{side}_{kind}" for side in sides for kind in ("uniform", "normal", "count_uniform", "hidden")]
        taken = {*TENSORS, *noises}
        self.names = {seat.column: f"{seat.column}_column" if seat.column in taken else seat.column for seat in self.seats}
        self.writer = Writer(weights, [*taken, *self.names.values()])
        self.inputs: list[ir.Value] = []
        self.outputs: list[ir.Value] = []
        self.columns: dict[str, Seat] = {}

    def machine(self, node: Node) -> Machine:
        assert isinstance(node.layer, Hidden)
        return Machine(node.layer, node.name, Place(node, (), (), self.writer))

    def enters(self, name: str, width: int, machine: Machine) -> Term:
        value = ir.Value(name=name, shape=ir.Shape(["batch", width]), type=ir.TensorType(ir.DataType.FLOAT))
        self.inputs.append(value)
        return Term(value, machine.place)

    def noise(self, side: str, blocks: Sequence[tuple[str, int]], machine: Machine) -> Noise:
        noise = Noise(side, blocks, machine.place)
        self.inputs += noise.inputs.values()
        return noise

    def gives(self, name: str, x: Term, width: int) -> None:
        value = self.writer.op("Identity", x.value, name=name)
        self.outputs.append(self.writer.answer(value, name, ir.DataType.FLOAT, width))

    def gives_rows(self, sample: Term, mean: Term, machine: Machine, with_columns: bool) -> None:
        """A draw of visible units and their mean, and the columns that they hold."""
        self.gives("sample", sample, machine.width)
        self.gives("mean", mean, machine.width)
        if with_columns:
            self.columns = {self.names[seat.column]: seat for seat in self.seats}
            self.outputs += [write_column(seat, name, sample, mean, self.writer) for name, seat in self.columns.items()]

    def bytes(self) -> bytes:
        about = {
            "format": FORMAT,
            "version": specc_version(),
            "kind": SAMPLER,
            "name": self.spec.name,
            "columns": {
                name: {"kind": seat.fit.kind, "units": seat.units, "start": seat.place.start, "end": seat.place.stop}
                | ({"labels": list(seat.fit.labels)} if isinstance(seat.fit, CategoryFit) else {})
                for name, seat in self.columns.items()
            },
        }
        return file_of(self.spec.name, self.inputs, self.outputs, self.writer, {KEY: write_description(about)})
