"""What is measured of a machine: how it gives rows back, how likely it finds them, how it labels them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from specc.data.dataset import Dataset
from specc.data.split import training_rows
from specc.door import identifier
from specc.ir import Phase, Spec
from specc.pytorch.nn import RestrictedBoltzmann
from specc.training.boltzmann.rows import VisibleRows
from specc.training.evaluate import Evaluation, measure_all
from specc.training.faults import NotFinite
from specc.training.streams import new_generator
from specc.vocabulary.metrics import FreeEnergyGap, LogLikelihood

MOST_ROWS = 10_000
"""Rows that are measured after an epoch, spread evenly over those that there are."""
CHUNK = 1_000

Measures = dict[str, Any]


class Measuring:
    """The measures of one machine in one phase. What is estimated by lot begins anew each time from its own seed."""

    def __init__(self, spec: Spec, phase: Phase, machine: RestrictedBoltzmann, seen: VisibleRows) -> None:
        self.spec, self.phase, self.machine, self.seen = spec, phase, machine, seen
        metrics = phase.settings.metrics
        self.gap = next((m for m in metrics if isinstance(m, FreeEnergyGap)), None)
        self.likelihood = next((m for m in metrics if isinstance(m, LogLikelihood)), None)
        self.final: Any = None
        """ln Z at the end, which serves every split."""

    def of_training(self, numbers: np.ndarray, epoch: int) -> Measures:
        """Of the rows of an epoch. The likelihood is theirs only where no others are measured. Raises `NotFinite`."""
        alone = not len(self.seen.rows.dataset.rows.get("validation", ()))
        measured = self._machine(self.seen.some(numbers, MOST_ROWS), epoch, gap=False, likely=alone)
        if not math.isfinite(measured["reconstruction_error"]):
            raise NotFinite("reconstruction", identifier(self.seen.node.name))
        return self._labelled(numbers, epoch) | measured

    def of_others(self, numbers: np.ndarray, epoch: int) -> Measures:
        """Of rows that are not trained on."""
        return self._labelled(numbers, epoch) | self._machine(self.seen.some(numbers, MOST_ROWS), epoch, gap=True, likely=True)

    def at_the_end(self, numbers: np.ndarray) -> Evaluation:
        """Everything, of all rows."""
        logits, truth = self._logits(numbers)
        measured: Measures = {}
        if logits:
            measured = measure_all(self.spec, self.phase, logits, self.seen.rows.answers(numbers)[0], truth, None)
        of_training = np.isin(numbers, self._training()).all()
        measured |= self._machine(self.seen.some(numbers, len(numbers)), None, gap=not of_training, likely=True)
        return Evaluation(measured, logits, truth)

    def _training(self) -> np.ndarray:
        return rows_to_compare_with(self.spec, self.seen.rows.dataset, self.phase)

    def _machine(self, v: Tensor, epoch: int | None, gap: bool, likely: bool) -> Measures:
        measured: Measures = {"reconstruction_error": reconstruction_error(self.machine, v)}
        if self.gap is not None and gap and is_due(self.gap.every, epoch):
            other = self.seen.some(self._training(), len(v))
            measured["free_energy_gap"] = mean_free_energy(self.machine, v) - mean_free_energy(self.machine, other)
        if self.likelihood is not None and likely and is_due(self.likelihood.every, epoch):
            measured |= self._likelihood(self.likelihood, v, epoch)
        return measured

    def _likelihood(self, metric: LogLikelihood, v: Tensor, epoch: int | None) -> Measures:
        from specc.training.likelihood import estimate_log_likelihood, log_partition

        base = self.seen.some(self._training(), MOST_ROWS)
        lots, chains = new_generator(0, "likelihood"), metric.chains
        temperatures = metric.final_temperatures if epoch is None else metric.temperatures
        if epoch is None and self.final is None and self.machine.counts is None:
            self.final = log_partition(self.machine, base, lots, chains, temperatures)
        found = estimate_log_likelihood(self.machine, v, base, lots, chains, temperatures, self.final)
        measured: Measures = {"log_likelihood": found.value}
        if not found.is_exact:
            measured |= {"log_likelihood_reverse": found.reverse, "log_likelihood_error": found.error}
        return measured

    def _labelled(self, numbers: np.ndarray, epoch: int) -> Measures:
        """How well the label is answered from the other visible units."""
        logits, truth = self._logits(numbers)
        if not logits:
            return {}
        return measure_all(self.spec, self.phase, logits, self.seen.rows.answers(numbers)[0], truth, epoch)

    @torch.no_grad()
    def _logits(self, numbers: np.ndarray) -> tuple[dict[str, Tensor], dict[str, np.ndarray]]:
        label = self.seen.label
        if label is None:
            return {}, {}
        width = len(self.machine.visible_bias) - self.machine.labels
        chunks = torch.from_numpy(numbers.copy()).split(CHUNK)
        parts = [self.machine.label_logits(self.seen.batch(chunk).inputs["visible"][:, :width]) for chunk in chunks]
        return {label.column: torch.cat(parts)}, self.seen.rows.answers(numbers)[1]


def rows_to_compare_with(spec: Spec, dataset: Dataset, phase: Phase) -> np.ndarray:
    """The rows that a phase trained on; of another file, which has none of them, all that it has."""
    return training_rows(spec, dataset, phase) if "train" in dataset.rows else np.concatenate(list(dataset.rows.values()))


def is_due(every: int, epoch: int | None) -> bool:
    """Whether what is measured every so many epochs is measured now; None: at the end."""
    return epoch is None or epoch % every == 0


@torch.no_grad()
def reconstruction_error(machine: RestrictedBoltzmann, v: Tensor) -> float:
    """`mean (v − E[v | E[h | v]])²` over rows and visible units."""
    total = 0.0
    for chunk in v.split(CHUNK):
        back = machine.visible_mean(machine.hidden_mean(chunk), machine.totals(chunk))
        total += float((back - chunk).square_().sum(dtype=torch.float64))
    return total / v.numel()


@torch.no_grad()
def mean_free_energy(machine: RestrictedBoltzmann, v: Tensor) -> float:
    """The mean over rows of `F(v)`."""
    return sum(float(machine.free_energy(chunk).sum(dtype=torch.float64)) for chunk in v.split(CHUNK)) / len(v)
