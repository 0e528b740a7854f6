"""A deep autoencoder whose layers are pretrained as machines and unrolled (Hinton and Salakhutdinov 2006)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from specc.diagnostics import Source
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module
from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.composites.machines import machine_of
from specc.training.device import compute_with
from specc.training.loop import Course, Training
from specc.training.streams import Streams
from specc.unrolled import stages
from tests.training.composites.autoencoders import CPU, Trained, bound_autoencoder

PRETRAIN = "procedure = {}; optimizer = {}; epochs = 3; batch = 20"
TEMPERED = "parallel_tempering(chains = 5, temperatures = 3)"
CD = PRETRAIN.format("contrastive_divergence", "sgd(0.05, momentum = 0.5)")
SLOW = PRETRAIN.format("contrastive_divergence", "sgd(0.002, momentum = 0.5)")


@pytest.fixture(scope="module")
def binary() -> np.ndarray:
    """Rows of 0 and 1 in which neighbours agree."""
    draw = np.random.default_rng(2)
    hidden = draw.random((150, 3)) < 0.5
    return (draw.random((150, 9)) < np.repeat(np.where(hidden, 0.9, 0.1), 3, axis=1)).astype(np.float32)


@pytest.fixture(scope="module")
def numbers() -> np.ndarray:
    draw = np.random.default_rng(2)
    return (draw.normal(size=(150, 3)) @ draw.normal(size=(3, 9)) + draw.normal(size=(150, 9)) * 0.3).astype(np.float32)


def mean_field(trained: Trained, x: Tensor) -> Tensor:
    """Up through the features of the machines, and down by the means of their visible units."""
    stack = [machine_of(trained.spec, stage, trained.module) for stage in stages(trained.spec)]
    with torch.no_grad():
        for machine in stack:
            x = machine(x)
        for machine in reversed(stack):
            x = machine.visible_input(x)
            units = machine.stretches[0].units
            x = units.feature(x)
    return x


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize(
    "encoder, end, train",
    [
        ("dense(7, sigmoid); dense(5, sigmoid); dense code(3)", "sigmoid", f"{CD}; code.optimizer = sgd(0.002)"),
        ("dense(7, relu); dense(3, sigmoid)", "linear", SLOW),
        ("gaussian_noise(0.1); dense(7); sigmoid; dropout(0.2); dense(4, relu)", "sigmoid", SLOW),
    ],
)
def test_the_unrolled_network_is_the_stack_of_machines(
    tmp_path: Path, binary: np.ndarray, numbers: np.ndarray, encoder: str, end: str, train: str, tied: bool
) -> None:
    rows = numbers if end == "linear" else binary
    mirror = f"mirror(tied = {str(tied).lower()}, activation = {end})"
    trained = Trained(tmp_path, rows, encoder, mirror, train)
    before = {name: tensor.clone() for name, tensor in trained.module.state_dict().items()}
    trained.run()
    x = torch.from_numpy(rows)
    made = trained.rebuilt(rows)
    expected = mean_field(trained, x)
    if end == "sigmoid":
        made = torch.sigmoid(made)  # the module gives logits
    torch.testing.assert_close(made, expected, rtol=1e-5, atol=1e-6)
    assert all(not torch.equal(tensor, before[name]) for name, tensor in trained.module.state_dict().items())


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize(
    "settings",
    [
        CD,
        PRETRAIN.format("contrastive_divergence(steps = 2, centered = true)", "adam(0.01)") + "; clip = norm(0.5)",
        PRETRAIN.format("persistent_contrastive_divergence(chains = 10)", "adamw(0.01)"),
        PRETRAIN.format(TEMPERED, "sgd(0.01)") + "; average = ema(0.8)",
        CD + "; regularize = [l1(1e-3), l2(0.01), sparsity(target = 0.1, cost = 0.1)]",
        CD + "; dense_1.epochs = 2; dense_2.optimizer = rmsprop(0.01)",
    ],
)
def test_its_layers_become_what_the_machines_of_a_deep_belief_network_become(
    tmp_path: Path, binary: np.ndarray, settings: str, tied: bool
) -> None:
    """From the same weights and the same draws, but for the last bits, which hang on where the numbers lie in memory."""
    init = "sigmoid, init = normal(0.01)"
    encoder = f"dense(7, {init}); dense(4, {init})"
    autoencoder = Trained(tmp_path, binary, encoder, f"mirror(tied = {str(tied).lower()}, activation = sigmoid)", settings).run()
    stack = belief_network(tmp_path, settings.replace("dense_", "rbm_"))
    ours, theirs = autoencoder.module.state_dict(), stack.module.state_dict()
    for place in (1, 2):
        weight = theirs[f"rbm_{place}.weight"]
        assert_same(ours[f"encoder_dense_{place}.weight"], weight)
        assert_same(ours[f"encoder_dense_{place}.bias"], theirs[f"rbm_{place}.hidden_bias"])
        assert_same(ours[f"decoder_dense_{3 - place}.bias"], theirs[f"rbm_{place}.visible_bias"])
        if not tied:
            assert torch.equal(ours[f"decoder_dense_{3 - place}.weight"].t(), ours[f"encoder_dense_{place}.weight"])


def assert_same(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def belief_network(folder: Path, train: str) -> Training:
    """The same rows seen by a `dbn`, trained."""
    text = (
        'data { source = npz("rows.npz"); columns { row = array([9]) }; '
        "split = random(train = 1.0, validation = 0.0, test = 0.0) }\n"
        f"dbn {{ visible(row, units = bernoulli); rbm(7); rbm(4) }}\ntrain {{ {train} }}\n"
    )
    spec, report = check_source(Source("dbn.dn", text), folder)
    spec, dataset = bind_spec(spec, report, folder)
    streams, module = Streams(0), build_module(spec)
    module.start(streams["weights"])  # type: ignore[operator]
    training = Training(spec, dataset, module, streams, CPU)
    with compute_with(CPU, threads=1):
        training.run()
    return training


def test_each_phase_trains_its_layer_and_its_way_back_and_nothing_else(tmp_path: Path, binary: np.ndarray) -> None:
    """The machines above and below rest, as do their biases; the first begins with the means of the rows."""
    trained = Trained(
        tmp_path, binary, "dense(7, sigmoid); dense(5, sigmoid); dense code(3)", "mirror(activation = sigmoid)", SLOW
    )
    seen: dict[str, list[dict[str, Tensor]]] = {}

    def look(course: Course, epoch: int | None) -> None:
        assert isinstance(course.procedure, BoltzmannProcedure)
        seen.setdefault(course.phase.name, []).append({n: t.clone() for n, t in trained.module.state_dict().items()})

    trained.training.look = look
    trained.run()
    assert list(seen) == ["train.dense_1", "train.dense_2", "train.code"]
    own = {"train.dense_1": ("dense_1", "dense_3"), "train.dense_2": ("dense_2", "dense_2"), "train.code": ("code", "dense_1")}
    for phase, (layer, back) in own.items():
        first, last = seen[phase][0], seen[phase][-1]
        moved = {name for name in first if not torch.equal(first[name], last[name])}
        parts = ("weight", "bias")
        assert moved == {f"encoder_{layer}.{part}" for part in parts} | {f"decoder_{back}.{part}" for part in parts}
    start = torch.from_numpy(binary).double().sum(0) + 0.5
    torch.testing.assert_close(
        seen["train.dense_1"][0]["decoder_dense_3.bias"].double(), (start / (len(binary) + 1 - start)).log()
    )


def test_fine_tuning_goes_on_from_there_and_rebuilds_better_than_without(tmp_path: Path, binary: np.ndarray) -> None:
    """A short fine-tuning of so narrow a stack hardly begins from weights that nothing has trained."""
    encoder, mirror = "dense(7, sigmoid); dense(5, sigmoid); dense(3, sigmoid)", "mirror(activation = sigmoid)"
    pretrain = (
        "phase pretrain { procedure = contrastive_divergence; optimizer = sgd(0.3, momentum = 0.5); epochs = 150; batch = 10 }"
    )
    finetune = "optimizer = sgd(0.5); epochs = 30; batch = 20"
    both = Trained(tmp_path / "both", binary, encoder, mirror, f"{pretrain}\nphase finetune {{ {finetune} }}").run()
    bare = Trained(tmp_path / "bare", binary, encoder, mirror, finetune).run()
    errors = [one.events[-1]["train"]["reconstruction_error"] for one in (both, bare)]
    assert [event["phase"] for event in both.events].count("finetune") == 30
    assert errors[0] < 0.4 * errors[1]


def test_the_default_rate_is_slow_where_some_units_are_numbers() -> None:
    train = "procedure = contrastive_divergence; epochs = 1"
    rates = []
    for encoder, end in (("dense(3, sigmoid)", "sigmoid"), ("dense(3, sigmoid)", "linear"), ("dense(3)", "sigmoid")):
        phase = bound_autoencoder(encoder, f"mirror(activation = {end})", (4,), train).phases[0]
        rates.append(phase.settings.optimizer.learning_rate)  # type: ignore[union-attr]
    assert rates == [0.05, 0.005, 0.005]


DEEP = """
data {
  source = idx("data/mnist")
  columns { image = image([1, 28, 28], scale = unit); digit = category }
}

autoencoder {
  encoder {
    input(image); flatten
    dense(1000, sigmoid); dense(500, sigmoid); dense(250, sigmoid)
    dense code(30)
  }
  decoder = mirror(tied = false, activation = sigmoid)
}

train {
  phase pretrain {
    procedure      = contrastive_divergence(steps = 1)
    optimizer      = sgd(0.1, momentum = 0.9)
    code.optimizer = sgd(0.001, momentum = 0.9)
    epochs         = 6
    batch          = 100
  }
  phase finetune {
    loss      = binary_cross_entropy
    metrics   = [sum_squared_error]
    optimizer = adam(1e-3)
    steps     = 40
    batch     = 100
  }
}
"""


def test_the_deep_autoencoder_of_the_paper_begins_on_mnist(tmp_path: Path, real_data: Path) -> None:
    (tmp_path / "data").symlink_to(real_data)
    spec, report = check_source(Source("deep.dn", DEEP), tmp_path, None, Path("/"))
    spec, dataset = bind_spec(spec, report, tmp_path, Path("/"))
    assert [phase.name for phase in spec.phases] == [
        *(f"pretrain.{n}" for n in ("dense_1", "dense_2", "dense_3", "code")),
        "finetune",
    ]
    events: list[dict[str, Any]] = []
    streams, module = Streams(0), build_module(spec)
    module.start(streams["weights"])  # type: ignore[operator]
    dataset.inputs, dataset.rows = {"image": dataset.inputs["image"][:400]}, {"train": np.arange(400)}
    with compute_with(CPU, threads=1):
        Training(spec, dataset, module, streams, CPU, events.append).run()
    first = [event["train"]["reconstruction_error"] for event in events if event["phase"] == "pretrain.dense_1"]
    assert first[-1] < 0.04, "the means of the pixels alone miss by 0.067"
    assert events[-1]["train"]["sum_squared_error"] < 45, "the mean picture alone misses by 52.7"
