"""A deep belief network: one machine after the other, unrolled into a network, and trained as one model of its data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from specc.diagnostics import Source
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module
from specc.training.boltzmann.measures import Measuring
from specc.training.boltzmann.rows import VisibleRows
from specc.training.boltzmann.stacked import StackMeasuring
from specc.training.device import compute_with
from specc.training.loop import Course, Training
from specc.training.pretrained import start
from specc.training.streams import Streams

CPU = torch.device("cpu")
DATA = """data {
  source = npz("bars.npz")
  columns { v = array([16]); y = category }
  target = y
  split = random(train = 0.8, validation = 0.2)
}
"""
MODEL = "dbn { visible(v, units = bernoulli); rbm(10); rbm(6); output(y) }"
PRETRAIN = "phase pretrain { procedure = contrastive_divergence(steps = 1); optimizer = sgd(0.1, momentum = 0.5); epochs = 6 }"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bars and stripes of 4×4 with a tenth of the bits wrong, and which of the two each row has."""
    folder, draw = tmp_path_factory.mktemp("bars"), np.random.default_rng(0)
    lines, across = draw.integers(0, 2, (600, 4)), draw.integers(0, 2, 600)
    images = np.where(across[:, None, None], lines[:, :, None].repeat(4, 2), lines[:, None, :].repeat(4, 1))
    images = images ^ (draw.random(images.shape) < 0.02)
    np.savez(folder / "bars.npz", v=images.reshape(600, 16).astype(np.float32), y=across)
    return folder


class Trained:
    """A training, the state of the module at the end of each phase, and what the loop was told."""

    def __init__(self, folder: Path, train: str, model: str = MODEL) -> None:
        spec, report = check_source(Source("t.dn", f"{DATA}{model}\ntrain {{ batch = 20; {train} }}\n"), folder)
        self.spec, dataset = bind_spec(spec, report, folder)
        streams, module = Streams(0), build_module(self.spec)
        start(module, streams["weights"], {})
        self.events: list[dict] = []
        self.alarms: list[str] = []
        self.seen: dict[tuple[str, int | None], dict[str, torch.Tensor]] = {}
        self.training = Training(
            *(self.spec, dataset, module, streams, CPU, self.events.append),
            warn=lambda phase, epoch, alarm: self.alarms.append(alarm.code),
            look=self._look,
        )
        with compute_with(CPU, threads=1):
            self.training.run()
        self.module = module

    def _look(self, course: Course, epoch: int | None) -> None:
        self.seen[course.phase.name, epoch] = {n: t.clone() for n, t in self.training.module.state_dict().items()}

    def changed(self, before: tuple[str, int | None], after: tuple[str, int | None]) -> set[str]:
        return {name for name, tensor in self.seen[before].items() if not torch.equal(tensor, self.seen[after][name])}


def test_each_machine_is_trained_alone(folder: Path) -> None:
    trained = Trained(folder, PRETRAIN)
    own = {"weight", "hidden_bias", "visible_bias"}
    assert trained.changed(("pretrain.rbm_1", 0), ("pretrain.rbm_1", None)) == {f"rbm_1.{name}" for name in own}
    assert trained.changed(("pretrain.rbm_2", 0), ("pretrain.rbm_2", None)) == {f"rbm_2.{name}" for name in own}


def test_a_machine_sees_the_features_of_those_below_and_they_are_made_once(folder: Path) -> None:
    trained = Trained(folder, PRETRAIN)
    seen = VisibleRows(trained.spec, "rbm_2", trained.training.rows, trained.module)
    numbers = torch.arange(600)
    v = trained.training.rows.batch(numbers).inputs["v"]
    machine = trained.module.rbm_1
    by_hand = torch.sigmoid(v @ machine.weight.T + machine.hidden_bias)
    torch.testing.assert_close(seen.batch(numbers).inputs["visible"], by_hand)
    with torch.no_grad():
        machine.weight.zero_()
    torch.testing.assert_close(seen.batch(numbers).inputs["visible"], by_hand)


def test_the_unrolled_network_is_the_stack_of_features_and_an_output(folder: Path) -> None:
    trained = Trained(folder, f"{PRETRAIN}; phase finetune {{ optimizer = adam(0.01); epochs = 2 }}")
    v = trained.training.rows.batch(torch.arange(600)).inputs["v"]
    h = v
    for machine in (trained.module.rbm_1, trained.module.rbm_2):
        h = torch.sigmoid(h @ machine.weight.T + machine.hidden_bias)
    torch.testing.assert_close(trained.module(v), trained.module.output_1(h))


def test_the_output_learns_alone_until_the_machines_are_let_go(folder: Path) -> None:
    finetune = "phase finetune { optimizer = adam(0.01); freeze = until(epoch = 2, parts = [rbm]); epochs = 3 }"
    trained = Trained(folder, f"{PRETRAIN}; {finetune}")
    assert trained.changed(("finetune", 0), ("finetune", 2)) == {"output_1.weight", "output_1.bias"}
    assert "rbm_1.weight" in trained.changed(("finetune", 2), ("finetune", 3))


def test_without_pretraining_the_network_is_the_same_and_starts_as_dense_layers_do(folder: Path) -> None:
    train = f"{PRETRAIN.replace('epochs = 6', 'epochs = 0')}; phase finetune {{ optimizer = adam(0.01); epochs = 1 }}"
    trained = Trained(folder, train)
    assert [event["phase"] for event in trained.events] == ["finetune"]
    weight = trained.seen["finetune", 0]["rbm_1.weight"]
    assert float(weight.abs().max()) == pytest.approx((6 / (16 + 10)) ** 0.5, rel=0.05), "Glorot uniform"


def test_up_and_down_raises_the_bound(folder: Path) -> None:
    together = "phase together { procedure = up_down(steps = 3); optimizer = sgd(0.05); metrics = [log_likelihood]; epochs = 30 }"
    trained = Trained(folder, f"{PRETRAIN}; {together}", MODEL.replace("rbm(6)", "rbm(8)"))
    before = _bound(trained, "pretrain.rbm_2")
    after = trained.events[-1]["validation"]["log_likelihood"]
    assert after > before + 0.3, (before, after)


@pytest.mark.parametrize("left_out", ["pretrain", "together"])
def test_either_may_be_left_out(left_out: str, folder: Path) -> None:
    phases = {"pretrain": "procedure = contrastive_divergence", "together": "procedure = up_down"}
    written = [f"phase {name} {{ {words}; epochs = {int(name != left_out)} }}" for name, words in phases.items()]
    trained = Trained(folder, "; ".join(written))
    assert left_out not in {event["phase"].partition(".")[0] for event in trained.events}
    bias = trained.module.rbm_1.visible_bias
    assert bool(bias.any()), "it begins with the means of the data"


def _bound(trained: Trained, phase: str) -> float:
    """The lower bound of the validation rows as the stack was at the end of a phase."""
    module = build_module(trained.spec)
    module.load_state_dict(trained.seen[phase, None])
    stack = (module.rbm_1, module.rbm_2)
    with torch.no_grad():
        module.rbm_1.generative_weight.copy_(module.rbm_1.weight)
    seen = VisibleRows(trained.spec, "rbm_1", trained.training.rows, module)
    measuring = StackMeasuring(trained.spec, trained.spec.phases[-1], stack, seen)
    return measuring.after_epoch(trained.training.dataset.rows["validation"], 1, True)["log_likelihood"]


def test_the_alarm_is_given_once_where_the_likelihood_falls_and_the_reconstruction_improves(folder: Path) -> None:
    model = "rbm { visible(v, units = bernoulli); visible(y); hidden(12) }"
    train = "procedure = contrastive_divergence(steps = 1); optimizer = sgd(0.5); metrics = [log_likelihood]; epochs = 60"
    trained = Trained(folder, train, model)
    measured = [event["validation"] for event in trained.events]
    likely, errors = ([m[name] for m in measured] for name in ("log_likelihood", "reconstruction_error"))
    best = int(np.argmax(likely))
    assert any(likely[i] < likely[best] and errors[i] < errors[best] for i in range(best, 60)), "the example must show it"
    assert trained.alarms == ["W2004"]


@torch.no_grad()
def test_the_label_is_measured_beside_the_other_units(folder: Path) -> None:
    model = "rbm { visible(v, units = bernoulli); visible(y); hidden(12) }"
    train = "procedure = persistent_contrastive_divergence(steps = 1, chains = 20); optimizer = sgd(0.1); epochs = 150"
    trained = Trained(folder, train, model)
    seen_rows = VisibleRows(trained.spec, "hidden_1", trained.training.rows, trained.module)
    measuring = Measuring(trained.spec, trained.spec.phases[0], trained.module.hidden_1, seen_rows)
    rows = trained.training.dataset.rows["validation"]
    measured = measuring.at_the_end(rows).metrics
    machine, seen = trained.module.hidden_1, trained.training.rows.batch(torch.from_numpy(rows))
    scores = [-machine.free_energy(torch.cat([seen.inputs["v"], torch.eye(2)[[k] * len(rows)]], 1)) for k in (0, 1)]
    by_hand = torch.stack(scores, 1).log_softmax(1)
    truth = seen.targets["y"]
    assert measured["loss"] == pytest.approx(-float(by_hand[torch.arange(len(rows)), truth].mean()), rel=1e-5)
    assert measured["accuracy"] == pytest.approx(float((by_hand.argmax(1) == truth).float().mean()))
    assert measured["accuracy"] > 0.8, "bars and stripes can be told apart but where all lines are alike"  # type: ignore[operator]
