"""The training rows whose features are nearest to those of new rows: by bits that differ, where features are bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from specc.composites import is_noise
from specc.data.inputs import raw_inputs, read_rows, rows_of, unseen_labels
from specc.data.ratings import RatingsDataset
from specc.diagnostics import Report, Source
from specc.door import door
from specc.ir import Spec
from specc.onnx.session import OnnxModel
from specc.parts import NoSuchPart, asked_part
from specc.runs.answers import table_of_columns
from specc.runs.data import data_of
from specc.runs.predict import Predicted, open_model

if TYPE_CHECKING:
    from specc.data.dataset import Dataset
    from specc.data.table import Table
    from specc.runs.run import Run

NEAR, MOST_OF_THEM = 0.1, 0.9
"""Features are bits where so many of their numbers are this near to 0 or 1."""
AT_ONCE = 4_000_000
"""Distances that are worked out at once."""


class Neighbors(NamedTuple):
    """A line a row, and how far apart features were taken to be."""

    predicted: Predicted
    told: str


def nearest_rows(run: Run, rows: Any, count: int, part: str | None = None) -> Neighbors:
    """For each row of a path, frame or dict of columns the `count` nearest training rows, the nearest first, equally near ones in
    their order: `nearest_1`, the row's number in the run's data counted from 1, `distance_1`, and its labels, `digit_1`.

    Distances are Euclidean, or of bits the number of those that differ; `code` is then the row's own. Raises `NoSuchPart`.
    """
    part = part or _usual_part(run.spec)
    _is_of_rows(run.spec, part)
    model = open_model(run.path, part)
    dataset = data_of(run)
    assert not isinstance(dataset, RatingsDataset)
    numbers = dataset.rows["train"]
    known = _features(model, dataset.table.taken(numbers))
    report = Report(Source(str(rows) if isinstance(rows, str | Path) else "the rows", ""))
    is_path = isinstance(rows, str | Path)
    table = read_rows(Path(rows), model.spec, report) if is_path else rows_of(rows, model.spec, report)
    report.raise_errors()
    asked = _features(model, table)
    columns: dict[str, np.ndarray] = {}
    share = float((np.minimum(np.abs(known), np.abs(known - 1)) <= NEAR).mean())
    bits = share >= MOST_OF_THEM
    if bits:
        known, asked = known.round(), asked.round()
        columns["code"] = np.array(["".join("01"[int(bit)] for bit in row) for row in asked], dtype=object)
    distances, places = _nearest(asked, known, min(count, len(known)), bits)
    for place in range(places.shape[1]):
        found = numbers[places[:, place]]
        columns |= {f"nearest_{place + 1}": found + 1, f"distance_{place + 1}": distances[:, place]}
        columns |= {f"{name}_{place + 1}": values[found] for name, values in _labels(dataset, run.spec).items()}
    width = known.shape[1]
    told = f"distances count the bits that differ, of {width:,}" if bits else f"distances are Euclidean, of {width:,} numbers"
    return Neighbors(Predicted(table_of_columns(columns), unseen_labels(table, model.spec), report), told)


def _usual_part(spec: Spec) -> str:
    if "encoder" in spec.graphs:
        return "encoder"
    layer = "discriminator.dense_1" if "discriminator" in spec.graphs else "dense_1"
    raise NoSuchPart(f"`{spec.name}` has no encoder", f"name the layer whose features are compared, as in `--part {layer}`")


def _is_of_rows(spec: Spec, part: str) -> None:
    """A generator or decoder has features of noise or codes, and none of rows. Raises `NoSuchPart`."""
    begins = next((node.name for node in asked_part(spec, part).graph.nodes if is_noise(node)), None)
    if begins is not None:
        whole = next((name for name in ("encoder", "discriminator") if name in spec.graphs), "encoder")
        raise NoSuchPart(
            f"`{part}` begins with `{begins}`, and has no features of rows", f"take a layer of the {whole}: `{whole}.…`"
        )


def _features(model: OnnxModel, table: Table) -> np.ndarray:
    """`[rows, numbers]` of the first output of a part."""
    name, about = next(iter(model.targets.items()))
    if about["kind"] != "features":
        raise NoSuchPart(f"`{model.name}` answers, and gives no features", "name a layer before it")
    given = model.answer(raw_inputs(table, model.spec))[name]
    return given.reshape(len(given), -1).astype(np.float64)


def _labels(dataset: Dataset, spec: Spec) -> dict[str, np.ndarray]:
    """The categories that the data declares and no network reads: what neighbors are known as."""
    read = {name for tensor in door(spec) for name in tensor.columns}
    declared = dataset.table.declared
    return {n: dataset.table.columns[n] for n, c in declared.items() if c.word == "category" and n not in read}


def _nearest(asked: np.ndarray, known: np.ndarray, count: int, bits: bool) -> tuple[np.ndarray, np.ndarray]:
    """Distances and places among the known, each `[rows, count]`."""
    squares = (known**2).sum(axis=1)
    distances, places = [], []
    size = max(1, AT_ONCE // len(known))
    for start in range(0, len(asked), size):
        chunk = asked[start : start + size]
        apart = squares - 2 * chunk @ known.T  # less the square of the row itself, which is the same for all
        chosen = np.argsort(apart.round(9) if bits else apart, axis=1, kind="stable")[:, :count]
        exact = ((chunk[:, None, :] - known[chosen]) ** 2).sum(axis=2)
        distances.append(exact.round().astype(np.int64) if bits else np.sqrt(exact))
        places.append(chosen)
    return np.concatenate(distances), np.concatenate(places)
