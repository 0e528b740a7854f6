"""What a run reaches on the splits of its data, or on the rows of another file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from specc.data.inputs import read_dataset
from specc.data.ratings import RatingsDataset, asked_of
from specc.diagnostics import Report, Source
from specc.runs.data import data_of
from specc.runs.run import Run
from specc.training.evaluate import measured_rows
from specc.training.procedures import procedure_of
from specc.training.rows import rows_of

Metrics = dict[str, dict[str, Any]]


def evaluate_splits(run: Run, splits: list[str] | None = None) -> Metrics:
    """The measures of the run's own splits, those named or all that have rows. Raises `SpecError`."""
    dataset = data_of(run)
    rows = rows_of(run.spec, dataset, torch.device("cpu"))
    chosen = {name: numbers for name, numbers in measured_rows(run.spec, dataset).items() if splits is None or name in splits}
    procedure = procedure_of(run.spec, run.spec.last_phase, rows)
    return {name: procedure.evaluate(run.module, numbers).metrics for name, numbers in chosen.items()}


def evaluate_file(run: Run, path: Path) -> tuple[Metrics, Report]:
    """The measures on the rows of another file, by its name. Raises `SpecError` for rows that do not fit."""
    report = Report(Source(str(path), ""))
    known = data_of(run) if run.spec.is_of_ratings else None
    if isinstance(known, RatingsDataset):
        dataset = asked_of(path, run.spec, known, report)
    else:
        dataset = read_dataset(path, run.spec, report)
    report.raise_errors()
    rows = rows_of(run.spec, dataset, torch.device("cpu"))
    procedure = procedure_of(run.spec, run.spec.last_phase, rows)
    return {path.name: procedure.evaluate(run.module, dataset.rows["data"]).metrics}, report
