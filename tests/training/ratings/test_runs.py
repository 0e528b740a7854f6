"""Machines of ratings trained on invented viewers and films: what they reach and recommend, and that they can be resumed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import polars
import pytest
import torch

from specc.api import load, train
from specc.data.ratings import Cases, RatingsDataset
from specc.diagnostics import SpecError
from specc.ir import Phase, RatingsFit, Spec
from specc.loading import bind_spec, load_spec
from specc.pytorch.source import build_module
from specc.runs.data import data_of
from specc.runs.evaluate import evaluate_file, evaluate_splits
from specc.runs.predict import open_model, predict_file
from specc.runs.ratings.factors import factors
from specc.runs.run import Run
from specc.training.clock import Clock
from specc.training.loop import Stopped, Training
from specc.training.position import Position
from specc.training.pretrained import start
from specc.training.streams import Streams
from tests.training.ratings.invented import LOVE, SPACE, invented

SPECS = Path(__file__).parents[3] / "specs"
BY_ITEM = "rating = stars, by = item, titles"


def home(folder: Path, by_item: bool = False) -> Path:
    """The shipped spec with its data, or the same of films as cases."""
    shutil.copytree(SPECS / "data", folder / "data")
    text = (SPECS / "films.dn").read_text("utf-8")
    (folder / "films.dn").write_text(text.replace("rating = stars, titles", BY_ITEM) if by_item else text)
    return folder / "films.dn"


@pytest.fixture(scope="module", params=["user", "item"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose cases are viewers, and one whose cases are films."""
    return train(load(home(tmp_path_factory.mktemp(request.param), request.param == "item"), **{"train.epochs": 30}), threads=1)


def fit_of(spec: Spec) -> RatingsFit:
    assert spec.bound is not None
    fit = spec.bound.fits["ratings"]
    assert isinstance(fit, RatingsFit)
    return fit


def dataset_of(run: Run) -> RatingsDataset:
    dataset = data_of(run)
    assert isinstance(dataset, RatingsDataset)
    return dataset


def listed(run: Run, name: str) -> list[tuple[str, str, float]]:
    """Viewer, film and stars of every rating of a set."""
    dataset, fit = dataset_of(run), fit_of(run.spec)
    cases = dataset.sets[name]
    of_case = np.repeat(np.arange(len(dataset.names)), cases.counts)
    found = [(dataset.names[c], fit.units[u], fit.levels[k]) for c, u, k in zip(of_case, cases.units, cases.levels)]
    return [(case, unit, level) if fit.by == "user" else (unit, case, level) for case, unit, level in found]


def test_the_shipped_ratings_are_those_that_are_invented() -> None:
    ratings, titles = invented()
    assert (SPECS / "data" / "films_rated.csv").read_text("utf-8") == ratings
    assert (SPECS / "data" / "films.csv").read_text("utf-8") == titles


def test_it_knows_more_than_the_means_of_viewers_and_films(run: Run) -> None:
    """Tastes are what the two means cannot know: their errors are above 1.1 stars, and the noise below 0.4."""
    known, asked = listed(run, "train"), listed(run, "test")
    truth = np.array([stars for _, _, stars in asked])
    for place in (0, 1):
        given: dict[str, list[float]] = {}
        for rating in known:
            given.setdefault(str(rating[place]), []).append(rating[2])
        error = np.sqrt(np.mean((np.array([np.mean(given[str(rating[place])]) for rating in asked]) - truth) ** 2))
        assert error > 1.1
    assert run.metrics["test"]["root_mean_squared_error"] < 0.7


def test_the_measures_are_those_of_the_pairs_that_predict_answers(run: Run, tmp_path: Path) -> None:
    asked = listed(run, "test")
    (tmp_path / "asked.csv").write_text("\n".join(["viewer,film", *(f"{viewer},{film}" for viewer, film, _ in asked)]) + "\n")
    answered = predict_file(open_model(run.path), tmp_path / "asked.csv", opened=run.path).frame
    off = answered["stars"].to_numpy() - np.array([stars for _, _, stars in asked])
    assert np.sqrt(np.mean(off**2)) == pytest.approx(run.metrics["test"]["root_mean_squared_error"], abs=1e-5)
    assert np.mean(np.abs(off)) == pytest.approx(run.metrics["test"]["mean_absolute_error"], abs=1e-5)
    assert evaluate_splits(run, ["test"])["test"] == pytest.approx(run.metrics["test"], abs=1e-6)


def test_evaluate_measures_the_ratings_of_another_file(run: Run, tmp_path: Path) -> None:
    lines = [f"{viewer},{film},{stars:g}" for viewer, film, stars in listed(run, "test")]
    (tmp_path / "others.csv").write_text("\n".join(["viewer,film,stars", *lines]) + "\n")
    measured = evaluate_file(run, tmp_path / "others.csv")[0]["others.csv"]
    assert measured == pytest.approx(run.metrics["test"], abs=1e-6)
    (tmp_path / "strange.csv").write_text("viewer,film,stars\n7,1000,3\n")
    with pytest.raises(SpecError, match="never saw"):
        evaluate_file(run, tmp_path / "strange.csv")


def test_viewers_get_the_best_films_that_they_have_not_rated(run: Run) -> None:
    best = run.predict({"viewer": ["3", "8"]})
    rated = {(viewer, film) for viewer, film, _ in listed(run, "train")}
    assert best.columns == ["viewer", "film", "title", "stars"] and best["viewer"].to_list() == ["3"] * 10 + ["8"] * 10
    for viewer in ("3", "8"):
        mine = best.filter(polars.col("viewer") == viewer)
        stars = mine["stars"].to_list()
        assert stars == sorted(stars, reverse=True)
        left = [str(film) for film in range(1, 41) if (viewer, str(film)) not in rated]
        everything = run.predict({"viewer": [viewer] * len(left), "film": left})
        assert max(everything["stars"].to_list()) == pytest.approx(stars[0], abs=1e-9)
        assert not {(viewer, film) for film in mine["film"].to_list()} & rated
        assert mine["title"].to_list() == [(LOVE + SPACE)[int(film) - 1] for film in mine["film"].to_list()]


def test_a_factor_parts_love_from_space(run: Run) -> None:
    """The films at the two ends of the first factor are of one taste each."""
    lines = factors(run, dataset_of(run))[0].splitlines()[1:3]
    raised, lowered = ({name for name in LOVE + SPACE if name in line} for line in lines)
    assert (raised <= set(LOVE) and lowered <= set(SPACE)) or (raised <= set(SPACE) and lowered <= set(LOVE))
    assert (run.path / "factors.txt").read_text("utf-8").count("factor ") == 10


def test_the_onnx_file_is_proven_and_passes_over_what_it_does_not_know(run: Run) -> None:
    record = json.loads((run.path / "export.json").read_text())
    assert all(output["difference"] <= output["allowed"] for output in record["outputs"].values())
    fit = fit_of(run.spec)
    session = onnxruntime.InferenceSession((run.path / "model.onnx").read_bytes())
    units = np.array([fit.units[0], fit.units[3], "nobody", fit.units[1]], dtype=object)

    def answered(order: list[int], ratings: list[float]) -> np.ndarray:
        feeds = {fit.case: np.array([0, 0, 0, 1])[order], fit.unit: units[order], fit.rating: np.array(ratings)[order]}
        return np.asarray(session.run(["expected_ratings"], feeds)[0])

    plain = answered([0, 1, 3], [5.0, 1.0, 3.0, 4.0])
    assert plain.shape == (2, len(fit.units)) and plain.min() >= 1 and plain.max() <= 5
    assert np.allclose(answered([3, 2, 1, 0], [5.0, 1.0, 3.0, 4.0]), plain, atol=1e-6)
    assert np.allclose(answered([0, 1, 2, 3], [5.0, 1.0, float("nan"), 4.0]), plain, atol=1e-6)


def test_each_viewers_ratings_are_divided(run: Run) -> None:
    """15 ratings of each viewer at 9 to 1: 13 or 14 are trained on, and over all of them exactly nine tenths."""
    counts: dict[str, int] = {}
    for viewer, _, _ in listed(run, "train"):
        counts[viewer] = counts.get(viewer, 0) + 1
    assert set(counts.values()) == {13, 14} and sum(counts.values()) == 2_700


def test_a_new_viewer_is_known_by_the_table_alone(tmp_path: Path) -> None:
    """Five stars for love and one for space bring love; another viewer's answers do not change by it."""
    run = train(load(home(tmp_path), **{"train.epochs": 30}), threads=1)
    told = {"viewer": ["me"] * 8, "film": ["1", "2", "3", "4", "21", "22", "23", "24"], "stars": [5.0] * 4 + [1.0] * 4}
    best = run.predict(told)
    assert set(best["title"].to_list()) <= set(LOVE[4:]) and best.height == 10
    by_file = predict_file(open_model(run.path / "model.onnx"), _table(tmp_path, told), top=10).frame
    assert by_file.equals(best)
    with pytest.raises(SpecError, match="keeps no ratings"):
        predict_file(open_model(run.path / "model.onnx"), _table(tmp_path, {"viewer": ["3"]}))


def _table(folder: Path, columns: dict[str, list]) -> Path:
    polars.DataFrame(columns).write_csv(folder / "asking.csv")
    return folder / "asking.csv"


@pytest.mark.parametrize("stop", [3, 9, 14])
def test_a_run_that_is_stopped_goes_on_to_the_same_bits(tmp_path: Path, stop: int) -> None:
    path = home(tmp_path)
    spec, report = load_spec(path, ["train.epochs=2", "train.batch=32"])
    spec, dataset = bind_spec(spec, report, path.parent)
    whole = _training(spec, dataset)
    whole.run()
    kept: dict[str, object] = {}

    def keep(training: Training, final: bool) -> None:
        kept.update(position=Position(**vars(training.position)), tensors={n: t.clone() for n, t in training.tensors().items()})

    stopped = _training(spec, dataset, save=keep, stop=stop)
    with pytest.raises(Stopped):
        stopped.run()
    again = _training(spec, dataset)
    again.take_up(kept["position"], kept["tensors"])  # type: ignore[arg-type]
    again.run()
    for name, tensor in whole.module.state_dict().items():
        assert torch.equal(tensor, again.module.state_dict()[name]), name


def _training(spec: Spec, dataset: object, save=lambda training, final: None, stop: int | None = None) -> Training:
    streams, module, done = Streams(0), build_module(spec), [0]
    start(module, streams["weights"], {})

    def count(phase: Phase, clock: Clock) -> None:
        done[0] += 1

    def is_asked() -> bool:
        return stop is not None and done[0] >= stop

    device = torch.device("cpu")
    return Training(spec, dataset, module, streams, device, save=save, progress=count, is_asked_to_stop=is_asked)  # type: ignore[arg-type]


def test_memory_is_a_list_of_ratings() -> None:
    """Eight bytes a case, six a rating: nothing is as large as cases times units."""
    cases = Cases.of(np.array([0, 4_999]), np.array([9_999, 0]), np.array([1, 2]), 5_000)
    assert cases.starts.nbytes + cases.units.nbytes + cases.levels.nbytes == 8 * 5_001 + 6 * 2
    assert cases.of_case(4_999)[0].tolist() == [0] and cases.of_case(1)[0].size == 0
