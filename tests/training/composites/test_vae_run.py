"""A whole run of a variational autoencoder: its ONNX files answer as its module does, and it is measured again as it was."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from specc.onnx.session import OnnxModel
from specc.runs.evaluate import evaluate_splits
from specc.runs.run import Run
from specc.runs.train import Order, train_spec

SPEC = """data { source = csv("t.csv"); columns {
    a = number(scale = standard); b = number(transform = log1p, scale = standard); c = category; kind = category
  }
  split = random(train = 0.6, validation = 0.2, test = 0.2)
}
vae {
  condition(kind)
  encoder { input(features); concat(it, condition); dense(8, tanh) }
  latent(2)
  decoder { concat(it, condition); dense(8, tanh); dense(5) }
}
train {
  loss    = elbo(beta = warmup(0.0, 1.0, epochs = 3), variance = 0.1)
  average = ema(0.9)
  metrics = [log_likelihood(every = 4, samples = 10, final = 40)]
  stop    = early(validation.log_likelihood, patience = 5)
  batch   = 10
  epochs  = 12
}
"""
ROWS = 100


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder, draw = tmp_path_factory.mktemp("vae"), np.random.default_rng(0)
    lines = [f"{draw.normal():.4f},{draw.lognormal():.4f},{'xyz'[i % 3]},{'uv'[i % 2]}" for i in range(ROWS)]
    (folder / "t.csv").write_text("\n".join(["a,b,c,kind", *lines]) + "\n")
    (folder / "vae.dn").write_text(SPEC)
    train_spec(Order(folder / "vae.dn", device="cpu", threads=1))
    return Run(folder / "runs" / "vae" / "0001")


def columns(count: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(1)
    return {
        "a": draw.normal(size=count),
        "b": draw.lognormal(size=count),
        "c": np.array(["x", "y", "z"], dtype=object)[draw.integers(3, size=count)],
        "kind": np.array(["u", "v"], dtype=object)[draw.integers(2, size=count)],
    }


def own_units(run: Run, made: torch.Tensor) -> dict[str, np.ndarray]:
    """The columns that the decoder's numbers are."""
    fits, made = run.spec.bound.fits, made.double()  # type: ignore[union-attr]
    a, b = (made[:, i].numpy() * fits[name].scale + fits[name].center for i, name in enumerate("ab"))  # type: ignore[union-attr]
    return {"a": a, "b": np.expm1(b), "c": np.array(["x", "y", "z"], dtype=object)[made[:, 2:].argmax(1).numpy()]}


def inputs(run: Run, raw: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    fits = run.spec.bound.fits  # type: ignore[union-attr]
    a, b = ((x - fits[n].center) / fits[n].scale for n, x in (("a", raw["a"]), ("b", np.log1p(raw["b"]))))  # type: ignore[union-attr]
    labels = [raw["c"][:, None] == np.array(["x", "y", "z"], dtype=object)]
    features = np.concatenate([a[:, None], b[:, None], *labels], axis=1)
    kind = raw["kind"][:, None] == np.array(["u", "v"], dtype=object)
    return {"features": torch.from_numpy(features).float(), "kind": torch.from_numpy(kind).float()}


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], suffix: str = "") -> None:
    for name, values in expected.items():
        given = found[name + suffix]
        if values.dtype == object:
            assert given.tolist() == values.tolist()
        else:
            np.testing.assert_allclose(given, values, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_encoder_file_gives_the_mean_of_the_code(run: Run) -> None:
    raw = columns(30)
    tensors = inputs(run, raw)
    mean, _ = run.module.encoder(tensors["kind"], tensors["features"])  # type: ignore[operator]
    found = OnnxModel.open(run.path / "encoder.onnx").answer(raw)
    np.testing.assert_allclose(found["latent"], mean.numpy(), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_decoder_file_makes_rows_of_a_code_and_the_raw_condition(run: Run) -> None:
    raw = columns(30)
    z = np.random.default_rng(2).normal(size=(30, 2)).astype(np.float32)
    made = run.module.decoder(inputs(run, raw)["kind"], torch.from_numpy(z))  # type: ignore[operator]
    session = OnnxModel.open(run.path / "decoder.onnx").session
    found = session.run(None, {"kind": raw["kind"], "latent": z})
    names = [output.name for output in session.get_outputs()]
    assert names == ["a", "b", "c"]
    assert_same(dict(zip(names, map(np.asarray, found))), own_units(run, made))


@torch.no_grad()
def test_the_model_file_rebuilds_rows_by_the_mean_of_their_code(run: Run) -> None:
    raw = columns(30)
    tensors = inputs(run, raw)
    mean, _ = run.module.encoder(tensors["kind"], tensors["features"])  # type: ignore[operator]
    made = run.module.decoder(tensors["kind"], mean)  # type: ignore[operator]
    model, expected = OnnxModel.open(run.path / "model.onnx"), own_units(run, made)
    assert_same(model.answer(raw), expected, "_reconstruction")
    made[:, 2:] = torch.softmax(made[:, 2:], dim=1)  # of a category the decoder gives logits
    errors = (made - tensors["features"]).square().mean(1).numpy()
    np.testing.assert_allclose(model.answer(raw)["reconstruction_error"], errors, rtol=1e-4, atol=1e-6)
    other = raw | {"kind": np.where(raw["kind"] == "u", "v", "u").astype(object)}
    assert not np.allclose(model.answer(other)["a_reconstruction"], expected["a"])


def test_every_file_was_proven(run: Run) -> None:
    record = json.loads((run.path / "export.json").read_text())
    assert set(record["parts"]) == {"encoder", "decoder"}
    for part in (record, *record["parts"].values()):
        assert all(output["difference"] <= output["allowed"] for output in part["outputs"].values())


def test_it_is_measured_again_as_it_was(run: Run) -> None:
    """The lots of what is estimated begin anew each time."""
    assert evaluate_splits(run) == run.metrics
    assert set(run.metrics["test"]) == {
        "loss", "reconstruction", "kl", "active_units", "log_likelihood", "log_likelihood_error"
    }  # fmt: skip


def test_the_likelihood_decides_which_weights_are_kept(run: Run) -> None:
    seen = [event["validation"]["log_likelihood"] for event in run.history if "log_likelihood" in event["validation"]]
    best = [event["epoch"] for event in run.history if event.get("best")][-1]
    assert len(seen) >= 2 and run.history[best - 1]["validation"]["log_likelihood"] == max(seen)
