"""For every word: the predicted shape is PyTorch's and the ONNX graph's, and both compute the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from specc.door import RESERVED, door
from specc.ir import Spec
from specc.onnx.build import build_onnx
from specc.onnx.parity import BOUND
from specc.onnx.session import OnnxModel
from specc.parts import part_of
from specc.pytorch.source import build_module, parameter_table
from specc.training.rows import scaled_inputs
from tests.words import layer_examples, machine_around, machine_examples, network_around

ROWS = 5


def random_inputs(spec: Spec, rows: int = ROWS) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    sizes = {"vector": (12,), "image": (3, 9, 8)}
    return {t.name: torch.randn(rows, *sizes[t.name], generator=generator) for t in door(spec)}


def started_module(spec: Spec) -> torch.nn.Module:
    module = build_module(spec)
    module.start(torch.Generator().manual_seed(1))  # type: ignore[operator]
    for name, buffer in module.named_buffers():  # running statistics that are not the identity
        if name.endswith(("running_mean", "direction")):
            buffer.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(2))
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2.0, generator=torch.Generator().manual_seed(2))
    return module.eval()


@pytest.mark.parametrize("layer", list(layer_examples()))
def test_predicted_shapes_and_parameters_are_pytorchs(layer: str) -> None:
    hold_shapes_and_parameters(network_around(layer))


@pytest.mark.parametrize("model", list(machine_examples()))
def test_predicted_shapes_and_parameters_of_machines_are_pytorchs(model: str) -> None:
    hold_shapes_and_parameters(machine_around(model))


def hold_shapes_and_parameters(spec: Spec) -> None:
    """The shape of every layer's tensor, the names of the parameters and how many numbers they are."""
    for node in spec.graph.nodes:
        part = part_of(spec, node.name)
        result = started_module(part)(**random_inputs(part))
        assert tuple(result.shape) == (ROWS, *node.shape.dimensions()), node.name
    module = started_module(spec)
    table = parameter_table(spec)
    assert set(table) == {name for name, _ in module.named_parameters()}
    predicted = sum(
        torch.Size(size).numel()
        for node in spec.graph.nodes
        for size in node.layer.parameter_shapes(*(spec.graph.shape_of(name) for name in node.inputs)).values()
    )
    assert predicted == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("layer", list(layer_examples()))
def test_the_onnx_graph_has_the_predicted_shapes_and_pytorchs_values(layer: str) -> None:
    spec = network_around(layer)
    raw = {
        "vector": np.random.default_rng(0).normal(size=(ROWS, 12)).astype(np.float32),
        "image": np.random.default_rng(1).integers(0, 256, (ROWS, 3, 9, 8), dtype=np.uint8),
    }
    inputs = scaled_inputs(spec, {t.name: torch.from_numpy(raw[t.name]) for t in door(spec)})
    weights = {name: tensor.numpy() for name, tensor in started_module(spec).state_dict().items()}
    for node in spec.graph.nodes:
        part = part_of(spec, node.name)
        module = started_module(part)
        module.load_state_dict({name: torch.from_numpy(weights[name]) for name in module.state_dict()})
        ours = module(**{t.name: inputs[t.name] for t in door(part)}).detach().numpy()
        model = OnnxModel.load(build_onnx(part, {name: weights[name] for name in module.state_dict()}))
        (theirs,) = model.session.run(None, {name: raw[name] for name in model.columns})[:1]
        if node.layer.word == "output":  # its ONNX answers are labels; the logits are compared by the part before
            continue
        assert theirs.shape == (ROWS, *node.shape.dimensions()), node.name
        scale = max(float(np.abs(ours).max()), 1e-6)
        assert float(np.abs(ours - theirs).max()) <= BOUND * scale, node.name


def test_reserved_names_are_those_of_modules() -> None:
    assert {name for name in dir(torch.nn.Module()) if not name.startswith("_")} <= RESERVED
