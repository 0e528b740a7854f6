"""Every layer and activation as ONNX: the predicted shape comes out, and PyTorch's numbers, at any batch size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from specc.ir import ArrayFit
from specc.onnx.activations import COMPOSED, OPERATORS
from specc.onnx.build import build_onnx
from specc.onnx.parity import measure
from specc.onnx.session import OnnxModel
from specc.onnx.writer import WRITERS, writer_of
from specc.parts import part_of
from specc.vocabulary.part import every_class
from tests.onnx.bound import LABEL, bound, started, weights_of
from tests.words import layer_examples, network_around

ROWS = 65

SEVERE = (
    "conv2d_transpose(3, 3, dilation = 3, output_padding = 2)",
    "conv2d_transpose(3, 3, dilation = 3, padding = 1, output_padding = 2, bias = false)",
    "conv2d_transpose(3, 3, dilation = 3, padding = 2, output_padding = 1, activation = relu)",
    "conv2d_transpose(2, [3, 2], stride = [1, 3], dilation = [3, 1], padding = [1, 0], output_padding = 2)",
    "upsample(3, bilinear)",
    "upsample(4, bilinear)",
    "upsample(1, bilinear)",
    "leaky_relu(2.0)",
    "elu(0.5)",
)


def test_every_layer_and_activation_has_a_twin() -> None:
    for layer in every_class("layer"):
        writer_of(layer)  # type: ignore[arg-type]
        assert layer in WRITERS, f"a writer of its own for {layer.word}"
    assert {*OPERATORS, *COMPOSED} == set(every_class("activation"))
    assert not set(OPERATORS) & set(COMPOSED)


def raw_rows(model: OnnxModel) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(5)
    vectors, images = draw.normal(0, 3, (ROWS, 12)), draw.integers(0, 256, (ROWS, 3, 9, 8))
    rows = {"vector": vectors.astype(np.float32), "image": images.astype(np.uint8)}
    return {name: rows[name] for name in model.columns}


@pytest.mark.parametrize("layer", [*layer_examples(), *SEVERE])
def test_a_layer_gives_the_predicted_shape_and_pytorchs_numbers(layer: str) -> None:
    spec = network_around(layer)
    module = started(spec)
    weights = weights_of(module)
    file = build_onnx(spec, weights)
    raw = raw_rows(OnnxModel.load(file))
    door = {name: torch.tensor(rows).float() / (255 if name == "image" else 1) for name, rows in raw.items()}

    @torch.no_grad()
    def reference(rows: np.ndarray) -> tuple[np.ndarray, ...]:
        return (module(**{name: tensor[torch.tensor(rows)] for name, tensor in door.items()}).numpy(),)

    record = measure(file, raw, reference)
    assert record["batches"] == [1, 2, 64] and record["rows"] == ROWS
    assert record["outputs"]["label"]["scale"] > 0
    for node in spec.graph.nodes[:-1]:
        part = OnnxModel.load(build_onnx(part_of(spec, node.name), weights))
        for rows in (0, 1, ROWS):
            (given,) = part.answer({name: raw[name][:rows] for name in part.columns}).values()
            assert given.shape == (rows, *node.shape.dimensions()), node.name
    for rows in (0, 1, 1000):
        repeated = {name: np.resize(column, (rows, *column.shape[1:])) for name, column in raw.items()}
        answered = OnnxModel.load(file).answer(repeated)
        assert answered["label"].shape == (rows,) and answered["label_probabilities"].shape == (rows, 3)


@pytest.mark.parametrize("scale", [2, 3, 5])
def test_bilinear_upsampling_of_wide_images_is_pytorchs(scale: int) -> None:
    columns = "image = array([1, 2, 150]); y = category"
    network = f"input(image); upsample({scale}, bilinear); global_average_pool2d; output(y)"
    spec = bound(columns, network, {"image": ArrayFit(size=(1, 2, 150)), **LABEL}, source='npz("rows.npz")')
    model = OnnxModel.load(build_onnx(part_of(spec, "upsample_1"), weights_of(started(spec))))
    image = np.random.default_rng(0).normal(size=(2, 1, 2, 150)).astype(np.float32)
    expected = interpolate(torch.tensor(image), scale_factor=scale, mode="bilinear", align_corners=False).numpy()
    difference = np.abs(model.answer({"image": image})["upsample_1"] - expected).max()
    assert difference <= 4 * np.finfo(np.float32).eps * np.abs(expected).max()
