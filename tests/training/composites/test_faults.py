"""A divergence in a composite names the part and the layer where it began."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from specc.runs.failures import diverged
from specc.training.faults import bad_output, find_layer
from specc.training.loop import Diverged
from tests.training.composites.autoencoders import Trained

ENCODER = "dense(6, tanh); dense(6); relu; dense code(3)"
LAYERS = {
    "encoder_dense_1.weight": "encoder.dense_1",
    "encoder_dense_2.bias": "encoder.dense_2",
    "encoder_code.weight": "encoder.code",
    "decoder_dense_1.weight": "decoder.dense_1",
    "decoder_dense_3.bias": "decoder.dense_3",
}


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(40, 5))


@pytest.mark.parametrize("poisoned, layer", LAYERS.items())
@pytest.mark.parametrize("train", ["optimizer = sgd(0.1); epochs = 1", "procedure = layerwise; optimizer = sgd(0.1); epochs = 1"])
def test_the_first_layer_that_gives_no_numbers_is_named(
    tmp_path: Path, rows: np.ndarray, poisoned: str, layer: str, train: str
) -> None:
    trained = Trained(tmp_path, rows, ENCODER, "mirror", train)
    with torch.no_grad():
        trained.module.state_dict()[poisoned].view(-1)[0] = torch.nan
    x = {"row": torch.from_numpy(rows.astype(np.float32))}
    node = find_layer(trained.spec, bad_output(trained.module, x))
    assert node is not None and node.name == layer
    with pytest.raises(Diverged) as caught:
        trained.run()
    message = diverged(trained.spec, caught.value)
    assert f"`{layer}`" in message.label and message.code == "E0506"


def test_a_rate_that_is_too_large_ends_at_a_layer(tmp_path: Path, rows: np.ndarray) -> None:
    """Somewhere in the encoder or the decoder; where exactly hangs on the numbers."""
    trained = Trained(tmp_path, rows, "dense(6); dense(3)", "mirror", "optimizer = sgd(1e12); epochs = 20")
    with pytest.raises(Diverged) as caught:
        trained.run()
    node = find_layer(trained.spec, caught.value.layer)
    assert node is not None and node.name in {n.name for n in trained.spec.nodes}
    assert f"`{node.name}`" in diverged(trained.spec, caught.value).label


def test_a_machine_that_diverges_is_named(tmp_path: Path, rows: np.ndarray) -> None:
    train = "procedure = contrastive_divergence; optimizer = sgd(1e12); epochs = 5"
    trained = Trained(tmp_path, rows, "dense(6, relu); dense(3)", "mirror(activation = linear)", train)
    with pytest.raises(Diverged) as caught:
        trained.run()
    assert caught.value.phase == "train.dense_1" and caught.value.layer == "encoder_dense_1"
    assert diverged(trained.spec, caught.value).span is not None
