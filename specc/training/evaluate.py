"""Answers of a module on many rows, and what is measured of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from specc.data.bind import Dataset
from specc.data.prepare import decode_target
from specc.data.split import training_rows
from specc.defaults import default_metrics, needs_no_target
from specc.door import Answer, answers
from specc.ir import CategoryFit, NumberFit, Phase, Spec
from specc.memory import rows_at_once
from specc.training.losses import label_weights, loss_value, mass
from specc.training.metrics import Answers, measure
from specc.training.rows import Rows
from specc.vocabulary.families import Metric
from specc.vocabulary.metrics import ConfusionMatrix


class Evaluation(NamedTuple):
    """What was measured of a split, with the logits `[rows, units]` and the truth of each output."""

    metrics: dict[str, object]
    logits: dict[str, Tensor]
    truth: dict[str, np.ndarray]


def forward(module: nn.Module, inputs: dict[str, Tensor], outputs: tuple[Answer, ...]) -> dict[str, Tensor]:
    """The logits of each output by its column, `[batch, units]`."""
    result = module(**inputs)
    return {a.column: r for a, r in zip(outputs, result if isinstance(result, tuple) else (result,))}


@contextmanager
def in_use(module: nn.Module) -> Iterator[None]:
    """Within it the module is in use: dropout and noise off, running statistics. Then its mode is as it was."""
    modes = {layer: layer.training for layer in module.modules()}  # a frozen layer is in use already
    module.eval()
    try:
        yield
    finally:
        for layer, training in modes.items():
            layer.training = training


@torch.no_grad()
def logits_of(module: nn.Module, rows: Rows, numbers: np.ndarray | Tensor, outputs: tuple[Answer, ...]) -> dict[str, Tensor]:
    """The logits of many rows in use."""
    with in_use(module):
        chunks = torch.as_tensor(numbers).split(rows_at_once(rows.spec))
        parts = [forward(module, rows.batch(chunk).inputs, outputs) for chunk in chunks]
    return {a.column: torch.cat([part[a.column] for part in parts]) for a in outputs}


def measured_rows(spec: Spec, dataset: Dataset) -> dict[str, np.ndarray]:
    """The rows of each split that has any; of training those that a phase like the last one trained on."""
    last = needs_no_target(spec, spec.last_phase) if spec.phases else False
    alike = [phase for phase in spec.phases if phase.is_run and needs_no_target(spec, phase) == last]
    taken = [training_rows(spec, dataset, phase) for phase in alike]
    chosen = {"train": np.unique(np.concatenate(taken))} if taken else {}
    return {name: numbers for name, numbers in (dataset.rows | chosen).items() if len(numbers)}


def total_loss(
    spec: Spec, phase: Phase, logits: dict[str, Tensor], targets: dict[str, Tensor], whole: dict[str, Tensor] | None = None
) -> Tensor:
    """The weighted sum of the phase's losses; where the rows are part of a `whole`, their share of its loss."""
    assert spec.bound is not None
    total: Tensor | None = None
    for term in phase.settings.loss:
        column = term.loss.output or next(iter(logits))
        counts = spec.bound.class_counts.get(column, ())
        weights = label_weights(term.loss, counts, logits[column].device)
        value = loss_value(term.loss, logits[column], targets[column], weights)
        if whole is not None:
            value = value * (mass(targets[column], weights) / mass(whole[column], weights))
        value = value if term.weight == 1.0 else value * term.weight
        total = value if total is None else total + value
    assert total is not None
    return total


def read_answers(spec: Spec, answer: Answer, logits: np.ndarray, truth: np.ndarray) -> Answers:
    """The answers of one output from its logits; `truth` is a label's index, or a number in its own unit."""
    assert spec.bound is not None
    fit = spec.bound.fits[answer.column]
    if isinstance(fit, CategoryFit):
        scores = np.concatenate([np.zeros_like(logits), logits], axis=1) if answer.head == "sigmoid" else logits
        return Answers(truth, scores.argmax(axis=1), scores, len(fit.labels))
    assert isinstance(fit, NumberFit)
    return Answers(truth, decode_target(logits[:, 0].astype(np.float64), fit))


def metrics_of(spec: Spec, phase: Phase, column: str) -> list[Metric]:
    """The metrics of an output: those always measured, and those that the phase names for it or for its kind."""
    assert spec.bound is not None
    fit = spec.bound.fits[column]
    kind, labels = ("category", len(fit.labels)) if isinstance(fit, CategoryFit) else ("number", None)
    named = [m for m in phase.settings.metrics if (m.output or column) == column and m.target in ("any", kind)]
    words = {m.word for m in named}
    return [m for m in default_metrics(labels) if m.word not in words] + named


def measure_all(
    spec: Spec,
    phase: Phase,
    logits: dict[str, Tensor],
    targets: dict[str, Tensor],
    truth: dict[str, np.ndarray],
    epoch: int | None,
) -> dict[str, object]:
    """`{"loss": …, "accuracy": …}` of some rows. `epoch` None: at the end, everything; else what is due then."""
    assert len(spec.graphs) == 1
    measured: dict[str, object] = {"loss": float(total_loss(spec, phase, logits, targets))}
    return measured | measure_answers(spec, phase, answers(spec.graph), logits, truth, epoch)


def measure_answers(
    spec: Spec,
    phase: Phase,
    outputs: tuple[Answer, ...],
    logits: dict[str, Tensor],
    truth: dict[str, np.ndarray],
    epoch: int | None,
    several: bool | None = None,
) -> dict[str, object]:
    """The metrics of each output, by its column's name where there are `several`: unless it is said, more than one."""
    measured: dict[str, object] = {}
    several = len(outputs) > 1 if several is None else several
    for answer in outputs:
        given = read_answers(spec, answer, logits[answer.column].float().cpu().numpy(), truth[answer.column])
        prefix = f"{answer.column}." if several else ""
        for metric in metrics_of(spec, phase, answer.column):
            due = epoch is None or (epoch % getattr(metric, "every", 1) == 0 and not isinstance(metric, ConfusionMatrix))
            if due:
                measured[prefix + metric.word] = measure(metric, given)
    return measured


def evaluate(spec: Spec, module: nn.Module, rows: Rows, numbers: np.ndarray) -> Evaluation:
    """Everything measured of some rows with the weights that the module has."""
    logits = logits_of(module, rows, numbers, answers(spec.graph))
    targets, truth = rows.answers(numbers)
    return Evaluation(measure_all(spec, spec.last_phase, logits, targets, truth, None), logits, truth)
