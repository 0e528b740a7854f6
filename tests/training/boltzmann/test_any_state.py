"""A state taken between any two steps of any procedure of machines goes on to the same bits, persistent chains included."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from specc.data.bind import Dataset
from specc.diagnostics import Source
from specc.ir import Spec
from specc.loading import bind_spec, check_source
from tests.data.binding import table
from tests.training.test_checkpoint import Saved, every_state, goes_on_to_the_same_bits, run, training, weights, without_seconds

SPEC = """data {
  source = csv("t.csv")
  columns { x = number(scale = standard); z = category; y = category(labels = ["a", "b"], missing = keep) }
  target = y
  split = random(train = 0.7, validation = 0.3)
}
dbn { visible(features); rbm(5); rbm(3); output(y) }
train {
  batch = 16
  phase quick {
    procedure = contrastive_divergence(steps = schedule(1, 2))
    optimizer = sgd(0.05, momentum = warmup(0.2, 0.9, epochs = 1))
    regularize = [l2(1e-3), sparsity(target = 0.2, cost = 0.1)]
    metrics = [log_likelihood, free_energy_gap]
    epochs = 2
    rbm_2.epochs = 3
  }
  phase slow {
    procedure = persistent_contrastive_divergence(steps = 2, chains = 7)
    optimizer = adam(0.01)
    average = ema(0.9)
    epochs = 2
  }
  phase hot {
    procedure = parallel_tempering(chains = 4, temperatures = 3)
    optimizer = sgd(0.05)
    schedule = linear(to = 0)
    epochs = 2
  }
  phase together {
    procedure = up_down(steps = 2)
    optimizer = sgd(0.02, momentum = 0.5)
    metrics = [log_likelihood]
    keep = best(validation.log_likelihood)
    epochs = 3
  }
  phase finetune { optimizer = adam(0.02); freeze = until(epoch = 1, parts = [rbm]); epochs = 2 }
}
"""


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Spec, Dataset]:
    folder = tmp_path_factory.mktemp("machines")
    labels = ["a", "b", ""]
    rows = [f"{(i * 37) % 50},{'uvw'[i % 3]},{labels[(i * 37) % 50 > 20 and 1 + (i % 9 == 0)]}" for i in range(50)]
    (folder / "t.csv").write_text(table(50, rows.__getitem__, "x,z,y"))
    spec, report = check_source(Source("t.dn", SPEC), folder)
    return bind_spec(spec, report, folder)


@pytest.fixture(scope="module")
def whole(bound: tuple[Spec, Dataset]) -> tuple[dict[str, torch.Tensor], list[dict]]:
    whole, events = training(bound)
    run(whole)
    return weights(whole), without_seconds(events)


@pytest.fixture(scope="module")
def states(bound: tuple[Spec, Dataset]) -> list[Saved]:
    return every_state(bound)


STEPS = 55
"""Between how many steps of the whole run a state may be taken (a test holds it)."""


def test_each_machine_of_each_phase_is_trained_for_its_own_epochs(bound, whole) -> None:
    phases = [event["phase"] for event in whole[1]]
    stages = [f"{phase}.{layer}" for phase in ("quick", "slow", "hot") for layer in ("rbm_1", "rbm_2")]
    expected = dict(zip(stages, (2, 3, 2, 2, 2, 2))) | {"together": 3, "finetune": 2}
    assert {phase: phases.count(phase) for phase in phases} == expected
    offers = []
    run(training(bound, lambda training, final: offers.append(final))[0])
    assert len(offers) == STEPS


@pytest.mark.parametrize("number", range(STEPS))
def test_any_state_goes_on_to_the_same_bits(number: int, states, bound, whole, tmp_path: Path) -> None:
    goes_on_to_the_same_bits(states[number], bound, whole, tmp_path / "state.safetensors")
