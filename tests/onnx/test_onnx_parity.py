"""Parity: an export that answers otherwise than PyTorch is refused, one that agrees is measured."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
import torch

from specc.ir import NumberFit, Spec
from specc.onnx.build import build_onnx
from specc.onnx.parity import BOUND, Disagreement, measure
from tests.onnx.bound import LABEL, bound, started, weights_of

RAW = {"a": np.linspace(-3, 3, 70), "b": np.cos(np.arange(70.0))}


def two_targets() -> Spec:
    fits = {"a": NumberFit(), "b": NumberFit(), "price": NumberFit(), **LABEL}
    columns = "a = number; b = number; price = number; y = category"
    network = "input(features); dense trunk(8, tanh); output(y); output(price, of = trunk)"
    return bound(columns, network, fits, target="[y, price]")


def compared(change=lambda logits: logits, raw: dict[str, np.ndarray] = RAW, model=lambda file: file) -> dict:
    """What is measured when PyTorch's logits, or the file, are changed."""
    module = started(two_targets())
    features = torch.tensor(np.stack([raw["a"], raw["b"]], axis=1).astype(np.float32))

    @torch.no_grad()
    def reference(rows: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(change(logits.numpy()) for logits in module(features[torch.tensor(rows)]))

    return measure(model(build_onnx(two_targets(), weights_of(module))), raw, reference)


def test_what_agrees_is_recorded() -> None:
    record = compared()
    assert record["rows"] == 70 and record["batches"] == [1, 2, 64]
    assert set(record["outputs"]) == {"y", "price"}
    for measured in record["outputs"].values():
        assert measured["difference"] <= measured["allowed"] == BOUND * measured["scale"]
        assert measured["scale"] > 0.1
    assert record["outputs"]["y"]["labels_differ"] == 0 and "ties" not in record["outputs"]["price"]
    assert json.loads(json.dumps(record)) == record


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows_are_enough(rows: int) -> None:
    record = compared(raw={name: column[:rows] for name, column in RAW.items()})
    assert record["rows"] == rows and record["batches"] == sorted({1, min(rows, 2), rows})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x + np.float32(1e-4), r"logits up to [\d.]+ differ by 0\.0001"),
        (lambda x: x * np.where(np.arange(len(x)) == 0, np.nan, 1)[:, None], "not all logits are finite numbers"),
        (lambda x: np.repeat(x, 2, axis=1), r"the logits of ONNX are \[\d+, \d\], those of PyTorch \[\d+, \d\]"),
    ],
)
def test_logits_that_differ_are_refused(change, message: str) -> None:
    with pytest.raises(Disagreement, match=f"^ONNX and PyTorch disagree on `y`: {message}; `price`: {message}$") as caught:
        compared(change)
    assert set(caught.value.record["outputs"]) == {"y", "price"}


def test_labels_that_differ_are_refused() -> None:
    def swapped(file: bytes) -> bytes:
        model = onnx.ModelProto.FromString(file)
        (labels,) = (tensor for tensor in model.graph.initializer if tensor.name == "y/labels")
        labels.string_data[:] = reversed(labels.string_data)
        return model.SerializeToString()

    with pytest.raises(Disagreement, match=r"`y`: \d+ labels differ"):
        compared(model=swapped)


def test_rows_between_two_labels_are_ties() -> None:
    module = started(two_targets())
    weights = weights_of(module)
    weights["output_1.weight"][:] = weights["output_1.weight"][:1]
    weights["output_1.bias"][:] = 0.25
    features = torch.tensor(np.stack([RAW["a"], RAW["b"]], axis=1).astype(np.float32))
    noise = np.array([0, 1e-7, 0], np.float32)  # PyTorch's second label would win by a hair

    @torch.no_grad()
    def reference(rows: np.ndarray) -> tuple[np.ndarray, ...]:
        labels, price = module(features[torch.tensor(rows)])
        return labels.numpy() + noise, price.numpy()

    record = measure(build_onnx(two_targets(), weights), RAW, reference)
    assert record["outputs"]["y"]["ties"] > 60 and record["outputs"]["y"]["labels_differ"] == 0


def test_labels_are_told_by_scores_as_numbers_up_to_1() -> None:
    """An output that nothing has trained gives next to nothing: what is left of larger numbers."""
    module = started(two_targets())
    weights = weights_of(module)
    weights["output_1.weight"][:], weights["output_1.bias"][:] = 0.0, 1e-3
    features = torch.tensor(np.stack([RAW["a"], RAW["b"]], axis=1).astype(np.float32))
    module.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})

    @torch.no_grad()
    def reference(rows: np.ndarray) -> tuple[np.ndarray, ...]:
        labels, price = module(features[torch.tensor(rows)])
        return labels.numpy() + np.float32(1e-6), price.numpy()

    assert measure(build_onnx(two_targets(), weights), RAW, reference)["outputs"]["y"]["scale"] == 1.0
