"""Files that draw rows: of the same noise they draw what PyTorch draws; onnxruntime alone draws a machine's distribution."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import ModelProto

from specc.data.visible import in_own_unit, seats
from specc.ir import Spec
from specc.onnx.contents import why_refused
from specc.onnx.parity import Disagreement
from specc.onnx.sampler import build_decoder, build_sampler
from specc.onnx.session import NotAModel, OnnxModel, open_session
from specc.pytorch.nn import RestrictedBoltzmann
from specc.runs.noise import Given, noise_of
from specc.runs.samplers import Stage, measured, way_down
from tests.onnx.machines import DBNS, RBMS, bound_machines, dbn, drawn_module, rbm

DRAWS = 40


def weights_of(module: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}


def steps_of(machine: Any) -> list[Stage]:
    return [
        Stage(machine, "hidden", "visible", ("hidden", "hidden_mean"), "hidden"),
        Stage(machine, "visible", "hidden", ("sample", "mean"), "visible"),
    ]


def feeds_of(session: onnxruntime.InferenceSession, machine: RestrictedBoltzmann, batch: int, seed: int) -> dict[str, np.ndarray]:
    """Noise, and rows that such a machine may have drawn."""
    draw = np.random.default_rng(seed)
    feeds = {}
    for value in session.get_inputs():
        shape = (batch, DRAWS if value.shape[1] == "draws" else value.shape[1])
        feeds[value.name] = draw.random(shape, np.float32) if "uniform" in value.name else draw.standard_normal(shape, np.float32)
    if machine.counts is not None:
        counts = draw.integers(0, 12, feeds["visible"][:, machine.counts].shape)
        feeds["visible"][:, machine.counts] = counts
    return feeds


def run(session: onnxruntime.InferenceSession, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    names = [value.name for value in session.get_outputs()]
    return {name: np.asarray(values) for name, values in zip(names, session.run(names, feeds))}


@pytest.mark.parametrize("name", RBMS)
@pytest.mark.parametrize("batch", [1, 2, 257])
def test_a_gibbs_step_draws_what_pytorch_draws_of_the_same_noise(name: str, batch: int) -> None:
    spec = rbm(name)
    module = drawn_module(spec)
    machine: RestrictedBoltzmann = module.hidden_1  # type: ignore[assignment]
    session = open_session(build_sampler(spec, weights_of(module)))
    feeds = feeds_of(session, machine, batch, seed=batch)
    given = run(session, feeds)
    v = torch.from_numpy(feeds["visible"])
    with Given(noise_of(machine, True, "hidden", feeds)):
        h = machine.sample_hidden(v, None)
    with Given(noise_of(machine, False, "visible", feeds)):
        sample = machine.sample_visible(h, None, machine.totals(v))
    if machine.units == "bernoulli":
        np.testing.assert_array_equal(given["hidden"], h)
    np.testing.assert_allclose(given["hidden"], h, rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(given["mean"], machine.visible_mean(h, machine.totals(v)), rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(given["sample"], sample, rtol=2e-5, atol=2e-5)
    drawn_from_few = [stretch.place for stretch in machine.stretches if stretch.kind not in ("gaussian", "relu")]
    for place in drawn_from_few if machine.units == "bernoulli" else []:
        np.testing.assert_array_equal(given["sample"][:, place], sample[:, place])


@pytest.mark.parametrize("name", RBMS)
def test_every_sampler_is_proven(name: str) -> None:
    spec = rbm(name)
    module = drawn_module(spec)
    record = measured(build_sampler(spec, weights_of(module)), "sampler.onnx", steps_of(module.hidden_1))
    assert record["outputs"].keys() == {"hidden", "hidden_mean", "sample", "mean"}
    assert all(output["scale"] > 0 for output in record["outputs"].values())


@pytest.mark.parametrize("name", DBNS)
def test_every_decoder_is_proven(name: str) -> None:
    spec = dbn(name)
    module = drawn_module(spec)
    names = [node.name for node in spec.graph.nodes if node.name.startswith("rbm")]
    stack: list[Any] = [module.get_submodule(name) for name in names]
    record = measured(build_decoder(spec, weights_of(module)), "decoder.onnx", way_down(names[:-1], stack[:-1]))
    assert record["outputs"].keys() == {*(f"{name}_hidden" for name in names[:-2]), "sample", "mean"}
    top = measured(build_sampler(spec, weights_of(module)), "sampler.onnx", steps_of(stack[-1]))
    assert all(output["scale"] > 0 for output in (*record["outputs"].values(), *top["outputs"].values()))


@pytest.mark.parametrize("name", ["bernoulli", "learned variance, relu hidden", "softmax", "counts", "labels"])
@pytest.mark.parametrize("parameter", ["weight", "visible_bias", "hidden_bias"])
def test_a_sampler_with_other_weights_is_found_out(name: str, parameter: str) -> None:
    spec = rbm(name)
    module = drawn_module(spec)
    weights = weights_of(module)
    weights[f"hidden_1.{parameter}"] = weights[f"hidden_1.{parameter}"].copy()
    weights[f"hidden_1.{parameter}"].flat[0] += 0.05
    with pytest.raises(Disagreement, match=r"disagree in sampler\.onnx on `"):
        measured(build_sampler(spec, weights), "sampler.onnx", steps_of(module.hidden_1))


def test_a_wide_machine_is_proven_too() -> None:
    """PyTorch draws many numbers by another way, and units that receive much lie further from the file's."""
    spec = bound_machines("rbm { visible(photo); hidden(400) }", "")
    module = drawn_module(spec, scale=8.0)
    record = measured(build_sampler(spec, weights_of(module)), "sampler.onnx", steps_of(module.hidden_1))
    assert record["outputs"]["mean"]["allowed"] > 1e-3


@pytest.mark.parametrize("x", [-400.0, -60.0, -21.0, -19.9, -8.0, -1.0, 0.0, 2.0, 9.0])
def test_a_relu_unit_is_the_quantile_of_a_normal_number_that_is_at_least_zero(x: float) -> None:
    """`P(h > t) = Φ(x − t)/Φ(x) = u`: the file's draw against the tail by an independent library."""
    from scipy.special import log_ndtr

    spec = rbm("gaussian, relu hidden")
    weights = {name: np.zeros_like(values) for name, values in weights_of(drawn_module(spec)).items()}
    weights["hidden_1.hidden_bias"] += np.float32(x)
    session = open_session(build_sampler(spec, weights))
    uniform = np.linspace(0.01, 0.99, 6 * 50, dtype=np.float32).reshape(50, 6)
    feeds = {value.name: np.zeros((50, value.shape[1]), np.float32) for value in session.get_inputs()}
    h = run(session, feeds | {"hidden_uniform": uniform})["hidden"].astype(np.float64)
    assert (h >= 0).all()
    log_share = log_ndtr(x - h) - log_ndtr(x)
    step = np.spacing(h.astype(np.float32)) * (abs(x) + 4)  # what one step of float32 changes
    np.testing.assert_allclose(log_share, np.log(uniform.astype(np.float64)), rtol=0, atol=1e-6 + step.max())


def test_a_sampler_is_one_file_of_standard_operators_without_a_loop_for_any_batch() -> None:
    for name in RBMS:
        spec = rbm(name)
        module = drawn_module(spec)
        content = build_sampler(spec, weights_of(module))
        assert content == build_sampler(spec, weights_of(module))
        proto = ModelProto.FromString(content)
        assert why_refused(content) is None
        assert {(entry.domain, entry.version) for entry in proto.opset_import if entry.domain == ""} == {("", 20)}
        assert not {node.op_type for node in proto.graph.node} & {"Loop", "If", "Scan", "RandomUniform", "RandomNormal"}
        session = open_session(content)
        for batch in (0, 1, 7):
            feeds = feeds_of(session, module.hidden_1, batch, seed=1)  # type: ignore[arg-type]
            assert {len(values) for values in run(session, feeds).values()} == {batch}


def test_a_sampler_answers_no_rows_and_says_so() -> None:
    spec = rbm("labels")
    with pytest.raises(NotAModel, match="draws rows and answers none"):
        OnnxModel.load(build_sampler(spec, weights_of(drawn_module(spec))))


def test_columns_stand_beside_the_units_in_their_own_units() -> None:
    spec = rbm("everything")
    module = drawn_module(spec)
    session = open_session(build_sampler(spec, weights_of(module)))
    given = run(session, feeds_of(session, module.hidden_1, 50, seed=2))  # type: ignore[arg-type]
    for seat in seats(spec):
        units = given["mean" if seat.column in ("photo", "share") else "sample"][:, seat.place]
        own = in_own_unit(seat, units)
        if seat.column == "photo":
            assert given["photo"].dtype == np.uint8
            np.testing.assert_allclose(given["photo"], own, atol=0.51)
        elif own.dtype == object:
            assert given[seat.column].tolist() == own.tolist()
        else:
            np.testing.assert_allclose(given[seat.column], own, rtol=1e-6)
    about = json.loads(session.get_modelmeta().custom_metadata_map["specc"])
    assert about["kind"] == "sampler"
    assert about["columns"]["kind"] == {"kind": "category", "units": "softmax", "start": 23, "end": 27, "labels": list("abcd")}


def test_columns_called_as_the_samplers_own_tensors_keep_apart() -> None:
    spec = bound_machines("rbm { visible(real); hidden(2) }", "")
    renamed = spec.model_dump_json().replace('"real"', '"sample"')
    spec = Spec.model_validate_json(renamed)
    session = open_session(build_sampler(spec, weights_of(drawn_module(spec))))
    assert [value.name for value in session.get_outputs()] == ["hidden", "hidden_mean", "sample", "mean", "sample_column"]


def test_onnxruntime_alone_draws_the_distribution_of_a_machine() -> None:
    """20,000 chains of 60 steps against every state counted: each within 4.5 standard errors, and χ² by its own spread."""
    spec = bound_machines("rbm { visible(port); visible(sex); hidden(3) }", "")
    module = drawn_module(spec, seed=4, scale=0.8)
    session = onnxruntime.InferenceSession(build_sampler(spec, weights_of(module)))
    chains, draw = 20_000, np.random.default_rng(7)
    v, drawn = np.zeros((chains, 6), np.float32), []
    for _ in range(60):
        noise = {"hidden_uniform": draw.random((chains, 3), np.float32), "visible_uniform": draw.random((chains, 2), np.float32)}
        v, *drawn = (np.asarray(values) for values in session.run(["sample", "port", "sex"], {"visible": v, **noise}))
    states = list(itertools.product("CQS", ["female", "male", "neither"]))
    eye = torch.eye(3)
    rows = torch.stack([torch.cat([eye[i], eye[j]]) for i in range(3) for j in range(3)])
    p = torch.softmax(-module.hidden_1.free_energy(rows).double(), 0).detach().numpy()  # type: ignore[operator]
    found = list(zip(*(values.tolist() for values in drawn)))
    counts = np.array([found.count(state) for state in states])
    assert counts.sum() == chains
    z = (counts - chains * p) / np.sqrt(chains * p * (1 - p))
    assert np.abs(z).max() < 4.5
    assert ((counts - chains * p) ** 2 / (chains * p)).sum() < 8 + 4 * np.sqrt(16)
