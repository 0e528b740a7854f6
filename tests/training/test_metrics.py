"""Metrics against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as reference

from specc.training.metrics import METRICS, Answers, measure
from specc.vocabulary.metrics import (
    F1,
    R2,
    Accuracy,
    Auroc,
    ConfusionMatrix,
    MeanAbsoluteError,
    Precision,
    Recall,
    RootMeanSquaredError,
)
from specc.vocabulary.part import every_class


@pytest.mark.parametrize("labels", [2, 4])
@pytest.mark.parametrize("seed", range(5))
def test_of_labels(labels: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(60, labels)).round(1)  # rounded, so that scores tie
    truth = generator.integers(0, labels, 60)
    predicted = scores.argmax(axis=1)
    answers = Answers(truth, predicted, scores, labels)
    average = "binary" if labels == 2 else "macro"
    assert measure(Accuracy(), answers) == pytest.approx(reference.accuracy_score(truth, predicted))
    assert measure(F1(), answers) == pytest.approx(reference.f1_score(truth, predicted, average=average))
    assert measure(Precision(), answers) == pytest.approx(reference.precision_score(truth, predicted, average=average))
    assert measure(Recall(), answers) == pytest.approx(reference.recall_score(truth, predicted, average=average))
    assert measure(ConfusionMatrix(), answers) == reference.confusion_matrix(truth, predicted).tolist()
    if labels == 2:
        expected = reference.roc_auc_score(truth, (scores[:, 1] - scores[:, 0]).round(6))
    else:
        expected = np.mean([reference.roc_auc_score(truth == label, scores[:, label]) for label in range(labels)])
    rounded = Answers(truth, predicted, np.stack([np.zeros(60), (scores[:, 1] - scores[:, 0]).round(6)], 1), 2)
    assert measure(Auroc(), rounded if labels == 2 else answers) == pytest.approx(expected)


def test_of_numbers() -> None:
    generator = np.random.default_rng(3)
    truth = generator.normal(50, 10, 80)
    predicted = truth + generator.normal(0, 4, 80)
    answers = Answers(truth, predicted)
    assert measure(RootMeanSquaredError(), answers) == pytest.approx(reference.root_mean_squared_error(truth, predicted))
    assert measure(MeanAbsoluteError(), answers) == pytest.approx(reference.mean_absolute_error(truth, predicted))
    assert measure(R2(), answers) == pytest.approx(reference.r2_score(truth, predicted))


def test_what_is_not_defined_is_nan() -> None:
    one_kind = Answers(np.zeros(4, int), np.zeros(4, int), np.zeros((4, 2)), 2)
    assert np.isnan(measure(Auroc(), one_kind))  # type: ignore[arg-type]
    assert np.isnan(measure(R2(), Answers(np.ones(4), np.ones(4))))  # type: ignore[arg-type]


def test_every_metric_is_computed() -> None:
    of_answers = {metric for metric in every_class("metric") if metric.target not in ("machine", "rows")}  # type: ignore[attr-defined]
    assert set(METRICS) == of_answers
