"""Answers for new rows: by onnxruntime alone for the command line, by the module for Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from specc.composites import is_composite, whole_of
from specc.data.entering import masks_for
from specc.data.inputs import door_inputs, raw_inputs, read_rows, rows_of, unseen_labels
from specc.diagnostics import Report, Source
from specc.door import answers, door, results
from specc.ir import Spec
from specc.onnx.back import output_names
from specc.onnx.build import build_onnx
from specc.onnx.session import NotAModel, OnnxModel
from specc.parts import asked_part
from specc.reconstructing import is_reconstruction
from specc.runs.answers import decode_answers, given_columns, reconstructed, table_of, table_of_columns, table_of_features
from specc.runs.codes import codes_of, codes_taken, read_codes
from specc.runs.ratings.predict import predict_ratings
from specc.runs.run import WEIGHTS, Run, open_run

if TYPE_CHECKING:
    import polars
    from torch import nn

    from specc.data.ratings import RatingsDataset


class Predicted(NamedTuple):
    """A line a row; by column, how often each label that training never saw stands there (`""`: missing); further advice."""

    frame: polars.DataFrame
    unseen: dict[str, Counter[str]]
    report: Report
    blocks: dict[str, np.ndarray] | None = None
    """The columns of the frame as what they are, pictures `[rows, channels, height, width]`, where some are no single numbers."""


def open_model(path: Path, part: str | None = None) -> OnnxModel:
    """The model of an ONNX file or of a run; with `part`, of everything up to that layer."""
    if path.suffix == ".onnx":
        return OnnxModel.open(path)
    if part is None:
        return OnnxModel.open(path / "model.onnx")
    run = open_run(path)
    wanted = asked_part(run.spec, part)
    try:
        content = build_onnx(wanted, run.weights)
    except KeyError as error:
        raise run.damaged(WEIGHTS, f"it lacks {error}") from None
    return OnnxModel.load(content, part)


def predict_file(model: OnnxModel, path: Path, top: int | None = None, opened: Path | None = None) -> Predicted:
    """Answers for the rows of a file, by onnxruntime. Raises `SpecError` for rows that do not fit.

    `top`: how many items a user gets from a model of ratings. `opened`: the file or the run that the model is of.
    """
    report = Report(Source(str(path), ""))
    if model.spec.is_of_ratings:
        return predict_ratings(model, path, top, _ratings_of(opened))
    if top is not None:
        report.error("E0505", "`--top` asks a model of ratings for items, and this one answers rows", help="leave it out")
        report.raise_errors()
    noise = {name: about for name, about in model.columns.items() if about["kind"] == "noise"}
    taken = {name: tuple(about["size"]) for name, about in noise.items() if about.get("distribution") != "mask"}
    codes = read_codes(path, taken, next(iter(model.spec.graphs)), report) if taken else {}
    if not door(model.spec):
        return _of_composite(model.spec, model.answer(codes | masks_for(model.spec, _count(codes))), {}, report)
    table = read_rows(path, model.spec, report)
    report.raise_errors()
    given = model.answer(raw_inputs(table, model.spec) | codes | masks_for(model.spec, table.rows))
    if is_composite(model.spec):
        return _of_composite(model.spec, given, unseen_labels(table, model.spec), report)
    return Predicted(_frame(model.spec, given), unseen_labels(table, model.spec), report)


def _count(codes: dict[str, np.ndarray]) -> int:
    """How many rows there are codes of."""
    return len(next(iter(codes.values())))


def predict_rows(run: Run, rows: Any, part: str | None = None) -> Predicted:
    """Answers for the rows of a path, frame or dict of columns, by the run's module, or those of a part. Raises `SpecError`."""
    report = Report(Source("the rows", ""))
    if run.spec.is_of_ratings and part is None:
        return predict_ratings(open_model(run.path), rows, None, _ratings_of(run.path))
    if is_composite(run.spec):
        return _composite_rows(run, rows, whole_of(run.spec) if part is None else asked_part(run.spec, part), report)
    spec = run.spec if part is None else asked_part(run.spec, part)
    table = read_rows(Path(rows), spec, report) if isinstance(rows, str | Path) else rows_of(rows, spec, report)
    report.raise_errors()
    given = _given(spec, run.module if part is None else run.module_of(spec), door_inputs(table, spec))
    if answers(spec.graph):
        frame = table_of(spec, decode_answers(spec, given))
    else:
        ((name, values),) = given.items()
        frame = _features_frame(spec, name, values)
    return Predicted(frame, unseen_labels(table, spec), report)


def _ratings_of(path: Path | None) -> Callable[[], RatingsDataset] | None:
    """What opens the ratings that a run was trained on; None of a file, which has none."""
    if path is None or not path.is_dir():
        return None

    def opened() -> RatingsDataset:
        from specc.data.ratings import RatingsDataset
        from specc.runs.data import data_of

        dataset = data_of(open_run(path))
        assert isinstance(dataset, RatingsDataset)
        return dataset

    return opened


def _composite_rows(run: Run, rows: Any, spec: Spec, report: Report) -> Predicted:
    """What a part of a composite makes of rows, or of codes."""
    from specc.runs.composites import given_by_module

    is_path, taken, graph = isinstance(rows, str | Path), codes_taken(spec), spec.graph.name
    codes: dict[str, np.ndarray] = {}
    if taken:
        codes = read_codes(Path(rows), taken, graph, report) if is_path else codes_of(rows, taken, graph, report)
    if not door(spec):
        return _of_composite(spec, given_by_module(spec, run.module_of(spec), codes), {}, report)
    table = read_rows(Path(rows), spec, report) if is_path else rows_of(rows, spec, report)
    report.raise_errors()
    given = given_by_module(spec, run.module_of(spec), door_inputs(table, spec) | codes)
    return _of_composite(spec, given, unseen_labels(table, spec), report)


def _of_composite(spec: Spec, given: dict[str, np.ndarray], unseen: dict[str, Counter[str]], report: Report) -> Predicted:
    names = [name for outputs in output_names(spec).values() for name in outputs]
    if lost := next((name for name in names if name not in given), None):
        raise NotAModel(f"the model is damaged: it describes `{lost}`, which its graph does not give")
    columns = given_columns(spec, given)
    return Predicted(table_of_columns(columns), unseen, report, columns)


def _frame(spec: Spec, given: dict[str, np.ndarray]) -> polars.DataFrame:
    if answers(spec.graph):
        return table_of(spec, given)
    (name,) = results(spec.graph)
    (output,) = output_names(spec)[name]  # a layer that is called like a column gives its features under another name
    if output not in given:
        raise NotAModel(f"the model is damaged: it describes `{output}`, which its graph does not give")
    return _features_frame(spec, name, given[output])


def _features_frame(spec: Spec, name: str, values: np.ndarray) -> polars.DataFrame:
    """The numbers of a part that answers nothing: a reconstruction as the columns it is of."""
    return table_of_columns(reconstructed(spec, values)) if is_reconstruction(spec) else table_of_features(name, values)


def _given(spec: Spec, module: nn.Module, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a module gives, some rows at a time: the logits of each target, or of a part that answers nothing its last tensor."""
    import torch

    from specc.memory import rows_at_once
    from specc.runs.masks import Masked
    from specc.training.rows import scaled_inputs

    outputs, size = answers(spec.graph), rows_at_once(spec)
    names = [answer.column for answer in outputs] or list(results(spec.graph))
    count = len(next(iter(inputs.values())))
    masks, parts = masks_for(spec, count).values(), []
    with torch.no_grad():
        for start in range(0, max(1, count), size):
            chunk = {name: torch.tensor(values[start : start + size]) for name, values in inputs.items()}
            with Masked(torch.from_numpy(mask[start : start + size]) for mask in masks):
                given = module(**scaled_inputs(spec, chunk))
            parts.append(dict(zip(names, given if isinstance(given, tuple) else (given,))))
    return {name: torch.cat([part[name] for part in parts]).numpy() for name in names}
