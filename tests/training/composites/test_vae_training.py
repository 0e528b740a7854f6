"""Training of variational autoencoders: β in time, what is told of an epoch, conditions, states that go on to the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specc.training.checkpoint import as_bytes, read_state
from specc.training.device import compute_with
from specc.training.loop import Diverged, Training
from tests.training.composites.variational import CPU, Model, TableModel

DRAW = np.random.default_rng(4)
ROWS = DRAW.normal(size=(30, 2)) @ DRAW.normal(size=(2, 5)) + 0.3 * DRAW.normal(size=(30, 5))
BODY = "encoder { input(row); dense(8, tanh) }; latent(2); decoder { dense(8, tanh); dense(5) }"
SPLIT = "; split = random(train = 0.7, validation = 0.3, test = 0)"


def model(folder: Path, train: str, split: str = SPLIT, seed: int = 0) -> Model:
    return Model(folder, ROWS, BODY, train, seed, split)


def test_beta_follows_its_schedule_and_weighs_the_cost_of_the_code(tmp_path: Path) -> None:
    """A step an epoch: β = 0, ¼, ½, ¾, 1, 1 are those of `warmup(0, 1, epochs = 4)` at the start of each."""
    found = model(tmp_path, "loss = elbo(beta = warmup(0.0, 1.0, epochs = 4)); batch = all; epochs = 6").run()
    for event, beta in zip(found.events, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0], strict=True):
        told = event["train"]
        assert told["objective"] == pytest.approx(told["reconstruction"] + beta * told["kl"], rel=1e-6)
        assert told["loss"] == pytest.approx(told["reconstruction"] + told["kl"], rel=1e-6)


def test_the_first_step_of_a_warm_up_from_zero_does_not_see_the_cost(tmp_path: Path) -> None:
    """With β = 0 the gradient of the code is that of the reconstruction alone, which another weight of the cost does not move."""
    free, warm = (
        model(tmp_path, f"loss = elbo(beta = {beta}); optimizer = sgd(0.01); batch = all; epochs = 1").run()
        for beta in ("0.0", "warmup(0.0, 5.0, epochs = 9)")
    )
    assert all(torch.equal(one, other) for one, other in zip(free.module.parameters(), warm.module.parameters()))


def test_a_strong_beta_leaves_the_code_to_the_prior(tmp_path: Path) -> None:
    """β = 300 makes the cost vanish; with free bits of 0.5 a dimension costs nothing up to so many nats, and is not given up."""
    train = "loss = elbo(beta = 300.0{free}); optimizer = adam(0.01); batch = all; epochs = 300"
    bare, free = (model(tmp_path, train.format(free=text)).run() for text in ("", ", free_bits = 0.5"))
    assert bare.events[-1]["train"]["kl"] < 0.01
    assert 0.5 < free.events[-1]["train"]["kl"] < 1.5
    assert [run.events[-1]["validation"]["active_units"] for run in (bare, free)] == [0, 2]


def test_the_loss_of_other_rows_is_the_bound_whatever_beta_is(tmp_path: Path) -> None:
    one, four = (model(tmp_path, f"loss = elbo(beta = {beta}); optimizer = sgd(1e-30); epochs = 1").run() for beta in (1.0, 4.0))
    assert one.events[0]["validation"] == four.events[0]["validation"]
    told = one.events[0]["validation"]
    assert told["loss"] == pytest.approx(told["reconstruction"] + told["kl"], rel=1e-12)
    assert "objective" not in one.events[0]["train"] and "objective" in four.events[0]["train"]


def test_a_likelihood_is_taken_of_validation_rows_when_it_is_due_and_of_all_at_the_end(tmp_path: Path) -> None:
    found = model(tmp_path, "metrics = [log_likelihood(every = 2, samples = 7, final = 30)]; epochs = 3").run()
    assert ["log_likelihood" in event["validation"] for event in found.events] == [False, True, False]
    assert all("log_likelihood" not in event["train"] for event in found.events)
    final = found.training.evaluate()
    assert set(final) == {"train", "validation"}
    for split, evaluation in final.items():
        expected = found.bound.estimates(found.module, found.dataset.rows[split], 30)
        assert evaluation.metrics["log_likelihood"] == float(expected.values.mean())
        assert evaluation.metrics["log_likelihood_error"] == expected.error


def test_without_validation_rows_it_is_taken_of_those_that_are_trained_on(tmp_path: Path) -> None:
    train = "metrics = [log_likelihood(samples = 7)]; optimizer = sgd(1e-30); epochs = 1"
    found = model(tmp_path, train, split="; split = random(train = 1.0, validation = 0.0, test = 0.0)").run()
    expected = found.bound.estimates(found.module, np.sort(found.numbers), 7).values.mean()
    assert found.events[0]["train"]["log_likelihood"] == float(expected)


TABLE = """data { source = csv("t.csv"); columns { a = number(scale = standard); b = number(scale = standard); kind = category }
  split = random(train = 0.8, validation = 0.2, test = 0) }
vae {
  condition(kind)
  encoder { input(features); concat(it, condition); dense(8, tanh) }
  latent(1)
  decoder { concat(it, condition); dense(8, tanh); dense(2) }
}
train { loss = elbo(variance = 0.05); optimizer = adam(0.02); batch = 20; epochs = 150 }
"""


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> TableModel:
    """Two kinds of rows far apart, each on a line of its own: what kind a row is need not be in its code."""
    draw = np.random.default_rng(6)
    along, kinds = draw.normal(size=200), np.arange(200) % 2
    a, b = along + 6 * kinds, np.where(kinds, along, -along) + 0.1 * draw.normal(size=200)
    lines = [f"{x:.5f},{y:.5f},{'uv'[k]}" for x, y, k in zip(a, b, kinds)]
    found = TableModel(tmp_path_factory.mktemp("conditional"), TABLE, {"t.csv": "\n".join(["a,b,kind", *lines]) + "\n"})
    found.run()
    return found


def test_features_leave_the_condition_out_and_both_parts_take_it(conditional: TableModel) -> None:
    assert [tensor.columns for tensor in conditional.bound.rows.door] == [("kind",), ("a", "b")]
    calls = conditional.bound.parts.calls
    assert [one.name for one in calls["encoder"].takes] == ["kind", "features"]
    assert [one.name for one in calls["decoder"].takes] == ["kind", "latent"]


@torch.no_grad()
def test_the_same_code_is_a_row_of_the_kind_that_is_asked_for(conditional: TableModel) -> None:
    """Codes of N(0, 1) become rows of each kind with the mean and the correlation that its rows have."""
    z = torch.randn(4_000, 1, generator=torch.Generator().manual_seed(0))
    rows = conditional.dataset.inputs
    for kind in (0, 1):
        made = conditional.module.decoder(torch.eye(2)[kind].expand(len(z), 2), z)
        true = torch.from_numpy(rows["features"][rows["kind"][:, kind] == 1])
        torch.testing.assert_close(made.mean(0), true.mean(0), rtol=0, atol=0.3)  # the kinds are 1.9 apart
        torch.testing.assert_close(torch.corrcoef(made.T)[0, 1], torch.corrcoef(true.T)[0, 1], rtol=0, atol=0.02)  # −1 and 1
        torch.testing.assert_close(made.std(0), true.std(0), rtol=0.2, atol=0)


def test_of_a_likelihood_every_code_has_the_condition_of_its_row(
    conditional: TableModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Codes of several rows are decoded together or one by one: the estimates are the same within five of their errors."""
    numbers = conditional.numbers[:6]
    together = conditional.bound.estimates(conditional.module, numbers, 300)
    monkeypatch.setattr("specc.training.composites.bound.rows_at_once", lambda spec: 1)
    alone = conditional.bound.estimates(conditional.module, numbers, 300)
    errors = (alone.variances + together.variances).sqrt()
    assert float(errors.max()) < 0.5 and float(((alone.values - together.values).abs() / errors).max()) < 5


def test_a_loss_that_is_not_finite_ends_the_run_before_a_step(tmp_path: Path) -> None:
    found = model(tmp_path, "batch = all; epochs = 2")
    with torch.no_grad():
        found.module.encoder_latent["log_variance"].bias.fill_(1e4)
    before = [p.clone() for p in found.module.parameters()]
    with pytest.raises(Diverged) as fault:
        found.run()
    assert (fault.value.what, fault.value.epoch) == ("loss", 1)
    assert all(torch.equal(one, other) for one, other in zip(before, found.module.parameters()))


RESUMED = (
    "loss = elbo(beta = warmup(0.0, 1.0, steps = 7), free_bits = 0.1); average = ema(0.9); batch = 4; accumulate = 2; epochs = 4;"
    " metrics = [log_likelihood(samples = 3)]; keep = best(validation.log_likelihood); optimizer = adam(0.01)"
)


class Stop(Exception):
    """Where the test ends a training."""


def run(training: Training) -> None:
    with compute_with(CPU, threads=1):
        training.run()


def without_seconds(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in event.items() if name != "seconds"} for event in events]


@pytest.mark.parametrize("number", [0, 1, 4, 6, 8, 11])
def test_any_state_goes_on_to_the_same_bits(number: int, tmp_path: Path) -> None:
    """β on its way, the average, the noise and the best weights so far are all in the state."""
    body = BODY.replace("dense(8, tanh) };", "dense(8, tanh); dropout(0.2) };")
    whole = Model(tmp_path, ROWS, body, RESUMED, 5, SPLIT).run()
    first, offers = Model(tmp_path, ROWS, body, RESUMED, 5, SPLIT), []

    def stop(training: Training, final: bool) -> None:
        offers.append(final)
        if len(offers) > number:
            (tmp_path / "state").write_bytes(as_bytes(training))
            raise Stop

    first.training.save = stop
    with pytest.raises(Stop):
        run(first.training)
    again = Model(tmp_path, ROWS, body, RESUMED, 99, SPLIT)
    read_state(tmp_path / "state", again.training)
    run(again.training)
    assert without_seconds(first.events + again.events) == without_seconds(whole.events)
    state = whole.module.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in again.module.state_dict().items())
