"""Virtual batch norm in the file: PyTorch's numbers, by the statistics that its reference had last."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
import torch

from specc.ir import Node
from specc.onnx.build import file_of
from specc.onnx.parity import BOUND
from specc.onnx.session import open_session
from specc.onnx.writer import Place, Writer, writer_of
from specc.pytorch.nn import VirtualBatchNorm as Module
from specc.pytorch.nn.virtual import reference
from specc.shapes import Shape
from specc.vocabulary.layers.normalization import VirtualBatchNorm

SHAPES = {"features": Shape.vector(4), "images": Shape.image(4, 3, 5)}


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_file_has_pytorchs_numbers(shape: Shape, affine: bool) -> None:
    sizes, generator = shape.dimensions(), torch.Generator().manual_seed(1)
    module = Module(4, eps=1e-3, affine=affine).eval()
    with torch.no_grad(), reference(module):
        for parameter in module.parameters():
            parameter.uniform_(0.5, 2, generator=generator)
        module(3 + 2 * torch.randn(9, *sizes, generator=generator))
    layer = VirtualBatchNorm(epsilon=1e-3, affine=affine)
    weights = {f"norm.{name}": tensor.numpy() for name, tensor in module.state_dict().items()}
    x = ir.Value(name="x", shape=ir.Shape(["batch", *sizes]), type=ir.TensorType(ir.DataType.FLOAT))
    writer = Writer(weights, ["x", "y"])
    place = Place(Node(name="norm", layer=layer, inputs=("x",), outputs={"": shape}), (x,), (shape,), writer)
    given = writer.answer(writer_of(VirtualBatchNorm)(layer, place), "y", ir.DataType.FLOAT, *sizes)
    session = open_session(file_of("normed", [x], [given], writer, {}))
    (none,) = session.run(["y"], {"x": np.zeros((0, *sizes), np.float32)})
    assert np.shape(none) == (0, *sizes)
    for rows in (1, 65):
        taken = torch.randn(rows, *sizes, generator=generator)
        expected = module(taken).detach().numpy()
        found = np.asarray(session.run(["y"], {"x": taken.numpy()})[0])
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() <= BOUND * np.abs(expected).max()
