"""A machine of ratings as one ONNX file: the ratings of some cases in, the expected ratings of all units out.

Inputs, a line a rating as a table of them has it: the row of its case, `int64 [ratings]`, from 0; the unit, `string [ratings]`;
the rating, `double [ratings]`. A unit that the machine does not know, or no number, says nothing. Outputs: `expected_ratings`,
`double [rows, units]`, in the order of the units in the file's metadata, and the features `[rows, hidden]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx_ir as ir

from specc.about import specc_version
from specc.costs import LARGEST_FILE
from specc.door import state_key
from specc.ir import FORMAT, Node, RatingsFit, Spec
from specc.machines import machines
from specc.onnx.build import IR_VERSION, OPSETS, ModelTooLarge
from specc.onnx.description import KEY, reading_spec, write_description
from specc.onnx.writer import Writer

EXPECTED = "expected_ratings"
SHARE = 0.1
"""As in `specc.pytorch.nn.ratings`, which this side may not open; a test holds them equal."""


def ratings_fit(spec: Spec) -> RatingsFit:
    """The fit of a spec of ratings."""
    assert spec.bound is not None
    (fit,) = spec.bound.fits.values()
    assert isinstance(fit, RatingsFit)
    return fit


def build_ratings(spec: Spec, weights: Mapping[str, np.ndarray]) -> bytes:
    """The file of a bound spec of ratings, the same bytes for the same weights."""
    fit = ratings_fit(spec)
    (node,) = machines(spec)
    names = {"case": fit.case, "unit": fit.unit, "rating": fit.rating}
    writer = Writer(weights, [*names.values(), EXPECTED, node.name])
    writer.about = {"layer": node.name, "word": node.layer.word, "span": f"{node.span.start}-{node.span.end}"}
    types = {"case": ir.DataType.INT64, "unit": ir.DataType.STRING, "rating": ir.DataType.DOUBLE}
    given = {
        role: ir.Value(name=name, shape=ir.Shape(["ratings"]), type=ir.TensorType(types[role])) for role, name in names.items()
    }
    machine = _Machine(fit, node, writer)
    hidden = machine.features(given["case"], given["unit"], given["rating"])
    expected = machine.expected(hidden)
    about = {KEY: write_description(_describe(spec, fit, names, node.name, int(weights[state_key(node, "hidden_bias")].size)))}
    outputs = [expected, writer.answer(hidden, node.name, ir.DataType.FLOAT, machine.width)]
    graph = ir.Graph(
        list(given.values()),
        outputs,
        nodes=writer.nodes,
        initializers=[constant for constant in writer.constants.values() if constant.uses()],
        opset_imports=OPSETS,
        name=spec.name,
    )
    model = ir.Model(graph, ir_version=IR_VERSION, producer_name="specc", producer_version=specc_version(), metadata_props=about)
    return ir.to_proto(model).SerializeToString(deterministic=True)


def _describe(spec: Spec, fit: RatingsFit, names: Mapping[str, str], layer: str, width: int) -> dict[str, object]:
    types = {"case": "int64", "unit": "string", "rating": "double"}
    return {
        "format": FORMAT,
        "version": specc_version(),
        "name": spec.name,
        "inputs": {name: {"kind": role, "type": types[role]} for role, name in names.items()},
        "answers": {EXPECTED: {"kind": "ratings", "units": list(fit.units)}, layer: {"kind": "features", "size": [width]}},
        "spec": reading_spec(spec).model_dump(),
    }


class _Machine:
    """The nodes of one machine."""

    def __init__(self, fit: RatingsFit, node: Node, writer: Writer) -> None:
        self.fit, self.name, self.writer = fit, node.name, writer
        weights = {
            name: writer.weights[state_key(node, name)] for name in ("weight", "shared_weight", "hidden_bias", "visible_bias")
        }
        units, levels, self.width = weights["weight"].shape
        if weights["weight"].nbytes > LARGEST_FILE:
            raise ModelTooLarge(
                f"the weights take {weights['weight'].nbytes / 2**30:.1f} GiB, and an ONNX file in one piece holds 2 GiB"
            )
        together = weights["weight"] + np.float32(SHARE) * weights["shared_weight"]
        self.weight = self._constant(together.reshape(units * levels, self.width), "weight")
        self.hidden_bias = self._constant(weights["hidden_bias"], "hidden_bias")
        self.visible_bias = self._constant(weights["visible_bias"].reshape(-1), "visible_bias")
        self.shape = self._constant(np.array([-1, units, levels], np.int64), "sizes")
        self.values = self._constant(np.array(fit.levels), "levels")

    def features(self, case: ir.Value, unit: ir.Value, rating: ir.Value) -> ir.Value:
        """`σ(c + Σ w[i, k])`, float32 `[rows, hidden]`: a row up to the last one that any rating names."""
        place, known = self._places(unit, rating)
        nothing = self._constant(np.float32(0), "nothing")
        rows = self._op("Gather", self.weight, place, name="of_ratings")
        rows = self._op(
            "Where", self._op("Unsqueeze", known, self._axes(1), name="are_known"), rows, nothing, name="known_ratings"
        )
        before = self._constant(np.array([-1], np.int64), "before")
        last = self._op("ReduceMax", self._op("Concat", case, before, name="cases", axis=0), name="last", keepdims=1)
        count = self._op("Add", last, self._constant(np.array([1], np.int64), "one"), name="count")
        width = self._constant(np.array([self.width], np.int64), "width")
        empty = self._op("Expand", nothing, self._op("Concat", count, width, name="size", axis=0), name="empty")
        places = self._op("Unsqueeze", case, self._axes(1), name="rows")
        x = self._op("ScatterND", empty, places, rows, name="sums", reduction="add")
        return self._op("Sigmoid", self._op("Add", x, self.hidden_bias, name="inputs"), name="features")

    def expected(self, hidden: ir.Value) -> ir.Value:
        """The mean of the levels under their softmax, double `[rows, units]`."""
        logits = self._op("Gemm", hidden, self.weight, self.visible_bias, name="logits", transB=1)
        chances = self._op("Softmax", self._op("Reshape", logits, self.shape, name="by_unit"), name="chances", axis=-1)
        chances = self._op("Cast", chances, name="chances_double", to=ir.DataType.DOUBLE)
        return self.writer.answer(
            self._op("MatMul", chances, self.values, name="means"), EXPECTED, ir.DataType.DOUBLE, len(self.fit.units)
        )

    def _places(self, unit: ir.Value, rating: ir.Value) -> tuple[ir.Value, ir.Value]:
        """The row of the weights of each rating, that of the nearest level; and whether its unit is known and it is a number."""
        zero = self._constant(np.int64(0), "zero")
        settings = {"keys_strings": list(self.fit.units), "values_int64s": list(range(len(self.fit.units))), "default_int64": -1}
        index = self._op("LabelEncoder", unit, name="units", domain="ai.onnx.ml", **settings)
        number = self._op("Not", self._op("IsNaN", rating, name="is_missing"), name="is_number")
        known = self._op("And", self._op("GreaterOrEqual", index, zero, name="is_unit"), number, name="is_known")
        off = self._op("Sub", self._op("Unsqueeze", rating, self._axes(1), name="column"), self.values, name="off")
        level = self._op("ArgMin", self._op("Abs", off, name="distance"), name="level", axis=1, keepdims=0)
        first = self._op("Mul", index, self._constant(np.int64(len(self.fit.levels)), "count_of_levels"), name="first")
        place = self._op("Where", known, self._op("Add", first, level, name="place"), zero, name="known_place")
        return place, known

    def _axes(self, *axes: int) -> ir.Value:
        return self._constant(np.array(axes, np.int64), "axes")

    def _constant(self, value: np.ndarray | np.generic, name: str) -> ir.Value:
        return self.writer.constant(value, f"{self.name}/{name}")

    def _op(self, op: str, *inputs: ir.Value, name: str, **attributes: Any) -> ir.Value:
        return self.writer.op(op, *inputs, name=f"{self.name}/{name}", **attributes)
