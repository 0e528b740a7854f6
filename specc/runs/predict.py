"""Answers for new rows: by onnxruntime alone for the command line, by the module for Python."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from specc.data.inputs import door_inputs, raw_inputs, read_rows, rows_of, unseen_labels
from specc.diagnostics import Report, Source
from specc.door import answers, results
from specc.ir import Spec
from specc.onnx.build import build_onnx
from specc.onnx.session import NotAModel, OnnxModel
from specc.parts import part_of
from specc.runs.answers import decode_answers, table_of, table_of_features
from specc.runs.run import WEIGHTS, Run, open_run

if TYPE_CHECKING:
    import polars


class Predicted(NamedTuple):
    """A line a row; by column, how often each label that training never saw stands there (`""`: missing); further advice."""

    frame: polars.DataFrame
    unseen: dict[str, Counter[str]]
    report: Report


def open_model(path: Path, part: str | None = None) -> OnnxModel:
    """The model of an ONNX file or of a run; with `part`, of everything up to that layer."""
    if path.suffix == ".onnx":
        return OnnxModel.open(path)
    if part is None:
        return OnnxModel.open(path / "model.onnx")
    run = open_run(path)
    wanted = part_of(run.spec, part)
    try:
        content = build_onnx(wanted, run.weights)
    except KeyError as error:
        raise run.damaged(WEIGHTS, f"it lacks {error}") from None
    return OnnxModel.load(content, part)


def predict_file(model: OnnxModel, path: Path) -> Predicted:
    """Answers for the rows of a file, by onnxruntime. Raises `SpecError` for rows that do not fit."""
    report = Report(Source(str(path), ""))
    table = read_rows(path, model.spec, report)
    report.raise_errors()
    given = model.answer(raw_inputs(table, model.spec))
    return Predicted(_frame(model.spec, given), unseen_labels(table, model.spec), report)


def predict_rows(run: Run, rows: Any) -> Predicted:
    """Answers for the rows of a path, frame or dict of columns, by the run's module. Raises `SpecError`."""
    report = Report(Source("the rows", ""))
    table = read_rows(Path(rows), run.spec, report) if isinstance(rows, str | Path) else rows_of(rows, run.spec, report)
    report.raise_errors()
    logits = _logits(run, door_inputs(table, run.spec))
    return Predicted(table_of(run.spec, decode_answers(run.spec, logits)), unseen_labels(table, run.spec), report)


def _frame(spec: Spec, given: dict[str, np.ndarray]) -> polars.DataFrame:
    if answers(spec.graph):
        return table_of(spec, given)
    (name,) = results(spec.graph)
    if name not in given:
        raise NotAModel(f"the model is damaged: it describes `{name}`, which its graph does not give")
    return table_of_features(name, given[name])


def _logits(run: Run, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The logits of each target by the module, some rows at a time."""
    import torch

    from specc.memory import rows_at_once
    from specc.training.evaluate import forward
    from specc.training.rows import scaled_inputs

    outputs, size = answers(run.spec.graph), rows_at_once(run.spec)
    count = len(next(iter(inputs.values())))
    parts = []
    with torch.no_grad():
        for start in range(0, max(1, count), size):
            chunk = {name: torch.tensor(values[start : start + size]) for name, values in inputs.items()}
            parts.append(forward(run.module, scaled_inputs(run.spec, chunk), outputs))
    return {answer.column: torch.cat([part[answer.column] for part in parts]).numpy() for answer in outputs}
