"""The loop does what a person would write by hand: batches, phases, rates, stopping, keeping; each against a reference."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from specc.data.split import training_rows
from specc.training.loop import Diverged
from tests.training.trained import NETWORK, Trained, by_hand, copy, same, table


def test_two_phases_are_two_optimizers_one_after_the_other(tmp_path: Path) -> None:
    phases = "phase a { optimizer = sgd(0.1, momentum = 0.9); epochs = 3 }; phase b { optimizer = adam(0.01); epochs = 2 }"
    trained = Trained(tmp_path, f"batch = 16; {phases}")
    expected = by_hand(
        *(trained, 16),
        [
            (3, lambda module: torch.optim.SGD(module.parameters(), 0.1, momentum=0.9)),
            (2, lambda module: torch.optim.Adam(module.parameters(), 0.01)),
        ],
    )
    for name, tensor in copy(trained.module).items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-5, atol=1e-6)
    assert [(e["phase"], e["epoch"], e["rate"]) for e in trained.events] == [
        *(("a", epoch, 0.1) for epoch in (1, 2, 3)),
        *(("b", epoch, 0.01) for epoch in (1, 2)),
    ]


def test_no_epochs_leave_a_phase_out(tmp_path: Path) -> None:
    text = "batch = 16; phase a {{ epochs = 2 }}; {}phase c {{ optimizer = sgd(0.1); epochs = 2 }}"
    without = Trained(tmp_path, text.format(""))
    left_out = Trained(tmp_path, text.format("phase b { optimizer = sgd(9.0); epochs = 0 }; "))
    assert same(copy(without.module), copy(left_out.module))
    assert [e["phase"] for e in left_out.events] == ["a", "a", "c", "c"]


def test_the_weights_of_a_phase_start_from_those_that_the_one_before_kept(tmp_path: Path) -> None:
    kept = "optimizer = sgd(2.0); epochs = 12; keep = best(validation.loss)"
    first = Trained(tmp_path, f"batch = 8; {kept}")
    both = Trained(tmp_path, f"batch = 8; phase a {{ {kept} }}; phase b {{ optimizer = sgd(1e-30); epochs = 1 }}")
    best = int(np.argmin(first.values("validation.loss")))
    assert best != 11, "the example must keep an earlier epoch than the last"
    assert same(copy(both.module), first.states[best])


def test_all_rows_in_one_batch(tmp_path: Path) -> None:
    whole, counted = (Trained(tmp_path, f"batch = {batch}; epochs = 3") for batch in ("all", 60))
    assert same(copy(whole.module), copy(counted.module))
    assert [event["steps"] for event in whole.events] == [1, 2, 3]


def test_steps_end_a_phase_within_an_epoch(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "batch = 16; steps = 6")  # 60 rows: four batches an epoch
    assert [event["steps"] for event in trained.events] == [4, 6]
    longer = Trained(tmp_path, "batch = 16; epochs = 1")
    assert same(trained.states[0], longer.states[0])


@pytest.mark.parametrize("length", ["steps = 0", "epochs = 0"])
def test_nothing_is_trained(length: str, tmp_path: Path) -> None:
    trained = Trained(tmp_path, length)
    assert same(trained.began, copy(trained.module))
    assert trained.events == []


def test_fewer_rows_keep_the_shares_of_the_labels(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "batch = all; epochs = 1; rows = 20")
    rows = training_rows(trained.spec, trained.training.dataset, trained.spec.phases[0])
    labels = trained.dataset.targets["label"]
    assert len(set(rows)) == 20
    assert set(rows) <= set(trained.dataset.rows["train"])
    whole = np.bincount(labels[trained.dataset.rows["train"]], minlength=3) * 20 / 60
    assert np.abs(np.bincount(labels[rows], minlength=3) - whole).max() < 1


def test_a_single_row_left_over_joins_the_batch_before_where_statistics_need_company(tmp_path: Path) -> None:
    network = "input(features); dense(5); batch_norm; tanh; output({target})"
    sizes: list[int] = []
    trained = Trained(tmp_path, "batch = 59; epochs = 1", network, run=False)
    trained.module.register_forward_pre_hook(lambda module, inputs, named: sizes.append(len(named["features"])), with_kwargs=True)
    trained.run()
    assert sizes == [60, 15]  # the training rows in one batch, then those of validation
    assert trained.events[0]["steps"] == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [("balanced", None), ("[1.0, 2.0, 0.5]", [1.0, 2.0, 0.5])],
)
def test_labels_weigh_what_the_spec_says(given: str, expected: list[float] | None, tmp_path: Path) -> None:
    trained = Trained(tmp_path, f"batch = all; epochs = 1; loss = cross_entropy(class_weights = {given})", run=False)
    rows = torch.from_numpy(trained.dataset.rows["train"])
    labels = torch.from_numpy(trained.dataset.targets["label"])[rows]
    weights = torch.tensor(expected) if expected else len(rows) / (3 * torch.bincount(labels))
    with torch.no_grad():
        logits = trained.module(features=torch.from_numpy(trained.dataset.inputs["features"])[rows])
    trained.run()
    assert trained.values("train.loss") == pytest.approx([float(F.cross_entropy(logits, labels, weight=weights))], rel=1e-5)


LONG = "optimizer = sgd(1.5); batch = 8; epochs = 40"


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Forty epochs that stop nowhere: what others of the same seed see as far as they go."""
    return Trained(tmp_path_factory.mktemp("long"), LONG)


def stopping_epoch(values: list[float], patience: int, change: float, sign: float) -> int:
    """The epoch after which no better value has come for so long."""
    best, at = math.inf, 0
    for epoch, value in enumerate(values, 1):
        if sign * value < best - change:
            best, at = sign * value, epoch
        elif epoch - at >= patience:
            return epoch
    return len(values)


@pytest.mark.parametrize("measure", ["validation.loss", "validation.accuracy", "train.loss"])
@pytest.mark.parametrize(("patience", "change"), [(1, 0.0), (3, 0.0), (3, 0.02), (100, 0.0)])
def test_a_phase_stops_when_nothing_has_improved_for_so_long(
    measure: str, patience: int, change: float, long: Trained, tmp_path: Path
) -> None:
    trained = Trained(tmp_path, f"{LONG}; stop = early({measure}, patience = {patience}, change = {change})")
    values, sign = long.values(measure), -1.0 if measure.endswith("accuracy") else 1.0
    assert len(trained.events) == stopping_epoch(values, patience, change, sign)
    assert ("stopped" in trained.events[-1]) == (len(trained.events) < 40)
    assert trained.values(measure) == values[: len(trained.events)]
    best = int(np.argmin([sign * value for value in trained.values(measure)]))
    assert same(copy(trained.module), long.states[best])


def test_stopping_and_keeping_each_look_at_their_own_measure(long: Trained, tmp_path: Path) -> None:
    stop = "stop = early(train.loss, patience = 3); keep = best(validation.accuracy)"
    trained = Trained(tmp_path, f"{LONG}; {stop}")
    assert len(trained.events) == stopping_epoch(long.values("train.loss"), 3, 0.0, 1.0)
    best = int(np.argmax(trained.values("validation.accuracy")))
    assert same(copy(trained.module), long.states[best])
    assert [e["epoch"] for e in trained.events if e.get("best")][-1] == best + 1


def test_the_last_weights_are_kept_where_the_spec_says_so(long: Trained, tmp_path: Path) -> None:
    trained = Trained(tmp_path, f"{LONG}; stop = early(validation.loss, patience = 3); keep = last")
    assert 3 < len(trained.events) < 40
    assert same(copy(trained.module), long.states[len(trained.events) - 1])


def test_the_kept_weights_have_the_best_value_when_it_is_computed_again(tmp_path: Path) -> None:
    trained = Trained(tmp_path, f"{LONG}; keep = best(validation.loss)")
    assert trained.loss_on("validation") == pytest.approx(min(trained.values("validation.loss")), rel=1e-5)


def test_epochs_that_do_not_take_the_measure_neither_stop_nor_keep(tmp_path: Path) -> None:
    train = "optimizer = sgd(1e-9); batch = 8; epochs = 40; metrics = [f1(every = 5)]; stop = early(validation.f1, patience = 7)"
    trained = Trained(tmp_path, train)
    assert [e["epoch"] for e in trained.events if "f1" in e["validation"]] == [5, 10, 15]
    assert len(trained.events) == 15  # nothing improves on epoch 5, and 15 is the first measured that is 7 behind it
    assert [e["epoch"] for e in trained.events if e.get("best")] == [5]


def test_a_measure_that_is_never_defined_keeps_the_last_weights(tmp_path: Path) -> None:
    table(tmp_path)
    spec_text = "batch = 8; epochs = 9; metrics = auroc; stop = early(validation.auroc, patience = 4)"
    trained = Trained(tmp_path, spec_text, run=False)
    only = trained.dataset.rows["validation"]
    trained.dataset.rows["validation"] = only[trained.dataset.targets["label"][only] == 0]
    trained.run()
    assert len(trained.events) == 4
    assert all(math.isnan(value) for value in trained.values("validation.auroc"))
    assert trained.events[-1]["stopped"].endswith("kept the last epoch")
    assert same(copy(trained.module), trained.states[-1])


@pytest.mark.parametrize(("factor", "patience", "to"), [(0.5, 0, 0.0), (0.5, 2, 0.3)])
def test_a_plateau_takes_from_the_rate_what_the_measures_say(factor: float, patience: int, to: float, tmp_path: Path) -> None:
    plateau = f"schedule = plateau(validation.loss, factor = {factor}, patience = {patience}, to = {to})"
    trained = Trained(tmp_path, f"optimizer = sgd(1.5); batch = 8; epochs = 25; {plateau}")
    scheduler_optimizer = torch.optim.SGD([torch.zeros(1)], 1.5)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        scheduler_optimizer, factor=factor, patience=patience, threshold=0.0, min_lr=to * 1.5
    )
    expected = [1.5]
    for value in trained.values("validation.loss")[:-1]:
        scheduler.step(value)
        expected.append(scheduler_optimizer.param_groups[0]["lr"])
    assert [event["rate"] for event in trained.events] == pytest.approx(expected)
    assert len(set(expected)) > 1


def test_the_rate_follows_its_schedule_through_the_steps(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "optimizer = sgd(0.8); schedule = linear(to = 0); batch = 15; epochs = 4")
    # Sixteen steps; an epoch's rate is that of its last step.
    assert [event["rate"] for event in trained.events] == pytest.approx([0.8 * (1 - step / 16) for step in (3, 7, 11, 15)])


def test_another_seed_gives_other_weights_on_the_same_rows(tmp_path: Path) -> None:
    one, again, other = (Trained(tmp_path, "batch = 8; epochs = 2", seed=seed) for seed in (0, 0, 1))
    assert same(copy(one.module), copy(again.module))
    assert not same(copy(one.module), copy(other.module))
    for name, rows in one.dataset.rows.items():
        assert np.array_equal(rows, other.dataset.rows[name])


def test_dropout_does_not_change_the_order_of_the_rows(tmp_path: Path) -> None:
    orders = []
    for drop in ("", "dropout(0.5); "):
        trained = Trained(
            tmp_path, "batch = 8; epochs = 3", f"input(features); dense(5, tanh); {drop}output({{target}})", run=False
        )
        seen: list[torch.Tensor] = []
        trained.module.register_forward_pre_hook(
            lambda module, inputs, named, seen=seen: seen.append(named["features"]) if module.training else None, with_kwargs=True
        )
        trained.run()
        orders.append(torch.cat(seen))
    assert torch.equal(*orders)


def test_a_number_is_measured_in_its_own_unit(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "batch = all; epochs = 1; optimizer = sgd(1e-30)", target="price")
    rows, spec = trained.dataset.rows["validation"], trained.spec
    assert spec.bound is not None
    fit: Any = spec.bound.fits["price"]
    trained.module.eval()
    with torch.no_grad():
        scaled = trained.module(features=torch.from_numpy(trained.dataset.inputs["features"][rows]))[:, 0].double().numpy()
    answers = scaled * fit.scale + fit.center
    truth = trained.dataset.truth["price"][rows]
    measured = trained.events[0]["validation"]
    assert measured["root_mean_squared_error"] == pytest.approx(np.sqrt(np.mean((answers - truth) ** 2)))
    assert measured["mean_absolute_error"] == pytest.approx(np.mean(np.abs(answers - truth)))
    assert measured["loss"] == pytest.approx(np.mean(((answers - truth) / fit.scale) ** 2), rel=1e-5)


def faults(folder: Path, train: str, network: str = NETWORK) -> Diverged:
    with pytest.raises(Diverged) as error:
        Trained(folder, train, network)
    return error.value


def test_a_loss_that_overflows_names_the_first_layer_that_does(tmp_path: Path) -> None:
    # The first step moves every weight by 1e30: dense_2 multiplies two such numbers, and 1e60 is no float32.
    network = "input(features); dense(5); dense(5); dense(5); output({target})"
    found = faults(tmp_path, "batch = 8; epochs = 2; optimizer = sgd(1e30)", network)
    assert (found.epoch, found.batch, found.what, found.layer) == (1, 2, "loss", "dense_2")


def test_a_layer_without_weights_is_found_too(tmp_path: Path) -> None:
    network = "input(features); dense(5); dense a(5); of_one; output({target})".replace("of_one", "multiply(a, a)")
    found = faults(tmp_path, "batch = 8; epochs = 2; optimizer = sgd(1e18)", network)
    assert (found.what, found.layer) == ("loss", "multiply_1")


def test_weights_that_overflow_in_the_very_last_step_are_found(tmp_path: Path) -> None:
    found = faults(tmp_path, "batch = all; epochs = 1; optimizer = sgd(3e38); loss = 1000 * cross_entropy")
    assert (found.epoch, found.what, found.layer) == (1, "weights", "dense_1")


@pytest.mark.parametrize(
    ("train", "epoch"), [("optimizer = sgd(1e39)", 1), ("optimizer = sgd(1e-30); schedule = exponential(1e100)", 2)]
)
def test_a_rate_that_no_weight_can_take(train: str, epoch: int, tmp_path: Path) -> None:
    found = faults(tmp_path, f"batch = all; epochs = 9; {train}")
    assert (found.epoch, found.what) == (epoch, "rate")
