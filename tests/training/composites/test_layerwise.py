"""A stack that is pretrained layer by layer, each a denoising autoencoder of the features below (Vincent et al. 2010)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from specc.parts import part_of
from specc.training.composites.contractive import dense_chain
from specc.training.loop import Course
from specc.training.procedures.layerwise import Layerwise, sharing
from specc.unrolled import stage_spec, stages
from tests.training.composites.autoencoders import Trained, bound_autoencoder, started

State = dict[str, Tensor]
PRETRAIN = "procedure = layerwise; optimizer = adam(0.02); batch = 20; epochs = 3"


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(90, 6)).astype(np.float32)


class Watched(Trained):
    """A training with what its module and streams were at the start of each phase, and at its end."""

    def run(self) -> Watched:
        self.at: dict[str, list[State]] = {}
        self.drawn: dict[str, State] = {}
        self.training.look = self.look
        super().run()
        return self

    def look(self, course: Course, epoch: int | None) -> None:
        state = {name: tensor.clone() for name, tensor in self.module.state_dict().items()}
        self.at.setdefault(course.phase.name, []).append(state)
        if epoch == 0:
            self.drawn[course.phase.name] = {name: tensor.clone() for name, tensor in self.streams.state().items()}

    def moved(self, phase: str) -> set[str]:
        first, last = self.at[phase][0], self.at[phase][-1]
        return {name for name in first if not torch.equal(first[name], last[name])}


@pytest.mark.parametrize("tied", ["true", "false"])
@pytest.mark.parametrize("loss", ["mean_squared_error", "binary_cross_entropy", "[mean_squared_error, 0.05 * contractive]"])
def test_a_stage_is_an_autoencoder_of_the_features_below(tmp_path: Path, rows: np.ndarray, loss: str, tied: str) -> None:
    """From the same weights and the same draws it becomes what an autoencoder of those features becomes."""
    encoder = "masking_noise(0.4); dense(7, sigmoid); gaussian_noise(0.3); dense(4, tanh); dropout(0.2); dense(3)"
    mirror = f"mirror(tied = {tied}, activation = {'sigmoid' if 'binary' in loss else 'linear'})"
    scaled = rows if "binary" not in loss else 1 / (1 + np.exp(-rows))
    whole = Watched(tmp_path / "whole", scaled, encoder, mirror, f"{PRETRAIN}; loss = {loss}").run()
    began = whole.at["train.dense_2"][0]
    with torch.no_grad():
        below = torch.sigmoid(torch.from_numpy(scaled) @ began["encoder_dense_1.weight"].t() + began["encoder_dense_1.bias"])
    body = "gaussian_noise(0.3); dense(4, tanh)"
    settings = PRETRAIN.replace("procedure = layerwise; ", "") + f"; loss = {loss}"
    alone = Trained(tmp_path / "alone", below.numpy(), body, f"mirror(tied = {tied}, activation = sigmoid)", settings)
    names = {"encoder_dense_2": "encoder_dense_1", "decoder_dense_2": "decoder_dense_1"}
    pairs = {n: n.replace(o, m) for o, m in names.items() for n in began if n.startswith(o)}
    alone.module.load_state_dict({other: began[name] for name, other in pairs.items()})
    alone.streams.load(whole.drawn["train.dense_2"])
    alone.run()
    for name, other in pairs.items():
        torch.testing.assert_close(whole.at["train.dense_2"][-1][name], alone.module.state_dict()[other], rtol=1e-4, atol=1e-5)
        assert not torch.equal(whole.at["train.dense_2"][-1][name], began[name])


def test_each_phase_trains_its_stage_and_nothing_else(tmp_path: Path) -> None:
    """What normalizes the features that a layer sees is trained with that layer, what follows its own activation too."""
    images = np.random.default_rng(5).normal(size=(40, 2, 6, 6)).astype(np.float32)
    encoder = "conv2d(4, 3, padding = same); batch_norm; relu; max_pool2d(2); flatten; dense(7, tanh); batch_norm; dense(3)"
    trained = Watched(tmp_path, images, encoder, "mirror", f"{PRETRAIN}; dense_2.epochs = 1").run()
    assert list(trained.at) == ["train.conv2d_1", "train.dense_1", "train.dense_2"]
    weights = {"conv2d_1": ["conv2d_1", "batch_norm_1"], "dense_1": ["dense_1"], "dense_2": ["batch_norm_2", "dense_2"]}
    backs = {"conv2d_1": "conv2d_transpose_1", "dense_1": "dense_2", "dense_2": "dense_1"}
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    for phase, layers in weights.items():
        own = {f"encoder_{layer}.{part}" for layer in layers for part in ("weight", "bias")}
        own |= {f"decoder_{backs[phase]}.{part}" for part in ("weight", "bias")}
        own |= {f"encoder_{layer}.{part}" for layer in layers if "norm" in layer for part in statistics}
        if "batch_norm_1" in layers:
            own -= {"encoder_conv2d_1.bias"}  # the norm takes it away again; what rounding leaves of its gradient is no matter
        assert trained.moved(f"train.{phase}") - {"encoder_conv2d_1.bias"} == own
    assert [event["epoch"] for event in trained.events] == [1, 2, 3, 1, 2, 3, 1]


def test_what_is_measured_is_how_a_layer_gives_back_the_clean_features(tmp_path: Path, rows: np.ndarray) -> None:
    encoder = "masking_noise(0.4); dense(7, sigmoid); masking_noise(0.4); dense(4, relu)"
    trained = Watched(tmp_path, rows, encoder, "mirror", f"{PRETRAIN}; metrics = [sum_squared_error(every = 2)]").run()
    measured = trained.training.evaluate()["train"].metrics
    module = trained.module.eval()
    with torch.no_grad():
        seen = torch.sigmoid(module.encoder_dense_1(torch.from_numpy(rows)))
        back = torch.sigmoid(module.decoder_dense_1(torch.relu(module.encoder_dense_2(seen))))
    assert measured["reconstruction_error"] == pytest.approx((back - seen).square().mean().item(), rel=1e-5)
    assert measured["sum_squared_error"] == pytest.approx(7 * (back - seen).square().mean().item(), rel=1e-5)
    assert ["sum_squared_error" in event["train"] for event in trained.events] == [False, True, False, False, True, False]


def test_losses_of_chances_stand_where_a_sigmoid_gives_them() -> None:
    spec = bound_autoencoder("dense(5, relu); dense(4, sigmoid); dense(3)", "mirror(activation = sigmoid)", (6,), PRETRAIN)
    assert [phase.name for phase in spec.phases] == ["train.dense_1", "train.dense_2", "train.dense_3"]
    words = [[term.loss.word for term in Layerwise(spec, phase, None).terms] for phase in spec.phases]  # type: ignore[arg-type]
    assert words == [["binary_cross_entropy"], ["mean_squared_error"], ["binary_cross_entropy"]]


def test_the_stages_one_after_another_are_the_autoencoder() -> None:
    encoder = "conv2d(4, 2, padding = same, activation = relu); max_pool2d(2); flatten; dropout(0.1); dense(7, tanh); dense(3)"
    spec = bound_autoencoder(encoder, "mirror", (2, 6, 6))
    whole = started(spec)
    x = torch.randn(5, 2, 6, 6, generator=torch.Generator().manual_seed(2))
    parts: list[Any] = [sharing(stage_spec(spec, stage), whole) for stage in stages(spec)]
    code = x
    for stage, part in zip(stages(spec), parts):
        code = part.encoder(code)
        torch.testing.assert_close(code, sharing(part_of(spec, stage.nodes[-1].name), whole)(x))
    torch.testing.assert_close(code, whole.encoder(x))
    for part in reversed(parts):
        code = part.decoder(code)
    torch.testing.assert_close(code, whole(x))
    assert [len(dense_chain(stage_spec(spec, stage))) for stage in stages(spec)] == [0, 1, 1]
