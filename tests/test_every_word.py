"""For every word: the predicted shape is PyTorch's and the ONNX graph's, and both compute the same numbers."""

from __future__ import annotations

import pytest
import torch

from specc.door import RESERVED, door
from specc.ir import Spec
from specc.parts import part_of
from specc.pytorch.source import build_module, parameter_table
from tests.words import layer_examples, network_around

ROWS = 5


def random_inputs(spec: Spec, rows: int = ROWS) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    sizes = {"vector": (12,), "image": (3, 9, 8)}
    return {t.name: torch.randn(rows, *sizes[t.name], generator=generator) for t in door(spec)}


def started_module(spec: Spec) -> torch.nn.Module:
    module = build_module(spec)
    module.start(torch.Generator().manual_seed(1))  # type: ignore[operator]
    for name, buffer in module.named_buffers():  # running statistics that are not the identity
        if name.endswith("running_mean"):
            buffer.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(2))
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2.0, generator=torch.Generator().manual_seed(2))
    return module.eval()


@pytest.mark.parametrize("layer", list(layer_examples()))
def test_predicted_shapes_and_parameters_are_pytorchs(layer: str) -> None:
    spec = network_around(layer)
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


def test_reserved_names_are_those_of_modules() -> None:
    assert {name for name in dir(torch.nn.Module()) if not name.startswith("_")} <= RESERVED
