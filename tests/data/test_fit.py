"""Fits: by hand in numpy, on the training rows only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.data.fit import center_and_scale, fit_image, ordered_labels
from specc.data.prepare import decode_target, encode_number
from specc.ir import CategoryFit, ImageFit, NumberFit, Spec
from specc.vocabulary.columns import Image
from tests.data.binding import bound, npz_file, spec_of, table

NUMBERS = np.array([3.0, -1.5, 8.25, 0.0, 2.5, 2.5, 19.0])


@pytest.mark.parametrize(
    ("scale", "center", "spread"),
    [
        ("standard", NUMBERS.mean(), NUMBERS.std()),
        ("minmax", -1.5, 20.5),
        ("robust", 2.5, np.percentile(NUMBERS, 75) - np.percentile(NUMBERS, 25)),
        (None, 0.0, 1.0),
    ],
)
def test_scales_are_those_of_the_textbook(scale: str | None, center: float, spread: float) -> None:
    assert center_and_scale(scale, NUMBERS) == pytest.approx((center, spread), rel=1e-15)


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
def test_equal_numbers_become_zero(scale: str) -> None:
    """0.1 has no exact mean, so that a deviation by the formula would be a tiny number and not 0."""
    numbers = np.full(7, 0.1)
    center, spread = center_and_scale(scale, numbers)
    assert ((numbers - center) / spread == 0).all() and spread == 1


def test_numbers_without_a_middle_half_keep_their_unit() -> None:
    assert center_and_scale("robust", np.array([0.0, 0.0, 0.0, 0.0, 9.0])) == (0.0, 1.0)


def _number_fit(folder: Path, column: str, values: list[str]) -> tuple[NumberFit, np.ndarray]:
    """The fit of a column, and the training rows' own numbers, NaN where missing."""
    text = spec_of(f"x = {column}; z = number; y = category")
    spec, dataset = bound(folder, text, {"t.csv": table(len(values), lambda i: f"{values[i]},1,{'ab'[i % 2]}", "x,z,y")})
    assert spec.bound is not None
    fit = spec.bound.fits["x"]
    assert isinstance(fit, NumberFit)
    return fit, dataset.table.columns["x"][dataset.rows["train"]]


VALUES = [str(i % 11 + i / 8) if i % 5 else "" for i in range(60)]


@pytest.mark.parametrize(("word", "by_hand"), [("mean", np.nanmean), ("median", np.nanmedian)])
def test_imputed_values_come_from_the_training_rows(tmp_path: Path, word: str, by_hand) -> None:
    fit, train = _number_fit(tmp_path, f"number(impute = {word})", VALUES)
    assert np.isnan(train).any() and fit.impute == pytest.approx(by_hand(train), rel=1e-15)


def test_the_way_is_impute_then_transform_then_scale(tmp_path: Path) -> None:
    fit, train = _number_fit(tmp_path, "number(impute = median, transform = log1p, scale = standard)", VALUES)
    way = np.log1p(np.where(np.isnan(train), np.nanmedian(train), train))
    assert (fit.center, fit.scale) == pytest.approx((way.mean(), way.std()), rel=1e-14)
    assert encode_number(train, fit) == pytest.approx((way - way.mean()) / way.std(), rel=1e-12)


def test_of_equally_frequent_values_the_first_is_the_mode(tmp_path: Path) -> None:
    fit, train = _number_fit(tmp_path, "number(impute = mode)", [["7", "3", "7", "3", ""][i % 5] for i in range(60)])
    found, counts = np.unique(train[~np.isnan(train)], return_counts=True)
    assert fit.impute == found[counts.argmax()]


def test_a_constant_is_imputed_as_it_stands(tmp_path: Path) -> None:
    assert _number_fit(tmp_path, "number(impute = constant(-4))", VALUES)[0].impute == -4.0


def test_the_indicator_says_where_a_value_was_missing(tmp_path: Path) -> None:
    text = spec_of("x = number(impute = constant(5), indicator = true); y = category")
    _, dataset = bound(tmp_path, text, {"t.csv": table(60, lambda i: f"{VALUES[i]},{'ab'[i % 2]}")})
    missing = np.array([not value for value in VALUES])
    assert dataset.inputs["features"].shape == (60, 2)
    assert (dataset.inputs["features"][:, 1] == missing).all() and (dataset.inputs["features"][missing, 0] == 5).all()


def test_an_extreme_value_outside_the_training_rows_changes_nothing(tmp_path: Path) -> None:
    """Imputed values, scales and labels of all kinds, with one row of the test set blown up."""
    columns = "x = number(impute = mean, transform = log1p, scale = standard); m = number(scale = minmax)"
    columns += "; c = category(impute = mode); e = category(encode = embedding(2)); y = category"
    rows = [[VALUES[i], str(i), "pq"[i % 2], "uvw"[i % 3], "ab"[i % 2]] for i in range(60)]
    before = _bound_rows(tmp_path / "before", columns, rows)
    _, dataset = before
    rows[dataset.rows["test"][0]][:4] = ["1e9", "1e9", "new", "newer"]
    after = _bound_rows(tmp_path / "after", columns, rows)
    assert before[0].bound is not None and after[0].bound is not None
    assert before[0].bound.fits == after[0].bound.fits


def _bound_rows(folder: Path, columns: str, rows: list[list[str]]):
    folder.mkdir()
    return bound(folder, spec_of(columns), {"t.csv": table(len(rows), lambda i: ",".join(rows[i]), "x,m,c,e,y")})


def test_labels_are_ordered_by_number_where_all_are_numbers() -> None:
    assert ordered_labels(["10", "9", "-1", "2.5"]) == ("-1", "2.5", "9", "10")
    assert ordered_labels(["10", "9", "b", "B"]) == ("10", "9", "B", "b")
    assert ordered_labels(["10", "9", "inf"]) == ("10", "9", "inf")


def _labels(spec: Spec, name: str) -> tuple[str, ...]:
    assert spec.bound is not None
    fit = spec.bound.fits[name]
    assert isinstance(fit, CategoryFit)
    return fit.labels


def test_listed_labels_keep_their_order(tmp_path: Path) -> None:
    text = spec_of('c = category(labels = ["z", "p"]); y = category(labels = ["b", "a"])')
    spec, dataset = bound(tmp_path, text, {"t.csv": table(20, lambda i: f"{'pz'[i % 2]},{'ab'[i % 2]}", "c,y")})
    assert _labels(spec, "c") == ("z", "p") and _labels(spec, "y") == ("b", "a")
    assert (dataset.truth["y"] == [1 - i % 2 for i in range(20)]).all()
    assert (dataset.inputs["features"] == [[i % 2, 1 - i % 2] for i in range(20)]).all()


def test_a_target_has_the_labels_of_all_rows_and_an_input_those_of_training(tmp_path: Path) -> None:
    files = {
        "t.csv": table(20, lambda i: f"{'new' if i == 19 else 'pq'[i % 2]},{'c' if i == 19 else 'ab'[i % 2]},{i // 10}", "c,y,g")
    }
    text = spec_of("c = category; y = category", split="column(g, train = [0], test = [1])")
    spec, dataset = bound(tmp_path, text, files)
    assert _labels(spec, "c") == ("p", "q") and _labels(spec, "y") == ("a", "b", "c")
    assert (dataset.inputs["features"][19] == 0).all()
    assert spec.bound is not None and spec.bound.class_counts == {"y": (5, 5, 0)}


def test_an_embedded_category_enters_by_its_row_of_the_table(tmp_path: Path) -> None:
    files = {"t.csv": table(20, lambda i: f"{'new' if i == 19 else 'pq'[i % 2]},{'ab'[i % 2]},{i // 10}", "c,y,g")}
    text = spec_of("c = category(encode = embedding(3)); y = category", split="column(g, train = [0], test = [1])")
    spec, dataset = bound(tmp_path, text, files)
    assert (dataset.inputs["c"] == [*([1, 2] * 9), 1, 0]).all()
    assert spec.graph.nodes[0].layer.embeddings == {"c": (3, 3)}  # type: ignore[attr-defined]


def test_an_imputed_constant_is_a_label_of_its_own(tmp_path: Path) -> None:
    text = spec_of('c = category(impute = constant("none")); y = category')
    spec, dataset = bound(tmp_path, text, {"t.csv": table(40, lambda i: f"{['p', 'q', ''][i % 3]},{'ab'[i % 2]}", "c,y")})
    assert _labels(spec, "c") == ("none", "p", "q")
    assert (dataset.inputs["features"][2] == [1, 0, 0]).all()


@pytest.mark.parametrize("scale", ["unit", "symmetric", "standard", None])
def test_pictures_are_scaled_by_channel(scale: str | None) -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 4, 5), dtype=np.uint8)
    images[:, 2] = 7
    rows = np.array([0, 2, 3, 8])
    fit = fit_image(Image(size=(3, 4, 5), scale=scale), images, rows)  # type: ignore[arg-type]
    assert isinstance(fit, ImageFit)
    scaled = images * np.array(fit.scale)[:, None, None] + np.array(fit.shift)[:, None, None]
    train = images[rows].astype(float)
    mean, deviation = train.mean(axis=(0, 2, 3), keepdims=True), train.std(axis=(0, 2, 3), keepdims=True)
    expected = {
        "unit": images / 255,
        "symmetric": images / 127.5 - 1,
        "standard": (images - mean[0]) / np.where(deviation[0], deviation[0], 1),
        None: images,
    }
    assert scaled == pytest.approx(expected[scale], abs=1e-12)


def test_an_array_is_scaled_as_a_whole(tmp_path: Path) -> None:
    blocks = np.random.default_rng(0).normal(3, 2, (40, 5))
    text = spec_of("a = array([5], scale = standard); y = category", 'npz("n.npz")', takes="a")
    _, dataset = bound(tmp_path, text, {"n.npz": npz_file(a=blocks, y=np.arange(40) % 2)})
    train = blocks.astype(np.float32)[dataset.rows["train"]].astype(float)
    assert dataset.inputs["a"] == pytest.approx((blocks - train.mean()) / train.std(), rel=1e-5, abs=1e-6)


@given(
    st.lists(st.floats(-0.99, 1e12), min_size=1, max_size=20),
    st.sampled_from(["log1p", None]),
    st.floats(-100, 100),
    st.floats(0.01, 100),
)
def test_decoding_undoes_encoding(values: list[float], transform: str | None, center: float, scale: float) -> None:
    fit = NumberFit(transform=transform, center=center, scale=scale)  # type: ignore[arg-type]
    numbers = np.array(values)
    # Up to the rounding of a number beside `center`, which `log1p` blows up by the number's own size.
    assert decode_target(encode_number(numbers, fit), fit) == pytest.approx(numbers, rel=1e-12, abs=1e-11)


def test_a_number_target_is_scaled_for_the_loss_and_true_in_its_own_unit(tmp_path: Path) -> None:
    text = spec_of("x = number; y = number(transform = log1p, scale = standard)")
    spec, dataset = bound(tmp_path, text, {"t.csv": table(40, lambda i: f"{i},{i * i + 0.25}")})
    own = np.arange(40.0) ** 2 + 0.25
    assert (dataset.truth["y"] == own).all() and dataset.truth["y"].dtype == np.float64
    train = np.log1p(own[dataset.rows["train"]])
    assert dataset.targets["y"] == pytest.approx((np.log1p(own) - train.mean()) / train.std(), rel=1e-5)
    assert dataset.targets["y"].dtype == np.float32
    assert spec.bound is not None and spec.bound.class_counts == {}


def test_a_bound_spec_is_the_same_after_json(tmp_path: Path) -> None:
    text = spec_of('"x*" = number(scale = robust); c = category(encode = embedding(2)); y = category')
    spec, _ = bound(tmp_path, text, {"t.csv": table(30, lambda i: f"{i},{i * 2},{'pq'[i % 2]},{'ab'[i % 2]}", "x1,x2,c,y")})
    assert Spec.model_validate_json(spec.model_dump_json()) == spec
    assert spec.bound is not None and spec.bound.sizes == {"columns(x∗)": 2, "labels(c)": 2, "labels(y)": 2}
