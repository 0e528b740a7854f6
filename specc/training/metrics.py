"""Metrics of a whole split, in numpy: labels by index, scores as logits, numbers in the target's own unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from specc.vocabulary.families import Metric
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


class Answers(NamedTuple):
    """What was answered for one output, beside the truth.

    For a category: `scores` `[rows, labels]` grow with the label's probability, `predicted` and `truth` are label
    indices. For a number: `predicted` and `truth` in its own unit.
    """

    truth: np.ndarray
    predicted: np.ndarray
    scores: np.ndarray | None = None
    labels: int = 0


Function = Callable[[Answers], object]
METRICS: dict[type[Metric], Function] = {}


def measures(part: type[Metric]) -> Callable[[Function], Function]:
    """Registers the computation of a metric."""

    def register(function: Function) -> Function:
        METRICS[part] = function
        return function

    return register


def measure(part: Metric, answers: Answers) -> object:
    """The value of a metric: a float, or a matrix as a list of lists. NaN where it is not defined."""
    return METRICS[type(part)](answers)


@measures(Accuracy)
def accuracy(answers: Answers) -> float:
    return float(np.mean(answers.predicted == answers.truth))


@measures(ConfusionMatrix)
def confusion_matrix(answers: Answers) -> list[list[int]]:
    counts = np.bincount(answers.truth * answers.labels + answers.predicted, minlength=answers.labels**2)
    return counts.reshape(answers.labels, answers.labels).tolist()


def area_under_curve(scores: np.ndarray, positive: np.ndarray) -> float:
    """The Mann-Whitney statistic: the mean rank of the positive rows, ties sharing their ranks. NaN with one kind only."""
    positives = int(positive.sum())
    negatives = positive.size - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


@measures(Auroc)
def auroc(answers: Answers) -> float:
    assert answers.scores is not None
    if answers.labels == 2:
        return area_under_curve(answers.scores[:, 1] - answers.scores[:, 0], answers.truth == 1)
    areas = [area_under_curve(answers.scores[:, label], answers.truth == label) for label in range(answers.labels)]
    return (
        float(np.mean(areas))
        if not np.isnan(areas).any()
        else float(np.nanmean(areas))
        if not np.isnan(areas).all()
        else float("nan")
    )


def _per_label(answers: Answers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True positives, answered and true counts of the labels that count: the positive one, or all of more than two."""
    matrix = np.array(confusion_matrix(answers))
    hits, answered, true = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    chosen = slice(1, 2) if answers.labels == 2 else slice(None)
    return hits[chosen], answered[chosen], true[chosen]


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


@measures(Precision)
def precision(answers: Answers) -> float:
    hits, answered, _ = _per_label(answers)
    return float(_ratio(hits, answered).mean())


@measures(Recall)
def recall(answers: Answers) -> float:
    hits, _, true = _per_label(answers)
    return float(_ratio(hits, true).mean())


@measures(F1)
def f1(answers: Answers) -> float:
    hits, answered, true = _per_label(answers)
    return float(_ratio(2 * hits, answered + true).mean())


@measures(RootMeanSquaredError)
def root_mean_squared_error(answers: Answers) -> float:
    return float(np.sqrt(np.mean((answers.predicted - answers.truth) ** 2)))


@measures(MeanAbsoluteError)
def mean_absolute_error(answers: Answers) -> float:
    return float(np.mean(np.abs(answers.predicted - answers.truth)))


@measures(R2)
def r2(answers: Answers) -> float:
    spread = float(np.sum((answers.truth - answers.truth.mean()) ** 2))
    if spread == 0:
        return float("nan")
    return 1.0 - float(np.sum((answers.truth - answers.predicted) ** 2)) / spread
