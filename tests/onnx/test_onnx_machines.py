"""Machines as ONNX: features, label scores and reconstructions are PyTorch's, for every kind of unit and any batch."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from onnx import ModelProto

from specc.data.prepare import door_tensors
from specc.data.visible import seats
from specc.door import results
from specc.ir import Spec
from specc.machines import machines
from specc.onnx.build import build_onnx
from specc.onnx.parity import measure
from specc.onnx.session import OnnxModel
from specc.parts import NoSuchPart, asked_part, part_of
from specc.pytorch.nn import RestrictedBoltzmann
from specc.pytorch.source import build_module
from specc.training.rows import scaled_inputs
from tests.onnx.machines import DBNS, RBMS, dbn, drawn_module, raw_rows, rbm

ROWS = 65


def door(spec: Spec, raw: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return scaled_inputs(spec, {name: torch.from_numpy(values) for name, values in door_tensors(raw, spec).items()})


def proven(spec: Spec, trained: torch.nn.Module) -> tuple[OnnxModel, torch.nn.Module]:
    """The file of a part of a trained module, equal to it at batch 1, 2 and a larger one."""
    module = build_module(spec)
    module.load_state_dict({name: trained.state_dict()[name] for name in module.state_dict()})
    content = build_onnx(spec, {name: tensor.numpy() for name, tensor in module.state_dict().items()})
    raw = raw_rows(spec, ROWS)
    inputs = door(spec, raw)

    @torch.no_grad()
    def reference(rows: np.ndarray) -> tuple[np.ndarray, ...]:
        given = module.eval()(**{name: tensor[torch.from_numpy(rows)] for name, tensor in inputs.items()})
        return tuple(tensor.numpy() for tensor in (given if len(results(spec.graph)) > 1 else (given,)))

    record = measure(content, {name: raw[name] for name in OnnxModel.load(content).columns}, reference)
    assert record["batches"] == [1, 2, 64]
    assert all(output["scale"] > 0 for output in record["outputs"].values())
    return OnnxModel.load(content), module


@pytest.mark.parametrize("name", RBMS)
def test_an_rbm_answers_gives_features_and_reconstructs_as_pytorch_does(name: str) -> None:
    spec = rbm(name)
    trained = drawn_module(spec)
    for part in (spec, asked_part(spec, "hidden_1"), asked_part(spec, "reconstruction")):
        model, _ = proven(part, trained)
        raw = raw_rows(spec, 3)
        for rows in (0, 1, 3):
            (first, *_) = model.answer({name: raw[name][:rows] for name in model.columns}).values()
            assert len(first) == rows


@pytest.mark.parametrize("name", DBNS)
def test_a_dbn_answers_gives_features_and_reconstructs_as_pytorch_does(name: str) -> None:
    spec = dbn(name)
    trained = drawn_module(spec)
    for part in ("output_1", "rbm_1", "rbm_2", "reconstruction"):
        proven(asked_part(spec, part), trained)


@pytest.mark.parametrize("name", [name for name in RBMS if name.startswith("labels") or name == "everything"])
def test_the_label_of_a_row_has_the_probability_that_counting_every_label_gives(name: str) -> None:
    spec = rbm(name)
    trained = drawn_module(spec)
    model, _ = proven(spec, trained)
    raw = raw_rows(spec, ROWS)
    given = model.answer({name: raw[name] for name in model.columns})
    machine: RestrictedBoltzmann = trained.hidden_1.double()  # type: ignore[assignment]
    v = side_by_side(spec, raw)
    labels = torch.eye(4, dtype=torch.float64)
    energies = torch.stack([machine.free_energy(torch.cat([v, y.expand(len(v), -1)], 1)) for y in labels], 1)
    np.testing.assert_allclose(given["kind_probabilities"], torch.softmax(-energies, 1).detach(), atol=3e-6)


def side_by_side(spec: Spec, raw: dict[str, np.ndarray]) -> torch.Tensor:
    """The visible units without the label, in float64."""
    tensors = door(spec, raw)
    return torch.cat([tensors[name].flatten(1) for name in tensors], 1).double()


@pytest.mark.parametrize("units", ["bernoulli", "softmax", "counts", "gaussian", "everything"])
def test_a_reconstruction_is_the_mean_that_the_features_expect(units: str) -> None:
    spec = rbm(units)
    trained = drawn_module(spec)
    model, module = proven(asked_part(spec, "reconstruction"), trained)
    raw = raw_rows(spec, 5)
    (given,) = model.answer({name: raw[name] for name in model.columns}).values()
    machine: RestrictedBoltzmann = module.hidden_1  # type: ignore[assignment]
    v = side_by_side(spec, raw).float()
    with torch.no_grad():
        mean = machine.visible_mean(machine(v), machine.totals(v))
    width = given.shape[1]
    assert width == v.shape[1], "the label is left out"
    np.testing.assert_allclose(given, mean[:, :width], rtol=1e-5, atol=1e-6)


def test_a_dbn_is_reconstructed_down_through_all_its_machines() -> None:
    spec = dbn("bernoulli")
    trained = drawn_module(spec)
    model, _ = proven(asked_part(spec, "reconstruction"), trained)
    raw = raw_rows(spec, 4)
    (given,) = model.answer({"photo": raw["photo"]}).values()
    stack: list[Any] = [trained.get_submodule(name) for name in ("rbm_1", "rbm_2", "rbm_3")]
    x = torch.from_numpy(raw["photo"]).float().flatten(1) / 255
    with torch.no_grad():
        for machine in stack:
            x = torch.sigmoid(x @ machine.weight.t() + machine.hidden_bias)
        for machine in reversed(stack):
            x = torch.sigmoid(x @ machine.weight + machine.visible_bias)
    np.testing.assert_allclose(given, x, rtol=1e-5, atol=1e-6)


def test_weights_of_its_own_take_a_dbn_down() -> None:
    spec = dbn("weights of its own for the way down")
    trained = drawn_module(spec)
    model, _ = proven(asked_part(spec, "reconstruction"), trained)
    raw = raw_rows(spec, 4)
    (given,) = model.answer({"photo": raw["photo"]}).values()
    one, two, three = (trained.get_submodule(name) for name in ("rbm_1", "rbm_2", "rbm_3"))
    x: Any = torch.from_numpy(raw["photo"]).float().flatten(1) / 255
    with torch.no_grad():
        for machine in (one, two, three):
            x = torch.sigmoid(x @ machine.weight.t() + machine.hidden_bias)  # type: ignore[operator, union-attr]
        for weight, bias in (
            (three.weight, three.visible_bias),
            (two.generative_weight, two.visible_bias),
            (one.generative_weight, one.visible_bias),
        ):
            x = torch.sigmoid(x @ weight + bias)  # type: ignore[operator]
    np.testing.assert_allclose(given, x, rtol=1e-5, atol=1e-6)


def test_the_weights_stand_in_a_file_once() -> None:
    spec = asked_part(rbm("labels"), "reconstruction")
    weights = {name: tensor.numpy() for name, tensor in drawn_module(rbm("labels")).state_dict().items()}
    file = ModelProto.FromString(build_onnx(spec, weights))
    names = [tensor.name for tensor in file.graph.initializer]
    assert names.count("hidden_1.weight") == 1 and not any(name.startswith("hidden_1.weight_") for name in names)
    assert build_onnx(spec, weights) == build_onnx(spec, weights)


def test_visible_units_are_the_columns_they_hold() -> None:
    spec = rbm("everything")
    found = seats(spec)
    assert [seat.column for seat in found] == ["photo", "real", "odd", "money", "port", "share", "sex", "kind"]
    widths = [seat.place.stop - seat.place.start for seat in found]
    assert widths == [12, 1, 2, 1, 3, 1, 3, 4]
    ends = list(itertools.accumulate(widths))
    assert [seat.place.stop for seat in found] == ends
    (machine,) = machines(spec)
    kinds = [word for word, width in machine.layer.visible for _ in range(width)]  # type: ignore[attr-defined]
    assert [seat.units for seat in found] == [kinds[seat.place.start] for seat in found]


def test_a_reconstruction_is_no_part_that_another_spec_can_take() -> None:
    with pytest.raises(NoSuchPart, match="has no layer `reconstruction`"):
        part_of(rbm("labels"), "reconstruction")
