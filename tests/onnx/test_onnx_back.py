"""The back of the ONNX file: labels with all probabilities, numbers in their own unit."""

from __future__ import annotations

import numpy as np
import pytest

from specc.ir import CategoryFit, NumberFit, Spec
from specc.onnx.build import build_onnx
from specc.onnx.session import OnnxModel
from tests.onnx.bound import bound

YES = CategoryFit(labels=("no", "yes"), encode="label")
ABC = CategoryFit(labels=("a", "b", "c"), encode="label")
X = {"x": NumberFit()}


def answering(spec: Spec, **weights: list[list[float]]) -> OnnxModel:
    """The file whose outputs are `x` times these weights, without a bias."""
    return OnnxModel.load(build_onnx(spec, {f"{name}.weight": np.array(rows, np.float32) for name, rows in weights.items()}))


def test_two_labels_by_one_unit() -> None:
    spec = bound("x = number; y = category", "input(features); output(y, bias = false)", {**X, "y": YES})
    given = answering(spec, output_1=[[1.0]]).answer({"x": np.array([-2.0, 0.0, 1e-30, 2.0, 200.0])})
    assert given["y"].tolist() == ["no", "no", "yes", "yes", "yes"]
    p = 1 / (1 + np.exp(-np.array([-2.0, 0.0, 1e-30, 2.0, 200.0])))
    assert np.allclose(given["y_probabilities"], np.stack([1 - p, p], axis=1), rtol=1e-6, atol=1e-30)


def test_two_labels_by_an_explicit_cross_entropy() -> None:
    train = "train { loss = cross_entropy; epochs = 1 }\n"
    spec = bound("x = number; y = category", "input(features); output(y, bias = false)", {**X, "y": YES}, train=train)
    given = answering(spec, output_1=[[1.0], [-1.0]]).answer({"x": np.array([1.0, -1.0])})
    assert given["y"].tolist() == ["no", "yes"]
    p = 1 / (1 + np.exp(-2.0))
    assert np.allclose(given["y_probabilities"], [[p, 1 - p], [1 - p, p]], rtol=1e-6)


def test_more_labels() -> None:
    spec = bound("x = number; y = category", "input(features); output(y, bias = false)", {**X, "y": ABC})
    given = answering(spec, output_1=[[0.0], [1.0], [-3.0]]).answer({"x": np.array([2.0, -1.0, 0.0])})
    assert given["y"].tolist() == ["b", "c", "a"]
    powers = np.exp(np.array([[0.0, 2.0, -6.0], [0.0, -1.0, 3.0], [0.0, 0.0, 0.0]]))
    assert np.allclose(given["y_probabilities"], powers / powers.sum(axis=1, keepdims=True), rtol=1e-6)


@pytest.mark.parametrize("transform", [None, "log1p"])
def test_a_number_comes_back_in_its_own_unit(transform: str | None) -> None:
    fit = NumberFit(transform=transform, center=1e-9, scale=3.0)  # type: ignore[arg-type]
    column = f"y = number({f'transform = {transform}, ' if transform else ''}scale = standard)"
    spec = bound(f"x = number; {column}", "input(features); output(y, bias = false)", {**X, "y": fit})
    model = answering(spec, output_1=[[1.0]])
    x = np.array([0.0, 1e-12, -0.25, 2.5, 100.0, -100.0])
    own = x.astype(np.float32).astype(np.float64) * 3.0 + 1e-9
    given = model.answer({"x": x})["y"]
    assert given.dtype == np.float64
    assert np.allclose(given, np.expm1(own) if transform else own, rtol=1e-14, atol=0)


def test_each_target_has_its_output() -> None:
    columns = "x = number; price = number; sold = category"
    fits = {**X, "price": NumberFit(center=10.0, scale=2.0), "sold": YES}
    network = "input(features); dense trunk(1, bias = false); output(price, bias = false); output(sold, of = trunk, bias = false)"
    spec = bound(columns, network, fits, target="[price, sold]")
    model = answering(spec, trunk=[[1.0]], output_1=[[1.0]], output_2=[[1.0]])
    assert list(model.targets) == ["price", "sold"]
    given = model.answer({"x": np.array([3.0, -4.0])})
    assert given["price"].tolist() == [16.0, 2.0] and given["sold"].tolist() == ["yes", "no"]
