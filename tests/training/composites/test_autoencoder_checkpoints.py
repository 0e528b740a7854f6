"""A saved state of an autoencoder goes on to the very same bits, whatever its phases train."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from specc.data.bind import Dataset
from specc.ir import Spec
from tests.data.binding import bound, npz_file
from tests.training.composites.autoencoders import text_of
from tests.training.test_checkpoint import (
    Saved,
    Weights,
    every_state,
    goes_on_to_the_same_bits,
    run,
    training,
    weights,
    without_seconds,
)

TRAIN = """
  batch = 9
  phase machines {
    procedure = persistent_contrastive_divergence(steps = 2, chains = 7); optimizer = sgd(0.01, momentum = 0.5)
    code.optimizer = adam(0.002); average = ema(0.8); epochs = 2; regularize = l2(1e-3)
  }
  phase layers {
    procedure = layerwise; optimizer = rmsprop(0.005); epochs = 2; accumulate = 2; clip = norm(0.5)
    loss = [mean_squared_error, 0.01 * contractive]; keep = best(validation.loss); dense_1.epochs = 1
  }
  phase whole {
    optimizer = adam(0.01); loss = [sum_squared_error, 0.1 * contractive]; metrics = [sum_squared_error(every = 2)]
    dense_1.regularize = sparsity(target = 0.1, cost = linear(start = 0.5, to = 0.1)); average = swa(start = 0.3)
    freeze = until(step = 3, parts = [code]); stop = early(validation.sum_squared_error, patience = 3); epochs = 4
  }
"""
ENCODER = "masking_noise(0.2); dense(6, sigmoid); gaussian_noise(0.2); dropout(0.1); dense code(3)"


@pytest.fixture(scope="module", params=["true", "false"], ids=["tied", "untied"])
def spec(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Spec, Dataset]:
    rows = np.random.default_rng(4).random((60, 5)).astype(np.float32)
    split = "; split = random(train = 0.7, validation = 0.3, test = 0.0)"
    text = text_of(ENCODER, f"mirror(tied = {request.param}, activation = sigmoid)", (5,), TRAIN, "minmax", split)
    return bound(tmp_path_factory.mktemp("autoencoder"), text, {"rows.npz": npz_file(row=rows)})


@pytest.fixture(scope="module")
def whole(spec: tuple[Spec, Dataset]) -> tuple[Weights, list[dict]]:
    """The run that nothing interrupts."""
    course, events = training(spec)
    run(course)
    return weights(course), without_seconds(events)


@pytest.fixture(scope="module")
def states(spec: tuple[Spec, Dataset]) -> list[Saved]:
    return every_state(spec)


@pytest.mark.parametrize("share", np.linspace(0, 0.97, 13).tolist())
def test_a_state_goes_on_to_the_same_bits(share: float, states, spec, whole, tmp_path: Path) -> None:
    goes_on_to_the_same_bits(states[int(share * len(states))], spec, whole, tmp_path / "state")


def test_every_kind_of_phase_is_among_them(whole) -> None:
    phases = list(dict.fromkeys(event["phase"] for event in whole[1]))
    assert phases == ["machines.dense_1", "machines.code", "layers.dense_1", "layers.code", "whole"]
