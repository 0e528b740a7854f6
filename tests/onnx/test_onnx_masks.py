"""Dropout that is always on: its mask is an input of the file, and given that one both sides compute the same numbers."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.ir import Node
from specc.onnx.build import file_of
from specc.onnx.session import open_session
from specc.onnx.writer import Place, Writer, writer_of
from specc.shapes import Shape
from specc.vocabulary.layers.noise import Dropout


def test_the_mask_of_dropout_is_an_input_of_the_file() -> None:
    layer, shape = Dropout(rate=0.75, always=True), Shape.image(2, 3, 4)
    x = ir.Value(name="x", shape=ir.Shape(["batch", 2, 3, 4]), type=ir.TensorType(ir.DataType.FLOAT))
    writer = Writer({}, ["x", "y", "noise_mask"])
    place = Place(Node(name="noise", layer=layer, inputs=("x",), outputs={"": shape}), (x,), (shape,), writer)
    given = writer.answer(writer_of(Dropout)(layer, place), "y", ir.DataType.FLOAT, 2, 3, 4)
    ((name, asked),) = writer.asked.items()
    assert name == "noise_mask_2"  # a column bears the name that it would have
    description = {"kind": "noise", "type": "float", "size": [2, 3, 4], "distribution": "mask", "rate": 0.75}
    assert asked.description == description
    session = open_session(file_of("masked", [x, asked.value], [given], writer, {}))
    rows, mask = np.random.default_rng(1).normal(size=(5, 2, 3, 4)).astype(np.float32), np.zeros((5, 2, 3, 4), np.float32)
    mask[::2, 0] = 1
    (answer,) = session.run(["y"], {"x": rows, name: mask})
    assert np.array_equal(answer, rows * mask * 4)


def test_dropout_that_rests_in_use_asks_for_nothing() -> None:
    x = ir.Value(name="x", shape=ir.Shape(["batch", 4]), type=ir.TensorType(ir.DataType.FLOAT))
    writer, layer = Writer({}, ["x"]), Dropout(rate=0.75)
    place = Place(Node(name="noise", layer=layer, inputs=("x",), outputs={"": Shape.vector(4)}), (x,), (Shape.vector(4),), writer)
    assert writer_of(Dropout)(layer, place) is x
    assert not writer.asked and not writer.nodes
