"""How a run answers: a confusion matrix for labels, prediction against truth for numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.door import answers
from specc.ir import CategoryFit
from specc.runs.pictures.style import CHARACTER, COLORS, Margins, few_ticks, keep, panels, quiet, shortened
from specc.training.evaluate import read_answers
from specc.training.metrics import Answers, accuracy, confusion_matrix, r2

if TYPE_CHECKING:
    from specc.runs.run import Run
    from specc.training.evaluate import Evaluation

MOST_LABELS = 40
MOST_POINTS = 5_000


def draw_answers(run: Run, split: str, evaluation: Evaluation) -> None:
    """A picture for each output, on one split; of outputs that no phase has trained there are none."""
    assert run.spec.bound is not None
    outputs = [answer for answer in answers(run.spec.graph) if answer.column in evaluation.logits]
    for answer in outputs:
        logits = evaluation.logits[answer.column].float().cpu().numpy()
        given = read_answers(run.spec, answer, logits, evaluation.truth[answer.column])
        suffix = f"_{answer.column}" if len(outputs) > 1 else ""
        fit = run.spec.bound.fits[answer.column]
        if not isinstance(fit, CategoryFit):
            _prediction_against_truth(run, f"prediction_against_truth{suffix}", given, answer.column, split)
        elif len(fit.labels) <= MOST_LABELS:
            _confusion_matrix(run, f"confusion_matrix{suffix}", given, fit.labels, answer.column, split)


def _confusion_matrix(run: Run, name: str, given: Answers, labels: tuple[str, ...], column: str, split: str) -> None:
    """A row a true label, a column an answered one; as dark as the share of the row's label."""
    counts = np.array(confusion_matrix(given))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shown = [shortened(label) for label in labels]
    longest = max(map(len, shown)) * CHARACTER
    cell = max(0.36, CHARACTER * len(f"{counts.max():,}") + 0.12)
    size = max(1.8, cell * len(labels))
    slanted = max(map(len, shown)) * CHARACTER > size / len(labels)
    around = Margins(left=longest + 0.5, bottom=0.72 * longest + 0.45 if slanted else 0.5, top=0.55, right=max(0.25, 2.6 - size))
    figure, (axes,) = panels(1, 1, size, size, around)
    quiet(axes, f"{column}: {len(given.truth):,} {split} rows\naccuracy {accuracy(given):.3f}", "answered", "true")
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), shown, **({"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}))
    axes.set_yticks(range(len(labels)), shown)
    for row, place in zip(*np.nonzero(counts)):
        color = "white" if shares[row, place] > 0.6 else "#333333"
        axes.text(place, row, f"{counts[row, place]:,}", ha="center", va="center", fontsize=8, color=color)
    keep(run, name, figure)


def _prediction_against_truth(run: Run, name: str, given: Answers, column: str, split: str) -> None:
    figure, (axes,) = panels(1, 1, 3.6, 3.4, Margins(left=0.95, top=0.55, bottom=0.55))
    quiet(axes, f"{column}: {len(given.truth):,} {split} rows\nr2 {r2(given):.3f}", "truth", "prediction")
    few_ticks(axes, x=5)
    step = max(1, len(given.truth) // MOST_POINTS)
    axes.scatter(given.truth[::step], given.predicted[::step], s=9, alpha=0.4, color=COLORS[split], linewidths=0)
    low, high = float(given.truth.min()), float(given.truth.max())
    axes.plot([low, high], [low, high], color="#888888", linewidth=1, linestyle="--")
    keep(run, name, figure)
