"""The front of the ONNX file: raw columns in, the network's tensor out, as the contract says."""

from __future__ import annotations

import numpy as np
import pytest

from specc.ir import ArrayFit, CategoryFit, ImageFit, NumberFit
from tests.onnx.bound import LABEL, bound, entering, exported, started, texts, weights_of

NAN = float("nan")


def test_timestamps_and_years_keep_their_digits() -> None:
    fits = {"seen": NumberFit(center=1.6e9, scale=17.0), "year": NumberFit(center=1999.5, scale=3e-4)}
    model = entering("seen = number(scale = standard); year = number(scale = standard)", fits)
    seen, year = 1.6e9 + np.arange(-5.0, 5.0), np.full(10, 1999.50001)
    given = model.answer({"seen": seen, "year": year})["input_1"]
    assert given.dtype == np.float32
    assert np.array_equal(given, np.stack([(seen - 1.6e9) / 17.0, (year - 1999.5) / 3e-4], axis=1).astype(np.float32))
    assert len(set(given[:, 0])) == 10, "float32 would have made them one value"


def test_missing_numbers_are_imputed_and_told_beside_them() -> None:
    fits = {
        "plain": NumberFit(),
        "age": NumberFit(impute=30.0, center=10.0, scale=4.0, indicator=True),
        "fare": NumberFit(impute=7.0),
    }
    model = entering("plain = number; age = number(impute = median, indicator = true); fare = number(impute = mean)", fits)
    given = model.answer({"plain": np.array([1.0, NAN]), "age": np.array([NAN, 18.0]), "fare": np.array([NAN, 2.0])})["input_1"]
    assert np.array_equal(given, np.array([[1, 5, 1, 7], [NAN, 2, 0, 2]], np.float32), equal_nan=True)


def test_log1p_keeps_the_digits_of_small_numbers() -> None:
    fits = {"x": NumberFit(transform="log1p", center=1e-13, scale=3e-13), "z": NumberFit()}
    model = entering("x = number(transform = log1p); z = number", fits)
    x = np.array([0.0, 1e-18, 1e-12, 3.3e-9, 0.7, 12.0, 1e9, -0.5])
    given = model.answer({"x": x, "z": x})["input_1"]
    assert np.allclose(given[:, 0], ((np.log1p(x) - 1e-13) / 3e-13).astype(np.float32), rtol=3e-7)
    assert np.array_equal(given[:, 1], x.astype(np.float32))
    undefined = np.array([-1.0, -2.0, NAN, np.inf])
    given = model.answer({"x": undefined, "z": undefined})["input_1"]
    assert np.isnan(given[:, 0]).all() and np.array_equal(given[:, 1], undefined.astype(np.float32), equal_nan=True)


def test_onehot_of_seen_unseen_and_missing_labels() -> None:
    fits = {"c": CategoryFit(labels=("é", "b", "10"))}
    model = entering("c = category", fits, source='csv("rows.csv", missing = ["?", "NA"])')
    given = model.answer({"c": texts("b", "é", "10", "zebra", "", "?", "B")})["input_1"]
    assert given.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_missing_labels_are_imputed_and_a_mark_is_missing_though_it_is_a_label() -> None:
    fits = {"c": CategoryFit(labels=("?", "b"), impute="b")}
    model = entering('c = category(labels = ["?", "b"], impute = mode)', fits, source='csv("rows.csv", missing = ["?"])')
    assert model.answer({"c": texts("?", "", "b", "x")})["input_1"].tolist() == [[0, 1], [0, 1], [0, 1], [0, 0]]


@pytest.mark.parametrize("impute", [None, "b"])
def test_an_embedded_label_is_looked_up_and_an_unseen_one_is_the_zero_vector(impute: str | None) -> None:
    column = f"c = category(encode = embedding(2){', impute = mode' if impute else ''})"
    fits = {"c": CategoryFit(labels=("a", "b"), encode="embedding", impute=impute), "x": NumberFit(), **LABEL}
    spec = bound(f"{column}; x = number; y = category", "input(features); output(y)", fits)
    table = weights_of(started(spec))["input_1_c.weight"]
    assert table.shape == (3, 2) and not table[0].any() and table[1:].all()
    model = entering(f"{column}; x = number", {"c": fits["c"], "x": NumberFit()})
    given = model.answer({"c": texts("b", "a", "q", ""), "x": np.arange(4.0)})["input_1"]
    missing = table[0] if impute is None else table[2]
    assert np.array_equal(given, np.column_stack([np.arange(4), [table[2], table[1], table[0], missing]]).astype(np.float32))


def test_columns_stand_in_the_order_of_the_spec() -> None:
    told = "number(impute = mean, indicator = true)"
    columns = f"a = {told}; c = category; b = number; d = category; e = {told}"
    fits = {
        "a": NumberFit(impute=0.0, indicator=True),
        "b": NumberFit(),
        "e": NumberFit(impute=0.0, indicator=True),
        "c": CategoryFit(labels=("x", "y")),
        "d": CategoryFit(labels=("x", "y")),
    }
    raw = {"a": np.array([1.0]), "b": np.array([2.0]), "e": np.array([NAN]), "c": texts("y"), "d": texts("x")}
    assert entering(columns, fits).answer(raw)["input_1"].tolist() == [[1, 0, 0, 1, 2, 1, 0, 0, 1]]
    assert entering(columns, fits, taken="d, e, a").answer(raw)["input_1"].tolist() == [[1, 0, 0, 1, 1, 0]]


def test_images_are_scaled_by_channel() -> None:
    fits = {"image": ImageFit(size=(3, 1, 1), scale=(1 / 255, 2.0, 1.0), shift=(0.0, -1.0, 0.5))}
    model = entering("image = image([3, 1, 1], scale = standard)", fits, "image", 'npz("rows.npz")')
    pixels = np.array([[255, 128, 7], [51, 1, 255]], np.uint8).reshape(2, 3, 1, 1)
    given = model.answer({"image": pixels})["input_1"]
    assert given.shape == (2, 3, 1, 1) and np.allclose(given[:, :, 0, 0], [[1, 255, 7.5], [0.2, 1, 255.5]], rtol=1e-6)


def test_arrays_are_scaled_in_double() -> None:
    fits = {"a": ArrayFit(size=(2,), center=1e6 + 0.3, scale=0.1)}
    model = entering("a = array([2], scale = standard)", fits, "a", 'npz("rows.npz")')
    a = np.array([[1e6, 1e6 + 1], [0, 5]], np.float32)
    assert np.array_equal(model.answer({"a": a})["input_1"], ((a.astype(np.float64) - (1e6 + 0.3)) / 0.1).astype(np.float32))


def test_the_file_takes_what_an_input_takes_and_no_more() -> None:
    fits = {"a": NumberFit(), "b": NumberFit(), "c": CategoryFit(labels=("x",)), **LABEL}
    columns = "b = number; unread = number; c = category; a = number; y = category"
    model = exported(bound(columns, "input(a, b, c); output(y)", fits))
    taken = {i.name: (i.type, i.shape) for i in model.session.get_inputs()}
    assert taken == {"b": ("tensor(double)", ["batch"]), "c": ("tensor(string)", ["batch"]), "a": ("tensor(double)", ["batch"])}
    assert list(model.columns) == ["b", "c", "a"]


@pytest.mark.parametrize("rows", [0, 1, 1000])
def test_any_number_of_rows(rows: int) -> None:
    fits = {
        "n": NumberFit(impute=1.0, transform="log1p", center=0.5, scale=2.0, indicator=True),
        "c": CategoryFit(labels=("p", "q")),
        "e": CategoryFit(labels=("p", "q"), encode="embedding"),
        **LABEL,
    }
    columns = "n = number(indicator = true, impute = mean); c = category; e = category(encode = embedding(2)); y = category"
    model = exported(bound(columns, "input(features); dense(4, relu); output(y)", fits))
    raw = {"n": np.linspace(0, 9, rows), "c": np.resize(texts("p", "", "z"), rows), "e": np.resize(texts("q", "", "z"), rows)}
    given = model.answer(raw)
    assert given["y"].shape == (rows,) and set(given["y"]) <= {"a", "b", "c"}
    assert given["y_probabilities"].shape == (rows, 3)
    assert np.allclose(given["y_probabilities"].sum(axis=1), 1, atol=1e-6)


NETWORKS = ("dense(4, relu); output(y)", "reshape([1, 1, 2]); max_pool2d([1, 2]); flatten; dense(3, relu); output(y)")


@pytest.mark.parametrize("layers", NETWORKS, ids=["dense", "behind a max pool"])
@pytest.mark.parametrize("column", ["number", "array"])
def test_a_row_that_lacks_a_number_gets_no_answer(layers: str, column: str) -> None:
    if column == "number":
        columns, fits = "x = number; z = number(impute = mean)", {"x": NumberFit(), "z": NumberFit(impute=2.0)}
        raw = {"x": np.array([1.0, NAN, 3.0]), "z": np.array([NAN, 1.0, 2.0])}
    else:
        columns, fits = "x = array([2])", {"x": ArrayFit(size=(2,))}
        raw = {"x": np.array([[1, 2], [NAN, 1], [3, 4]], np.float32)}
    spec = bound(f"{columns}; y = category", f"input({', '.join(fits)}); {layers}", {**fits, **LABEL})
    given = exported(spec).answer(raw)
    assert given["y"][1] == "" and np.isnan(given["y_probabilities"][1]).all()
    assert all(given["y"][[0, 2]]) and np.isfinite(given["y_probabilities"][[0, 2]]).all()
