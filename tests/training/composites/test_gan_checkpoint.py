"""A gan that stops between any two steps goes on to the very same bits: averages, reference, noise and all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from specc.training.checkpoint import as_bytes, read_state
from specc.training.loop import Stopped, Training
from tests.training.composites import gans

ARRAYS = {"row": gans.rows_of(44), "kind": np.arange(44) % 3}
COLUMNS = "row = array([2]); kind = category"
SPLIT = "; split = random(train = 0.7, validation = 0.3, test = 0.0)"
NORMS = (
    "latent(3); condition(kind)\n generator { concat(latent, condition); dense(8); virtual_batch_norm; relu; dense(2) }\n"
    "discriminator { input(row); concat(it, condition); dense(8); virtual_batch_norm; leaky_relu(0.2); dropout(0.2); dense(1) }"
)
CODES = (
    "latent(3); code style(2, uniform)\n generator { concat(latent, style); dense(8); batch_norm; relu; dense(2) }\n"
    "discriminator { input(row); dense features(8, norm = spectral); leaky_relu(0.2); output(kind); dense(1, norm = spectral) }\n"
    "recognizer { input(discriminator.features); dense(8); batch_norm; leaky_relu(0.1) }"
)
KINDS = {
    "an average, virtual batches, soft and wrong labels, noise that fades, several updates": (
        NORMS,
        "batch = 7; discriminator.updates = 2; average = ema(0.9); label_smoothing = drawn(0.7 .. 1.2, 0.0 .. 0.3)"
        "; noisy_labels = 0.1; instance_noise = gaussian(0.2, decay = linear(epochs = 2)); epochs = 3",
        "",
    ),
    "codes, labels, features and a penalty that is not always due": (
        CODES,
        "loss = [hinge, 0.5 * mutual_information, 0.1 * feature_matching]; penalty = r1(1, every = 3); batch = 8; epochs = 3"
        "; discriminator.optimizer = sgd(0.05, momentum = 0.5); clip = norm(1.0)",
        "kind",
    ),
    "phases, a frozen part, a slope of one": (
        NORMS,
        "loss = wasserstein; batch = 11; phase one { epochs = 2; freeze = until(step = 2, parts = [generator]) }\n"
        "phase two { steps = 5; average = swa(start = 0.2); discriminator.updates = 2 }",
        "",
    ),
}


def game(folder: Path, kind: str, seed: int) -> gans.Game:
    body, train, target = KINDS[kind]
    return gans.Game(folder, body, train, COLUMNS, SPLIT, seed, target, **ARRAYS)


def ended(found: gans.Game) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in found.module.state_dict().items()}


def told(found: gans.Game) -> list[dict]:
    return [{name: value for name, value in event.items() if name != "seconds"} for event in found.events]


@pytest.mark.parametrize("kind", KINDS)
def test_any_state_goes_on_to_the_same_bits(kind: str, tmp_path: Path) -> None:
    states: list[tuple[bytes, int]] = []
    whole = game(tmp_path, kind, 5)

    def keep(training: Training, final: bool) -> None:
        states.append((as_bytes(training), len(whole.events)))

    whole.training.save = keep
    whole.run()
    assert len(states) > 8
    for number, (state, seen) in enumerate(states[:-1]):
        path = tmp_path / "state.safetensors"
        path.write_bytes(state)
        again = game(tmp_path, kind, 99)
        read_state(path, again.training)
        again.run()
        assert gans.same(ended(whole), ended(again)), f"after {number + 1} steps"
        assert told(whole)[seen:] == told(again), f"after {number + 1} steps"


def test_a_state_is_kept_between_any_two_steps(tmp_path: Path) -> None:
    """31 rows in batches of 7: five of them and so three steps an epoch, of which the last has one batch."""
    (kind, *_) = KINDS
    found = game(tmp_path, kind, 5)
    steps: list[int] = []

    def keep(training: Training, final: bool) -> None:
        steps.append(training.position.step)
        if len(steps) == 5:
            raise Stopped

    found.training.save = keep
    with pytest.raises(Stopped):
        found.run()
    assert steps == [1, 2, 3, 4, 5]
