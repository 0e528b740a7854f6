"""Whether an ONNX file answers as its PyTorch module does, measured on real rows before the file is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper

from specc.onnx.description import KEY
from specc.onnx.session import OnnxModel, open_session

BOUND = 64 * float(np.finfo(np.float32).eps)
"""The largest difference allowed, as a share of the largest logit."""
LARGER = 64
"""The rows of the larger batch, where there are as many."""
SMALL_BATCHES = 8
"""Batches of one row, and of two, that are measured."""

Reference = Callable[[np.ndarray], tuple[np.ndarray, ...]]
"""The logits `[rows, units]` of each output for rows by their numbers, by PyTorch in one batch."""


class Disagreement(Exception):
    """The ONNX file does not answer as PyTorch does; `record` holds what was measured."""

    def __init__(self, message: str, record: dict[str, Any]) -> None:
        super().__init__(message)
        self.record = record


def measure(model: bytes, raw: dict[str, np.ndarray], reference: Reference) -> dict[str, Any]:
    """The record of the comparison, for `export.json`. Raises `Disagreement`.

    `raw` holds real rows, a column each, as the file takes them. Compared are the logits of the very file with its logits
    laid open, at batch 1, 2 and a larger one, and the labels that the file itself gives, outside ties.
    """
    count = len(next(iter(raw.values())))
    answers = json.loads(_properties(model)[KEY])["answers"]
    opened = open_session(_with_outputs(model, [answer["logits"] for answer in answers.values()]))
    closed = OnnxModel.load(model)
    record: dict[str, Any] = {"bound": "64 * eps * scale", "rows": count, "batches": [], "outputs": {}}
    measured: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {column: [] for column in answers}
    for size in sorted({1, min(2, count), min(LARGER, count)}):
        record["batches"].append(size)
        starts = range(0, count, size) if size > 2 else range(0, min(count, SMALL_BATCHES * size), size)
        for start in starts:
            numbers = np.arange(start, min(start + size, count))
            feeds = {name: column[numbers] for name, column in raw.items()}
            found = opened.run([answer["logits"] for answer in answers.values()], feeds)
            given = closed.answer(feeds)
            for column, ours, theirs in zip(answers, found, reference(numbers)):
                measured[column].append((np.asarray(ours), np.asarray(theirs), given[column]))
    wrong = []
    for column, answer in answers.items():
        ours, theirs, given = (np.concatenate(parts) for parts in zip(*measured[column]))
        record["outputs"][column] = compared = _compare(ours, theirs, given, answer)
        if answer["kind"] == "error" and "difference" in compared:
            compared["allowed"] = _allowed_of_error(compared["scale"], _scale_of(answer["of"], answers, record["outputs"]))
        if "difference" not in compared:
            wrong.append(f"`{column}`: {compared['fault']}")
        elif compared["difference"] > compared["allowed"]:
            wrong.append(f"`{column}`: logits up to {compared['scale']:.6g} differ by {compared['difference']:.3g}")
        elif compared.get("labels_differ"):
            wrong.append(f"`{column}`: {compared['labels_differ']} labels differ")
    if wrong:
        raise Disagreement(f"ONNX and PyTorch disagree on {'; '.join(wrong)}", record)
    return record


def _compare(ours: np.ndarray, theirs: np.ndarray, given: np.ndarray, answer: dict[str, Any]) -> dict[str, Any]:
    """What is measured of one output over all rows; a `fault` where there is nothing to measure.

    Chances are as exact as numbers up to 1 can be: of those next to 0 onnxruntime keeps no digits. So are the scores of labels,
    whose differences are all that chances are made of: next to 0 they are what larger numbers leave of one another.
    """
    labels: list[str] | None = answer.get("labels")
    if "place" in answer and ours.shape == theirs.shape:  # the numbers of one column among those of several
        ours, theirs = (x.reshape(len(x), -1)[:, slice(*answer["place"])] for x in (ours, theirs))
    if ours.shape != theirs.shape:
        return {"fault": f"the logits of ONNX are {list(ours.shape)}, those of PyTorch {list(theirs.shape)}"}
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return {"fault": "not all logits are finite numbers"}
    difference = float(np.abs(ours.astype(np.float64) - theirs).max(initial=0.0))
    scale = float(np.abs(theirs).max(initial=1.0 if answer.get("chances") or labels else 0.0))
    allowed = BOUND * scale
    record: dict[str, Any] = {"difference": difference, "allowed": allowed, "scale": scale}
    if labels is None:
        return record
    scores = np.concatenate([np.zeros_like(theirs), theirs], axis=1) if theirs.shape[1] == 1 else theirs
    ordered = np.sort(scores, axis=1)
    ties = ordered[:, -1] - ordered[:, -2] <= 2 * allowed
    expected = np.array(labels, dtype=object)[scores.argmax(axis=1)]
    return record | {"labels_differ": int((given != expected)[~ties].sum()), "ties": int(ties.sum())}


def _scale_of(logits: str, answers: dict[str, Any], measured: dict[str, Any]) -> float:
    """The largest of the numbers that an error is taken of, as far as it is known of them."""
    return max((measured[name].get("scale", 1.0) for name, one in answers.items() if one["logits"] == logits), default=1.0)


def _allowed_of_error(error: float, scale: float) -> float:
    """How far the mean square of differences may be off, where each difference d may be by δ: `2 δ √mean(d²) + δ²`.

    A row may be rebuilt exactly, and then its error is all that the digits of larger numbers leave.
    """
    apart = BOUND * max(1.0, scale)
    return 2 * apart * error**0.5 + apart**2 + BOUND * error


def _properties(model: bytes) -> dict[str, str]:
    return {entry.key: entry.value for entry in ModelProto.FromString(model).metadata_props}


def _with_outputs(model: bytes, tensors: list[str]) -> bytes:
    """The file with some of its inner tensors as further outputs."""
    proto = ModelProto.FromString(model)
    proto.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in tensors)
    return proto.SerializeToString()
