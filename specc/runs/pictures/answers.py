"""How a run answers: a confusion matrix for labels, prediction against truth for numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.door import answers
from specc.ir import CategoryFit
from specc.runs.pictures.style import COLORS, keep, new_figure, quiet
from specc.training.evaluate import read_answers
from specc.training.metrics import Answers, confusion_matrix

if TYPE_CHECKING:
    from specc.runs.run import Run
    from specc.training.evaluate import Evaluation

MOST_LABELS = 40
MOST_POINTS = 5_000


def draw_answers(run: Run, split: str, evaluation: Evaluation) -> None:
    """A picture for each output, on one split."""
    assert run.spec.bound is not None
    outputs = answers(run.spec.graph)
    for answer in outputs:
        given = read_answers(run.spec, answer, evaluation.logits[answer.column].float().cpu().numpy(), evaluation.truth[answer.column])
        suffix = f"_{answer.column}" if len(outputs) > 1 else ""
        fit = run.spec.bound.fits[answer.column]
        if isinstance(fit, CategoryFit):
            if len(fit.labels) <= MOST_LABELS:
                _confusion_matrix(run, f"confusion_matrix{suffix}", given, fit.labels, split)
        else:
            _prediction_against_truth(run, f"prediction_against_truth{suffix}", given, answer.column, split)


def _confusion_matrix(run: Run, name: str, given: Answers, labels: tuple[str, ...], split: str) -> None:
    counts = np.array(confusion_matrix(given))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = max(3.2, 0.42 * len(labels) + 1.6)
    figure = new_figure(size + 0.4, size)
    axes = figure.add_subplot()
    quiet(axes, f"{split} rows", "answered", "true")
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    for row, column in np.ndindex(counts.shape):
        if counts[row, column]:
            color = "white" if shares[row, column] > 0.6 else "#333333"
            axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", fontsize=8, color=color)
    keep(run, name, figure)


def _prediction_against_truth(run: Run, name: str, given: Answers, column: str, split: str) -> None:
    figure = new_figure(4.4, 4.2)
    axes = figure.add_subplot()
    quiet(axes, f"{column}: {split} rows", "truth", "prediction")
    step = max(1, len(given.truth) // MOST_POINTS)
    axes.scatter(given.truth[::step], given.predicted[::step], s=6, alpha=0.35, color=COLORS[split], linewidths=0)
    low, high = float(given.truth.min()), float(given.truth.max())
    axes.plot([low, high], [low, high], color="#888888", linewidth=1, linestyle="--")
    keep(run, name, figure)
