"""What is seen of rows made of noise while they are learned: it is what they were, it changes nothing, real rows stand beside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from specc.data.entering import noise_for
from specc.parts import part_of
from specc.runs.data import data_of
from specc.runs.generated import real_rows
from specc.runs.pictures.generated import Moment, story_of
from specc.runs.pictures.nearest import nearest
from specc.runs.pictures.samples import spread
from specc.runs.run import Run
from specc.runs.snapshots import snapshots_of
from specc.runs.train import Interrupted
from tests.runs.made import drawing, trained
from tests.runs.makers import made_run, write_pictures
from tests.runs.test_machine_pictures import StopsAt, files
from tests.runs.test_same_bits import bits

Maker = Callable[[str], Run]
EVERY = "train { epochs = 4; batch = 20; sample = every(epochs = 2, count = 12) }"


def test_the_last_moment_is_what_the_run_makes_of_the_documented_noise(maker: Maker) -> None:
    """Rows of a label stand together, and beside each a real row of that label."""
    run = maker("conditional")
    story = story_of(run, data_of(run))
    assert story is not None
    assert [moment.title for moment in story.moments] == ["at the start", "after epoch 1", "at the end (epoch 2)"]
    labels = story.labels(story.end.rows)
    assert labels == ["0"] * 8 + ["1"] * 8 + ["2"] * 8
    drawn = run.sample(24, {"digit": labels}, seed=0)
    assert np.array_equal(drawn.noise["latent"], noise_for(part_of(run.spec, "generator"), 24)["latent"])
    (seat,) = story.seats
    apart = np.abs(story.end.of(seat).astype(int) - drawn.draws["image"].astype(int))
    assert apart.max() <= 1 and apart.sum() <= 2, "a pixel may lie at a tie"
    brightest = story.real(seat, story.end.rows).reshape(24, 6, 6).mean(axis=2).argmax(axis=1)
    assert (brightest == 2 * np.array(labels, dtype=int)).all()
    assert set(story.end.rows) <= set(story.dataset.rows["train"])


def test_the_first_moment_is_before_any_step(tmp_path: Path) -> None:
    run = made_run(tmp_path, "vae")
    start = snapshots_of(run.path, run.spec.phases[0])["start"]
    untrained = made_run(tmp_path / "other", "vae", "train { steps = 1; batch = 20; optimizer = sgd(1e-12) }")
    end = snapshots_of(untrained.path, untrained.spec.phases[0])["end"]
    assert np.array_equal(start["made/image"], end["made/image"])


def test_looking_changes_nothing_and_happens_when_it_is_asked_for(tmp_path: Path) -> None:
    often = made_run(tmp_path / "often", "codes", EVERY)
    plain = made_run(tmp_path / "plain", "codes", "train { epochs = 4; batch = 20 }")
    assert (often.path / "weights.safetensors").read_bytes() == (plain.path / "weights.safetensors").read_bytes()
    seen = snapshots_of(often.path, often.spec.phases[0])
    assert list(seen) == ["start", "epoch_2", "end"] and all(len(one["rows"]) == 12 for one in seen.values())
    assert list(snapshots_of(plain.path, plain.spec.phases[0])) == ["start", "epoch_1", "epoch_2", "end"]


def test_a_table_is_seen_at_the_frequencies_of_its_conditions(maker: Maker) -> None:
    run = maker("table")
    dataset = data_of(run)
    rows = snapshots_of(run.path, run.spec.phases[0])["end"]["rows"]
    assert len(rows) == 1_000
    share = np.mean(dataset.table.columns["town"][dataset.rows["train"]] == "Ulm")
    assert np.mean(dataset.table.columns["town"][rows] == "Ulm") == pytest.approx(share, abs=0.05)


def test_as_many_rows_of_each_label_are_shown_even_of_a_rare_one(maker: Maker) -> None:
    dataset = data_of(maker("conditional"))
    rows = real_rows(dataset, 90, "digit", ("0", "1", "2", "none"))
    values = dataset.table.columns["digit"][rows].tolist()
    assert values == ["0"] * 30 + ["1"] * 30 + ["2"] * 30


def test_the_nearest_row_is_the_nearest() -> None:
    draw = np.random.default_rng(1)
    real, made = (draw.integers(0, 256, (count, 1, 5, 4), dtype=np.uint8) for count in (9_000, 40))
    train = draw.permutation(9_000)[:5_000]
    made[7] = real[train[4_321]]
    places, distances = nearest(made, real, train)
    apart = np.linalg.norm((made[:, None].astype(float) - real[train][None]).reshape(40, 5_000, -1) / 255, axis=2)
    assert distances == pytest.approx(apart.min(axis=1), abs=1e-5)
    assert np.array_equal(places, apart.argmin(axis=1))
    assert (places[7], distances[7]) == (4_321, 0)


def test_of_many_moments_the_first_and_the_last_are_drawn_and_early_ones_lie_nearer() -> None:
    moments = [Moment(str(place), {}) for place in range(41)]
    chosen = [int(moment.title) for moment in spread(moments, 8)]
    assert chosen[0] == 0 and chosen[-1] == 40 and len(chosen) <= 8
    assert (np.diff(np.diff(chosen)) >= 0).all()


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("conditional", {"samples", "samples_over_time", "nearest", "interpolation"}),
        ("codes", {"samples", "samples_over_time", "nearest", "interpolation", "codes"}),
        ("vae", {"samples", "samples_over_time", "nearest", "interpolation", "latent_plane"}),
        ("table", {"samples"}),
        ("autoencoder", set()),
    ],
)
def test_each_kind_has_its_pictures(kind: str, names: set[str], maker: Maker) -> None:
    ours = {"samples", "samples_over_time", "nearest", "interpolation", "codes", "latent_plane"}
    drawn = {path.stem for path in (maker(kind).path / "pictures").iterdir()}
    assert drawn & ours == names and "curves" in drawn
    assert not [event for event in maker(kind).history if event.get("event") == "W2002"], "none of them failed"


@pytest.mark.parametrize("step", [1, 9, 17, 30])
def test_a_run_that_was_stopped_and_resumed_has_the_same_snapshots_and_pictures(
    step: int, maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specc.training.checkpoint.SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr("specc.training.checkpoint.SHARE_OF_TIME", 1e9)
    path = write_pictures(tmp_path, "conditional", EVERY)
    with pytest.raises(Interrupted):
        trained(path, "cpu", watcher=StopsAt(step))
    with drawing():
        resumed = trained(path, "cpu", resume=True)
        whole = trained(path, "cpu", run=tmp_path / "whole")
    assert bits(resumed) == bits(whole)
    assert files(resumed, "snapshots") == files(whole, "snapshots")
    one, other = (files(run, "pictures") for run in (resumed, whole))
    assert one == other
