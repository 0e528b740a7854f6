"""Layers that draw, or keep what they normalize by, in whole runs: stopped and resumed, and taken over by another run."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from specc.ir import Phase
from specc.runs.run import Run
from specc.runs.train import Interrupted, Silent
from specc.training.clock import Clock
from tests.data.binding import table
from tests.runs.made import trained
from tests.runs.test_same_bits import bits, log

SPEC = """data {
  source = csv("t.csv")
  columns { x = number(scale = standard); z = number(scale = standard); y = category }
  target = y
}
network {
  input(features)
  gaussian_noise(0.1)
  masking_noise(0.1)
  salt_and_pepper(0.1, low = -1)
  dense(8, relu, norm = spectral)
  dense(6, tanh, norm = weight)
  batch_norm
  group_norm(2)
  minibatch_discrimination(3, kernel_width = 2)
  output(y)
}
train { optimizer = adam(0.02); average = ema(0.9); batch = 8; epochs = 4 }
"""
TAKING = SPEC.partition("network")[0] + (
    'network { input(features); pretrained("runs/t", part = minibatch_discrimination_1, freeze = true); output(y) }\n'
    "train { batch = 8; epochs = 0 }\n"
)


class StopsAfter(Silent):
    """A watcher that presses Ctrl-C after so many steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def step(self, phase: Phase, clock: Clock) -> None:
        self.steps -= 1
        if self.steps == 0:
            raise KeyboardInterrupt


def written(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_text(table(60, lambda i: f"{i},{i % 7},{'ab'[i % 5 > 1]}", "x,z,y"))
    (folder / "t.dn").write_text(SPEC)
    return folder / "t.dn"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, device: str) -> Run:
    return trained(written(tmp_path_factory.mktemp("whole")), device)


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(whole: Run, tmp_path: Path, device: str) -> None:
    path = written(tmp_path)
    with pytest.raises(Interrupted):
        trained(path, device, StopsAfter(9))
    finished = trained(path, device, resume=True)
    assert bits(finished) == bits(whole)
    assert log(finished) == log(whole)


def test_the_file_answers_as_the_run_does(whole: Run) -> None:
    assert whole.record["status"] == "finished"
    assert (whole.path / "model.onnx").exists()  # it is kept only where both agree


def test_another_run_takes_over_all_that_its_layers_keep(whole: Run, tmp_path: Path, device: str) -> None:
    path = whole.path.parents[2] / "next.dn"
    path.write_text(TAKING)
    before, after = whole.module.state_dict(), trained(path, device).module.state_dict()
    taken = {key.removeprefix("pretrained_1_"): tensor for key, tensor in after.items() if key.startswith("pretrained_1_")}
    assert set(before) - set(taken) == {"output_1.weight", "output_1.bias"}
    assert {"dense_1.direction", "dense_2.length", "batch_norm_1.num_batches_tracked"} <= set(taken)
    for key, tensor in taken.items():
        assert torch.equal(tensor, before[key]), key
