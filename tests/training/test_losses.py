"""Losses against their formulas, on numbers worked out by hand or by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from specc.training.losses import LOSSES, label_weights, loss_value
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanAbsoluteError, MeanSquaredError
from specc.vocabulary.part import every_class

GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(size=(20, 3)).astype(np.float32)
LABELS = GENERATOR.integers(0, 3, 20)
PROBABILITIES = np.exp(LOGITS.astype(np.float64)) / np.exp(LOGITS.astype(np.float64)).sum(axis=1, keepdims=True)


def tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values)


def test_squared_and_absolute_error() -> None:
    answers, truth = torch.tensor([[1.0], [3.0]]), torch.tensor([0.0, 5.0])
    assert float(loss_value(MeanSquaredError(), answers, truth)) == pytest.approx((1 + 4) / 2)
    assert float(loss_value(MeanAbsoluteError(), answers, truth)) == pytest.approx((1 + 2) / 2)


def test_cross_entropy_is_log_loss() -> None:
    value = float(loss_value(CrossEntropy(), tensor(LOGITS), tensor(LABELS)))
    assert value == pytest.approx(log_loss(LABELS, PROBABILITIES), rel=1e-5)


def test_label_smoothing_mixes_with_the_uniform() -> None:
    target = 0.9 * np.eye(3)[LABELS] + 0.1 / 3
    expected = -(target * np.log(PROBABILITIES)).sum(axis=1).mean()
    assert float(loss_value(CrossEntropy(label_smoothing=0.1), tensor(LOGITS), tensor(LABELS))) == pytest.approx(
        expected, rel=1e-5
    )


def test_class_weights_give_the_weighted_mean() -> None:
    weights = np.array([1.0, 2.0, 5.0])
    part = CrossEntropy(class_weights=(1.0, 2.0, 5.0))
    expected = log_loss(LABELS, PROBABILITIES, sample_weight=weights[LABELS])
    found = loss_value(part, tensor(LOGITS), tensor(LABELS), label_weights(part, (1, 1, 1), torch.device("cpu")))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_balanced_weights_are_rows_by_labels_times_count() -> None:
    part = CrossEntropy(class_weights="balanced")
    weights = label_weights(part, (10, 30, 0), torch.device("cpu"))
    assert weights is not None and weights.tolist() == pytest.approx([40 / 30, 40 / 90, 0.0])


def test_binary_cross_entropy_on_logits_is_log_loss_and_never_overflows() -> None:
    logits, labels = LOGITS[:, :1] * 3, (LABELS > 0).astype(np.int64)
    p = 1 / (1 + np.exp(-logits[:, 0].astype(np.float64)))
    assert float(loss_value(BinaryCrossEntropy(), tensor(logits), tensor(labels))) == pytest.approx(log_loss(labels, p), rel=1e-5)
    part = BinaryCrossEntropy(class_weights=(1.0, 3.0))
    expected = log_loss(labels, p, sample_weight=np.where(labels == 1, 3.0, 1.0))
    found = loss_value(part, tensor(logits), tensor(labels), label_weights(part, (1, 1), torch.device("cpu")))
    assert float(found) == pytest.approx(expected, rel=1e-5)
    far = loss_value(BinaryCrossEntropy(), torch.tensor([[1000.0], [-1000.0]]), torch.tensor([0, 1]))
    assert float(far) == pytest.approx(1000.0)


def test_every_loss_of_answers_is_computed() -> None:
    """Those of whole rows and of adversarial training have tests of their own."""
    assert set(LOSSES) == {part for part in every_class("loss") if part.__module__.endswith(".losses") and not part.of_rows}  # type: ignore[attr-defined]
