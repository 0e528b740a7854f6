"""Failures of adversarial training are named while it goes on: those that are made to happen, and none where all is well."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from specc.checking import check_text
from specc.checking.places import span_of
from specc.defaults import with_defaults
from specc.diagnostics import Source
from specc.ir import Spec
from specc.pytorch.source import build_module
from specc.runs.failures import diverged
from specc.training.composites.failures import failures, is_time_to_look, nothing_seen
from specc.training.device import compute_with
from specc.training.loop import Diverged, Training
from specc.training.procedures.procedure import Alarm
from specc.training.streams import Streams
from tests.data.binding import bound, npz_file

CPU = torch.device("cpu")
TEXT = """data {{
  source = npz("rows.npz")
  columns {{ point = array([2]){mode} }}
  split = random(train = 0.8, validation = 0.2, test = 0.0)
}}
gan {{
  latent(2)
  generator {{ {generator} }}
  discriminator {{ input(point); {discriminator} }}
}}
train {{
  {train}
}}
"""
Values = dict[str, Any]
SMALL = "dense(16); leaky_relu(0.2); dense(1)"


def text_of(train: str, generator: str = "dense(8); relu; dense(2)", discriminator: str = SMALL, mode: str = "") -> str:
    return TEXT.format(train=train.replace("; ", "\n  "), generator=generator, discriminator=discriminator, mode=mode)


def spec_of(train: str = "", discriminator: str = SMALL) -> Spec:
    text = text_of(f"{train}; epochs = 1".removeprefix("; "), discriminator=discriminator)
    return with_defaults(check_text(Source("gan.dn", text)))


def epoch(number: int, steps: int, rows: Values | None = None, **train: Any) -> dict[str, Any]:
    """An event of a run in which all is well but what is said."""
    usual = {"discriminator_accuracy": 0.7, "discriminator_loss": 1.1, "generator_gradient": 0.5}
    looked = {"pairwise_distance": 0.9, "duplicates": 0.0, "classifier_score": 0.8}
    return {"epoch": number, "steps": steps, "train": usual | train, "validation": looked | (rows or {})}


def told(spec: Spec, events: list[dict[str, Any]], seen: Tensor | None = None) -> list[tuple[int, Alarm]]:
    seen = nothing_seen() if seen is None else seen
    return [(event["epoch"], alarm) for event in events for alarm in failures(seen, event, spec, spec.phases[0])]


def codes(found: list[tuple[int, Alarm]]) -> list[tuple[int, str]]:
    return [(number, alarm.code) for number, alarm in found]


def all_along(count: int = 30, rows: Values | None = None, **train: Any) -> list[dict[str, Any]]:
    """Epochs of a hundred steps that are all alike."""
    return [epoch(n, 100 * n, rows, **train) for n in range(1, count + 1)]


def test_where_all_is_well_nothing_is_told() -> None:
    assert told(spec_of(), all_along()) == []


WON: Values = {"discriminator_accuracy": 0.995, "discriminator_loss": 0.03}
COLLAPSED: Values = {"pairwise_distance": 0.1}


@pytest.mark.parametrize(
    "code, first, rows, train",
    [
        ("W2101", 6, {}, WON),
        ("W2103", 6, COLLAPSED, {}),
        ("W2103", 6, {"duplicates": 0.7}, {}),
        ("W2104", 13, {"classifier_score": 0.97}, {"discriminator_accuracy": 0.52}),
    ],
)
def test_a_failure_is_told_once_when_it_has_lasted(code: str, first: int, rows: Values, train: Values) -> None:
    """Seen from the start, counted from step 300 on, for 300 steps (a fooled discriminator: 1 000); epochs are of 100."""
    assert codes(told(spec_of(), all_along(rows=rows, **train))) == [(first, code)]


def test_what_does_not_last_is_not_told() -> None:
    spec = spec_of()
    failing: list[tuple[Values, Values]] = [(COLLAPSED, {}), ({"classifier_score": 0.97}, {"discriminator_accuracy": 0.52})]
    for rows, train in [({}, WON), *failing]:
        events = [epoch(n, 100 * n, rows if n % 3 else {}, **(train if n % 3 else {})) for n in range(1, 31)]
        assert told(spec, events) == []


def test_a_discriminator_that_is_sure_for_a_while_only_wavers() -> None:
    """Between 0.95 and 0.98 it has neither won nor lost what it had won."""
    doubts: Values = {"discriminator_accuracy": 0.96}
    wavering = [epoch(n, 100 * n, **(WON if n != 5 else doubts)) for n in range(1, 8)]
    assert codes(told(spec_of(), wavering)) == [(6, "W2101")]


def test_a_sure_discriminator_with_a_loss_is_no_failure() -> None:
    """A tenth of the loss of one that guesses, 2 ln 2 = 1.386: 0.139."""
    spec = spec_of()
    assert told(spec, all_along(discriminator_accuracy=0.99, discriminator_loss=0.15)) == []
    assert codes(told(spec, all_along(discriminator_accuracy=0.99, discriminator_loss=0.13))) == [(6, "W2101")]
    least_squares = spec_of("loss = least_squares")  # guessing loses 0.25
    assert told(least_squares, all_along(discriminator_accuracy=0.99, discriminator_loss=0.03)) == []
    assert codes(told(least_squares, all_along(discriminator_accuracy=0.99, discriminator_loss=0.02))) == [(6, "W2101")]


def test_a_gradient_that_falls_to_a_hundredth_has_vanished() -> None:
    spec = spec_of("loss = minimax")
    falling = [epoch(n, 100 * n, generator_gradient=2.0 if n < 6 else 0.015) for n in range(1, 12)]
    ((number, alarm),) = told(spec, falling)
    assert (number, alarm.code, alarm.setting) == (8, "W2102", "loss")
    assert "is 0.015, and was 2 in epoch 1" in alarm.message
    assert "`loss = non_saturating`" in alarm.way_out
    assert told(spec, [epoch(n, 100 * n, generator_gradient=2.0 / n) for n in range(1, 50)]) == []


def test_modes_that_were_made_and_are_not_made_any_more_are_lost() -> None:
    spec = spec_of()
    counts = [3, 6, 8, 8, 8, 6, 6, 6, 6, 6, 6]
    ((number, alarm),) = told(spec, [epoch(n, 100 * n, {"modes_covered": c}) for n, c in enumerate(counts, 1)])
    assert (number, alarm.code) == (8, "W2103")
    assert alarm.message == "the generator loses modes: it makes 6, and made 8 in epoch 3"
    assert told(spec, [epoch(n, 100 * n, {"modes_covered": min(n, 8) - n % 2}) for n in range(1, 30)]) == []


def test_epochs_that_do_not_look_at_the_rows_say_nothing_of_them() -> None:
    """Modes are counted in every epoch, distances in every third."""
    events = all_along(12, rows=COLLAPSED | {"modes_covered": 1.0})
    for event in events:
        if event["epoch"] % 3:
            del event["validation"]["pairwise_distance"], event["validation"]["classifier_score"]
    assert codes(told(spec_of(), events)) == [(6, "W2103")]


def test_a_collapse_is_not_told_as_a_fooled_discriminator() -> None:
    events = all_along(rows=COLLAPSED | {"classifier_score": 1.0}, discriminator_accuracy=0.5)
    assert codes(told(spec_of(), events)) == [(6, "W2103")]


def test_a_critic_without_a_boundary_neither_wins_nor_is_fooled() -> None:
    spec = spec_of("loss = wasserstein")
    events = all_along(rows={"classifier_score": 1.0}, discriminator_loss=-9.0)
    for event in events:
        del event["train"]["discriminator_accuracy"]
    assert told(spec, events) == []


def test_rows_are_looked_at_again_after_two_hundred_steps() -> None:
    spec, seen = spec_of(), nothing_seen()
    assert not is_time_to_look(seen, 199)
    assert is_time_to_look(seen, 200)
    told(spec, [epoch(1, 230)], seen)
    assert (is_time_to_look(seen, 429), is_time_to_look(seen, 430)) == (False, True)


def test_what_is_remembered_goes_on_from_a_checkpoint() -> None:
    spec, events = spec_of(), all_along(rows=COLLAPSED)
    whole, first = nothing_seen(), nothing_seen()
    expected = codes(told(spec, events, whole))
    before = codes(told(spec, events[:4], first))
    kept = first.clone()
    assert before + codes(told(spec, events[4:], kept)) == expected
    assert torch.equal(kept, whole)


@pytest.mark.parametrize(
    "train, discriminator, failing, setting, way_out",
    [
        ("discriminator.updates = 5", SMALL, WON, "discriminator.updates", "take fewer `discriminator.updates` than 5"),
        ("loss = hinge", SMALL, WON, "loss", "`instance_noise = gaussian(0.1, decay = linear(to = 0))`"),
        ("loss = hinge; instance_noise = gaussian(0.1)", SMALL, WON, "loss", "`penalty = r1(1)`"),
        ("instance_noise = gaussian(0.1)", f"batch_norm; {SMALL}", WON, "optimizer", "`label_smoothing = one_sided(0.9)`"),
        (
            "loss = hinge; instance_noise = gaussian(0.1); penalty = r1(1)",
            *(SMALL, WON, "optimizer", "give the discriminator a smaller rate"),
        ),
        ("instance_noise = gaussian(0.1); penalty = r1(1)", SMALL, COLLAPSED, "optimizer", "`minibatch_discrimination(16)`"),
        ("noisy_labels = 0.3", SMALL, {"classifier_score": 1.0}, "noisy_labels", "take `noisy_labels` away"),
    ],
)
def test_the_way_out_is_a_remedy_that_the_spec_does_not_have(
    train: str, discriminator: str, failing: Values, setting: str, way_out: str
) -> None:
    spec = spec_of(train, discriminator)
    rows = {name: value for name, value in failing.items() if not name.startswith("discriminator")}
    training: Values = {name: value for name, value in failing.items() if name not in rows} or {"discriminator_accuracy": 0.55}
    ((_, alarm),) = told(spec, all_along(rows=rows, **training))
    assert alarm.setting == setting
    assert way_out in alarm.way_out
    assert span_of(spec, spec.phases[0], alarm.setting) is not None


def training_of(folder: Path, rows: np.ndarray, text: str, **watching: Any) -> Training:
    """A training that is about to begin."""
    spec, dataset = bound(folder, text, {"rows.npz": npz_file(point=rows.astype(np.float32), mode=np.arange(len(rows)) % 8)})
    streams, module = Streams(0), build_module(spec)
    module.start(streams["weights"])  # type: ignore[operator]
    return Training(spec, dataset, module, streams, CPU, **watching)


def trained(folder: Path, rows: np.ndarray, text: str) -> tuple[list[tuple[int, Alarm]], list[dict[str, Any]]]:
    """What a whole training tells, and its events."""
    found: list[tuple[int, Alarm]] = []
    events: list[dict[str, Any]] = []
    warn = lambda phase, number, alarm: found.append((number, alarm))  # noqa: E731
    training = training_of(folder, rows, text, report=events.append, warn=warn)
    with compute_with(CPU, threads=1):
        training.run()
    return found, events


def normal_rows(count: int = 3_000) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 2))


def ring(count: int = 3_000) -> np.ndarray:
    turns = np.arange(count) % 8 * (2 * math.pi / 8)
    return np.stack([np.cos(turns), np.sin(turns)], axis=1) + 0.01 * normal_rows(count)


def test_a_training_that_goes_well_tells_nothing(tmp_path: Path) -> None:
    discriminator = "dense(16); leaky_relu(0.2); dense(16); leaky_relu(0.2); dense(1)"
    text = text_of("optimizer = adam(2e-3); batch = 50; epochs = 20", "dense(16); relu; dense(2)", discriminator)
    found, events = trained(tmp_path, normal_rows(), text)
    assert found == []
    looked = [event for event in events if "classifier_score" in event["validation"]]
    assert [event["epoch"] for event in looked] == [5, 10, 15, 20], "every 48 · 5 = 240 steps"
    assert min(event["validation"]["pairwise_distance"] for event in looked) > 0.6


def test_minimax_against_a_discriminator_that_learns_much_faster_loses_its_gradient(tmp_path: Path) -> None:
    train = "loss = minimax; discriminator.optimizer = adam(3e-2); generator.optimizer = adam(1e-5); batch = 50; epochs = 16"
    found, events = trained(tmp_path, 4 + normal_rows(), text_of(train))
    assert [alarm.code for _, alarm in found] == ["W2101", "W2102"]
    assert [alarm.setting for _, alarm in found] == ["loss", "loss"]
    assert "non_saturating" in found[1][1].way_out
    assert events[-1]["train"]["discriminator_loss"] < 0.01


def test_a_generator_that_does_not_use_its_noise_has_collapsed(tmp_path: Path) -> None:
    text = text_of("optimizer = adam(1e-3); batch = 50; epochs = 16", "dense(8, init = zeros); relu; dense(2)")
    found, events = trained(tmp_path, normal_rows(), text)
    assert [alarm.code for _, alarm in found] == ["W2103"]
    assert found[0][1].message == "the generator makes one row again and again: its noise makes no difference"
    assert events[found[0][0] - 1]["validation"]["duplicates"] > 0.95


def test_a_discriminator_that_sees_means_alone_is_fooled_alone(tmp_path: Path) -> None:
    """A linear one cannot tell what has the same mean; a ring of eight points is told by any other."""
    text = text_of("optimizer = adam(1e-3); batch = 50; epochs = 31", discriminator="dense(1)")
    found, _ = trained(tmp_path, ring(), text)
    assert [alarm.code for _, alarm in found] == ["W2104"]
    assert "a fresh classifier about" in found[0][1].message


def test_modes_and_the_rows_near_them_are_measured_where_they_are_named(tmp_path: Path) -> None:
    train = "metrics = [modes_covered(mode, every = 2), pairwise_distance]; batch = 50; epochs = 2"
    _, events = trained(tmp_path, ring(), text_of(train, mode="; mode = category"))
    assert all({"pairwise_distance", "duplicates"} <= event["validation"].keys() for event in events)
    assert ["modes_covered" in event["validation"] for event in events] == [False, True]
    assert 0 <= events[-1]["validation"]["high_quality"] < 0.2, "nothing is learnt in two epochs"


@pytest.mark.parametrize("poisoned", ["generator_dense_1", "generator_dense_2", "discriminator_dense_1", "discriminator_dense_2"])
def test_a_loss_that_is_no_number_names_the_part_and_the_layer(tmp_path: Path, poisoned: str) -> None:
    training = training_of(tmp_path, normal_rows(200), text_of("batch = 50; epochs = 1"))
    with torch.no_grad():
        training.module.get_parameter(f"{poisoned}.bias")[0] = torch.nan
    with pytest.raises(Diverged) as caught:
        training.run()
    message = diverged(training.spec, caught.value)
    layer = poisoned.replace("_", ".", 1)
    assert (message.code, message.label) == ("E0506", f"`{layer}` is the first layer whose output is not finite")
