"""What is seen of machines while they are trained: it is what they were, it changes nothing, and a resumed run has the same."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from specc.ir import ImageFit, NumberFit
from specc.pytorch.source import build_module
from specc.runs.pictures.curves import _lines, _measures
from specc.runs.pictures.machines import stages_of
from specc.runs.pictures.places import Place, as_images, as_seen, mosaic, picture_place, visible_places
from specc.runs.run import Run
from specc.runs.snapshots import Snapshots, snapshots_of
from specc.runs.train import Interrupted, Silent
from specc.training.pretrained import start
from specc.training.streams import Streams
from tests.runs.drawn import frauds
from tests.runs.made import REPOSITORY, drawing, trained
from tests.runs.test_same_bits import bits, log

DBN = """data {
  source = npz("digits.npz")
  columns { image = image([1, 8, 8], scale = unit); digit = category }
  target = digit
}
dbn { visible(image); rbm(20); rbm(12); output(digit) }
train {
  batch = 50
  rows = 400
  phase pretrain { procedure = PROCEDURE; epochs = 4 }
  phase finetune { epochs = 1 }
}
"""
CD, PCD = "contrastive_divergence", "persistent_contrastive_divergence(chains = 30)"


def digits(folder: Path, procedure: str = CD) -> Path:
    folder.mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "specs" / "data" / "digits.npz", folder / "digits.npz")
    (folder / "digits.dn").write_text(DBN.replace("PROCEDURE", procedure))
    return folder / "digits.dn"


def files(run: Run, folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run.path / folder).iterdir())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, device: str) -> Run:
    with drawing():
        return trained(digits(tmp_path_factory.mktemp("dbn"), PCD), device)


def test_filters_at_the_end_are_the_product_of_the_weights_and_at_the_start_what_training_began_with(
    tmp_path: Path, device: str
) -> None:
    run = trained(digits(tmp_path), device, overrides=["train.finetune.epochs=0"])
    phases = {phase.layer: phase for phase in run.spec.phases if phase.layer is not None}
    seen = {layer: snapshots_of(run.path, phase) for layer, phase in phases.items()}
    assert [list(moments) for moments in seen.values()] == [["start", "epoch_1", "epoch_2", "end"]] * 2
    weights = load_file(run.path / "weights.safetensors")
    first, second = weights["rbm_1.weight"], weights["rbm_2.weight"]
    np.testing.assert_array_equal(seen["rbm_1"]["end"]["filters"], first)
    np.testing.assert_allclose(seen["rbm_2"]["end"]["filters"], second @ first, rtol=1e-5, atol=1e-6)
    module = build_module(run.spec)
    start(module, Streams(0)["weights"], {})
    began = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    np.testing.assert_array_equal(seen["rbm_1"]["start"]["filters"], began["rbm_1.weight"])
    np.testing.assert_allclose(seen["rbm_2"]["start"]["filters"], began["rbm_2.weight"] @ first, rtol=1e-5, atol=1e-6)
    assert [moment.title for moment in stages_of(run)[1].moments] == [
        "at the start",
        "after 1 epoch",
        "after 2 epochs",
        "at the end, after 4 epochs",
    ]


def test_rows_are_given_back_through_the_machines_as_they_were_pretrained(whole: Run) -> None:
    (first, second) = (phase for phase in whole.spec.phases if phase.layer is not None)
    ends = [snapshots_of(whole.path, phase)["end"] for phase in (first, second)]
    np.testing.assert_array_equal(ends[0]["data"], ends[1]["data"])
    assert all(len(end["dreams"]) == 30 and "gibbs_steps" not in end for end in ends), "they are the persistent chains"
    for stage in stages_of(whole):
        assert stage.moments[-1].title == "after finetune"
        assert not np.array_equal(stage.moments[-1].seen["filters"], ends[len(stage.names) - 1]["filters"])


def test_the_pictures_of_a_stack(whole: Run) -> None:
    each = {f"{name}_rbm_{number}" for name in ("filters", "activations") for number in (1, 2)}
    drawn = {path.stem for path in (whole.path / "pictures").iterdir()}
    assert drawn == each | {"reconstructions", "fantasies", "curves", "confusion_matrix"}
    assert not any(event.get("event") == "W2002" for event in whole.history), "something could not be drawn"


def test_to_be_looked_at_changes_nothing(whole: Run, tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Snapshots, "look", lambda self, course, epoch: None)
    with drawing():
        unseen = trained(digits(tmp_path, PCD), device)
    assert bits(unseen) == bits(whole)
    assert not (unseen.path / "snapshots").exists()
    drawn = {path.stem for path in (unseen.path / "pictures").iterdir()}
    assert drawn == {"curves", "confusion_matrix"}, "what was not seen is not drawn"


class StopsAt(Silent):
    """Stops the training before a step, counted over all phases."""

    def __init__(self, step: int) -> None:
        self.left = step

    def step(self, phase, clock) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("saved", "step", "drawn"),
    [
        ("at every step", 1, False),
        ("at every step", 16, True),
        ("at every step", 33, False),
        ("now and then", 8, False),
        ("now and then", 70, True),
    ],
)
def test_a_run_that_was_stopped_ends_with_the_same_pictures(
    whole: Run, saved: str, step: int, drawn: bool, tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that pictures are made of is the same after every stop; they themselves, which take longest, after two."""
    if saved == "at every step":
        monkeypatch.setattr("specc.training.checkpoint.SECONDS_BETWEEN", 0.0)
        monkeypatch.setattr("specc.training.checkpoint.SHARE_OF_TIME", 1e9)
    path = digits(tmp_path, PCD)
    with pytest.raises(Interrupted):
        trained(path, device, watcher=StopsAt(step))
    with drawing() if drawn else contextlib.nullcontext():
        resumed = trained(path, device, resume=True)
    assert bits(resumed) == bits(whole)
    assert log(resumed) == log(whole)
    assert resumed.metrics == whole.metrics
    assert files(resumed, "snapshots") == files(whole, "snapshots")
    if drawn:
        assert files(resumed, "pictures") == files(whole, "pictures")


def test_a_picture_whose_snapshot_is_damaged_lacks_that_moment(whole: Run, tmp_path: Path) -> None:
    shutil.copytree(whole.path, tmp_path / "run")
    run = Run(tmp_path / "run")
    phase = run.spec.phases[0]
    (run.path / "snapshots" / f"{phase.name}.epoch_1.safetensors").write_bytes(b"no tensors")
    (run.path / "snapshots" / f"{phase.name}.of another program.safetensors").write_bytes(b"")
    assert list(snapshots_of(run.path, phase)) == ["start", "epoch_2", "end"]


def test_a_table_has_pictures_of_its_own_and_dreams_in_its_own_units(tmp_path: Path, device: str) -> None:
    with drawing():
        run = trained(frauds(tmp_path), device, overrides=["train.epochs=20"])
    places = visible_places(run.spec)
    assert [name for place in places for name in place.names] == [
        "amount",
        "hour",
        "how = card",
        "how = cash",
        "share",
        "fraud = no",
        "fraud = yes",
    ]
    assert picture_place(run.spec) is None
    end = stages_of(run)[0].end
    assert end is not None
    assert set(np.unique(end["dreams"][:, places[1].place.start + 1 : places[1].place.start + 3].sum(axis=1))) == {1.0}
    drawn = {path.stem for path in (run.path / "pictures").iterdir()}
    assert {"weights", "activations", "reconstructions", "fantasies", "curves"} <= drawn


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_seen_as_the_file_has_them(channels: int) -> None:
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (5, channels, 4, 3))
    scale, shift = (0.02, 0.03, 0.04)[:channels], (-1.0, -2.0, 0.5)[:channels]
    fit = ImageFit(size=(channels, 4, 3), scale=scale, shift=shift)
    scaled = pixels * np.reshape(scale, (-1, 1, 1)) + np.reshape(shift, (-1, 1, 1))
    rows = np.concatenate([np.zeros((5, 2)), scaled.reshape(5, -1), np.ones((5, 3))], 1).astype(np.float32)
    place = Place("image", fit, slice(2, 2 + channels * 12))
    wanted = pixels[:, 0] if channels == 1 else pixels.transpose(0, 2, 3, 1)
    np.testing.assert_allclose(as_seen(place, rows), wanted / 255, atol=1e-5)
    assert as_images(place, rows).shape == wanted.shape


def test_a_mosaic_has_its_pictures_in_rows_and_a_pixel_between_them() -> None:
    images = np.arange(5)[:, None, None] * np.ones((5, 2, 3))
    whole = mosaic(images, 3, edge=-1.0)
    assert whole.shape == (5, 11)
    assert [whole[0, 0], whole[1, 6], whole[0, 8], whole[3, 0], whole[4, 6]] == [0, 1, 2, 3, 4]
    assert (whole[2] == -1).all() and (whole[:, [3, 7]] == -1).all() and (whole[3:, 8:] == -1).all()


def test_a_number_with_an_indicator_has_two_units() -> None:
    assert Place("age", NumberFit(indicator=True), slice(0, 2)).names == ["age", "age missing"]


def test_curves_break_where_another_machine_begins_and_know_estimates_of_one_measure() -> None:
    events = [{"phase": phase} for phase in ("pretrain.a", "pretrain.a", "pretrain.b", "tune", "tune", "tune_2")]
    layers = {"pretrain.a": "a", "pretrain.b": "b", "tune": None, "tune_2": None}
    lines = _lines([(i, float(i)) for i in range(1, 7)], events, layers)
    assert [[place for place, _ in line] for line in lines] == [[1, 2], [3], [4, 5, 6]]
    first = {"train": {"loss": 1.0}, "validation": {"log_likelihood": -3.0, "log_likelihood_reverse": -4.0}}
    second = {"train": {"loss": 1.0, "log_likelihood_error": 0.1, "confusion_matrix": []}}
    assert _measures([first, second]) == ["loss", "log_likelihood"]
