"""Rows drawn from a run: the distribution of its machine, columns held, and the same rows in Python as by the command."""

from __future__ import annotations

import io
import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars
import pytest
import torch
from PIL import Image

from specc.runs.run import Run
from specc.runs.sample import CannotSample, file_of
from tests.runs.drawn import bars, frauds, trained_on, weather

STATES = list(itertools.product(["clear", "cloudy", "rain"], ["calm", "storm"], ["bad", "good"]))
RBM = "rbm { visible(image); hidden(12) }"
DBN = "dbn { visible(image); rbm(12); rbm(8); output(label) }"

Made = Callable[[str], Run]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run by the name of its data, trained once."""
    runs: dict[str, Run] = {}
    specs: dict[str, Callable[[Path], Path]] = {
        "frauds": frauds,
        "weather": weather,
        "bars": lambda folder: bars(folder, RBM),
        "deep": lambda folder: bars(folder, DBN, "label"),
    }

    def run(name: str) -> Run:
        if name not in runs:
            runs[name] = trained_on(specs[name](tmp_path_factory.mktemp(name)))
        return runs[name]

    return run


def probabilities(run: Run) -> np.ndarray:
    """Of every state of the weather, counted out by the free energy in float64."""
    machine: Any = run.module.get_submodule("hidden_1")
    assert run.spec.bound is not None
    order = {name: run.spec.bound.fits[name].labels for name in ("sky", "wind", "mood")}  # type: ignore[union-attr]
    rows = [[float(label == value) for name, value in zip(order, state) for label in order[name]] for state in STATES]
    parameters = {name: tensor.double() for name, tensor in machine.state_dict().items()}
    v = torch.tensor(rows, dtype=torch.float64)
    x = v @ parameters["weight"].t() + parameters["hidden_bias"]
    log_p = v @ parameters["visible_bias"] + torch.nn.functional.softplus(x).sum(1)
    return torch.softmax(log_p, 0).numpy()


def assert_drawn_from(counts: np.ndarray, p: np.ndarray) -> None:
    """Each count within 4 standard errors, and their χ² within 4 of its own deviations."""
    n, degrees = counts.sum(), len(p) - 1
    assert np.abs((counts - n * p) / np.sqrt(n * p * (1 - p))).max() < 4
    assert ((counts - n * p) ** 2 / (n * p)).sum() < degrees + 4 * np.sqrt(2 * degrees)


def test_samples_have_the_distribution_that_counting_every_state_gives(made: Made) -> None:
    run, n = made("weather"), 20_000
    drawn = Counter(run.sample(n, steps=80).frame.rows())
    assert sum(drawn[state] for state in STATES) == n
    assert_drawn_from(np.array([drawn[state] for state in STATES]), probabilities(run))


@pytest.mark.parametrize("column, place, label", [("mood", 2, "bad"), ("sky", 0, "rain")])
def test_a_column_that_is_held_stays_and_the_others_follow_it(made: Made, column: str, place: int, label: str) -> None:
    run, n = made("weather"), 20_000
    frame = run.sample(n, {column: label}, steps=80, seed=1).frame
    assert frame[column].unique().to_list() == [label]
    chosen = [number for number, state in enumerate(STATES) if state[place] == label]
    p = probabilities(run)[chosen]
    drawn = Counter(frame.rows())
    assert_drawn_from(np.array([drawn[STATES[number]] for number in chosen]), p / p.sum())


def test_the_sampler_file_draws_the_same_distribution_with_a_label_held(made: Made) -> None:
    """By onnxruntime alone: the units of the label are written into `visible` between the steps."""
    run, n = made("weather"), 20_000
    session = onnxruntime.InferenceSession(run.path / "sampler.onnx")
    sizes = {value.name: value.shape[1] for value in session.get_inputs()}
    draw = np.random.default_rng(3)
    v = np.zeros((n, sizes["visible"]), np.float32)
    sky, wind = np.array([]), np.array([])
    for _ in range(80):
        v[:, 5:7] = [1, 0]  # mood = bad
        noise = {name: draw.random((n, width), np.float32) for name, width in sizes.items() if name != "visible"}
        v, sky, wind = (np.asarray(values).copy() for values in session.run(["sample", "sky", "wind"], {"visible": v, **noise}))
    chosen = [number for number, state in enumerate(STATES) if state[2] == "bad"]
    p = probabilities(run)[chosen]
    drawn = Counter(zip(sky.tolist(), wind.tolist()))
    assert_drawn_from(np.array([drawn[STATES[number][:2]] for number in chosen]), p / p.sum())


def test_the_same_seed_draws_the_same_rows_and_another_others(made: Made) -> None:
    run = made("frauds")
    one = run.sample(30, steps=20, seed=3).frame
    assert one.equals(run.sample(30, steps=20, seed=3).frame)
    assert not one.equals(run.sample(30, steps=20, seed=4).frame)


def test_a_rare_class_is_drawn_as_rows_that_can_be_put_to_its_table(made: Made) -> None:
    run = made("frauds")
    frame = run.sample(400, {"fraud": "yes"}, steps=300).frame
    usual = run.sample(400, {"fraud": "no"}, steps=300).frame
    table = polars.read_csv(run.path.parents[2] / "payments.csv")
    assert frame.columns == table.columns
    assert frame["fraud"].unique().to_list() == ["yes"]
    assert set(frame["how"].unique()) <= {"card", "cash"}
    for name, sign in (("amount", 1), ("hour", -1)):
        spread = (frame[name].std() + usual[name].std()) / np.sqrt(400)  # type: ignore[operator]
        assert sign * (frame[name].median() - usual[name].median()) > 4 * spread, f"{name} is that of frauds"  # type: ignore[operator]
    assert (frame["how"] == "card").mean() > (usual["how"] == "card").mean() + 0.2  # type: ignore[operator]
    assert frame["share"].is_between(20, 60).all() and frame["share"].n_unique() > 10, "chances, not the two ends"
    polars.concat([table, frame.cast(dict(zip(table.columns, table.dtypes)))])  # type: ignore[arg-type]


def test_numbers_that_are_held_come_back_as_they_were_given(made: Made) -> None:
    frame = made("frauds").sample(9, {"amount": 500, "share": 41.5, "how": "card"}, steps=5).frame
    assert frame.select("amount", "share", "how").unique().rows() == [(500.0, 41.5, "card")]


def test_pictures_show_the_chances_of_the_last_draw(made: Made) -> None:
    samples = made("bars").sample(10, steps=50)
    assert samples.pictures == "image"
    assert samples.draws["image"].shape == samples.means["image"].shape == (10, 1, 4, 4)
    assert set(np.unique(samples.draws["image"])) == {0.0, 255.0}
    assert ((samples.means["image"] > 0) & (samples.means["image"] < 255)).all()
    picture = np.asarray(Image.open(io.BytesIO(file_of(samples, Path("x.png")))))
    assert picture.shape == (3 * (64 + 2) + 2, 4 * (64 + 2) + 2)
    shown = np.stack([picture[2 + 66 * (i // 4) :: 16, 2 + 66 * (i % 4) :: 16][:4, :4] for i in range(10)])
    np.testing.assert_array_equal(shown, samples.means["image"][:, 0].round())
    arrays = np.load(io.BytesIO(file_of(samples, Path("x.npz"))))
    np.testing.assert_array_equal(arrays["image"], samples.draws["image"])
    np.testing.assert_array_equal(arrays["image_mean"], samples.means["image"])


def test_a_dbn_draws_by_gibbs_steps_in_its_top_machine_and_one_way_down(made: Made) -> None:
    """The same numbers by hand, of the same generator."""
    run = made("deep")
    samples = run.sample(6, steps=4, seed=5)
    first, second = (run.module.get_submodule(name) for name in ("rbm_1", "rbm_2"))
    generator = torch.Generator().manual_seed(5)

    def drawn(x: torch.Tensor) -> torch.Tensor:
        return (torch.empty_like(x).uniform_(generator=generator) < torch.sigmoid(x)).float()

    with torch.no_grad():
        v = drawn(second.visible_bias.expand(6, -1).clone())  # type: ignore[operator, union-attr]
        for _ in range(4):
            h = drawn(v @ second.weight.t() + second.hidden_bias)  # type: ignore[operator, union-attr]
            v = drawn(h @ second.weight + second.visible_bias)  # type: ignore[operator, union-attr]
        mean = torch.sigmoid(v @ first.weight + first.visible_bias)  # type: ignore[operator, union-attr]
    np.testing.assert_allclose(samples.means["image"].reshape(6, -1) / 255, mean, rtol=1e-5)
    assert (run.path / "decoder.onnx").exists() and (run.path / "sampler.onnx").exists()


@pytest.mark.parametrize("name", ["frauds", "weather", "bars", "deep"])
def test_python_answers_reconstructs_and_gives_features_as_the_file_does(made: Made, name: str) -> None:
    from specc.runs.predict import open_model, predict_file

    run = made(name)
    rows = next(path for path in run.path.parents[2].iterdir() if path.suffix in (".csv", ".npz"))
    for part in (None, "reconstruction", "rbm_2" if name == "deep" else "hidden_1"):
        by_file = predict_file(open_model(run.path, part), rows).frame
        by_module = run.predict(rows, part)
        assert by_file.columns == by_module.columns
        for column in by_file.columns:
            if by_file[column].dtype == polars.String:
                assert (by_file[column] == by_module[column]).mean() > 0.99  # type: ignore[operator]  # but for ties
            else:
                np.testing.assert_allclose(by_file[column], by_module[column], rtol=1e-4, atol=1e-4)


def test_a_reconstruction_has_the_columns_in_their_own_units(made: Made) -> None:
    run = made("frauds")
    frame = run.predict({"amount": [20.0], "hour": [13.0], "how": ["cash"], "share": [40.0]}, "reconstruction")
    assert frame.columns == ["amount", "hour", "how", "how_probability_card", "how_probability_cash", "share"]
    assert frame["share"].is_between(20, 60).all()
    both = frame["how_probability_card"] + frame["how_probability_cash"]
    assert both.to_list() == pytest.approx([1.0])


def test_what_cannot_be_drawn_is_refused(made: Made, run_of: Callable[[str], Run]) -> None:
    with pytest.raises(CannotSample, match="`iris` is a network: rows are drawn from a `gan`, a `vae`, an `rbm` or a `dbn`"):
        run_of("iris").sample(3)
    with pytest.raises(CannotSample, match="whole numbers of at least 1"):
        made("bars").sample(0)
    with pytest.raises(CannotSample, match="no units here are `replicated_softmax`"):
        made("bars").sample(1, total=3)
