"""Rows that another run makes of noise: its generator or decoder as a source, by onnxruntime and the run's own files alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from specc.composites import entering
from specc.data.entering import CONDITIONS, distribution_of, drawn_conditions, noise_for, read_conditions
from specc.data.files import Files
from specc.data.named_runs import find_run, read_record, refuse_damaged
from specc.data.sources import Request, present_columns, reads
from specc.data.sources.blocks import as_array, as_images, as_numbers
from specc.data.table import Table
from specc.memory import free_memory, spoken_bytes
from specc.vocabulary.columns import Array, Image, Number
from specc.vocabulary.families import Column
from specc.vocabulary.sources import Samples

PARTS = {"gan": "generator", "vae": "decoder", "autoencoder": "decoder"}


@reads(Samples)
def read_samples(source: Samples, request: Request) -> Table:
    """Rows of the noise of the source's seed; conditions are drawn as the run's training rows have them.

    The run's record, its ONNX file and its conditions are files that were read: who trains on the rows has their fingerprints.
    """
    path = find_run(source.opened or source.path, request.files)
    model = _maker(path, read_record(path, request.files)["ir"], request.files)
    takes = [one for one in entering(model.spec, model.spec.graph) if one.tensor is None]
    if any(distribution_of(one) is None for one in takes):
        _refuse_codes(path, request.files)
    conditions = [name for name, about in model.columns.items() if about["kind"] != "noise"]
    _fits_into_memory(source, model, request.files)
    columns: dict[str, np.ndarray] = {}
    if conditions:
        try:
            stored = read_conditions(request.files.read(f"{path}/{CONDITIONS}"), conditions)
        except ValueError as error:
            refuse_damaged(path, f"of `{CONDITIONS}` {error}", request.files)
        columns = drawn_conditions(stored, source.count, source.seed)
    given = model.answer(noise_for(model.spec, source.count, source.seed) | columns)
    columns |= {about["column"]: given[name] for name, about in model.targets.items() if "column" in about}
    return _table(path, columns, model.spec.data.columns, request)


def _maker(path: str, ir: dict[str, Any], files: Files) -> Any:
    """The file of the run that makes rows. Refuses runs of models that make none."""
    from specc.onnx.session import NotAModel, OnnxModel

    kind = ir.get("model", {}).get("word") if isinstance(ir.get("model"), dict) else None
    kind = kind or next((word for word in PARTS if (files.folder / path / f"{PARTS[word]}.onnx").exists()), None)
    if kind not in PARTS:
        way_out = "`samples` takes the run of a `gan` or a `vae`"
        if kind in ("rbm", "dbn"):
            way_out = f"`specc sample {path} -n 1000 -o rows.csv` draws rows, which `csv(…)` then reads"
        files.refuse("E0411", f"the run {path} is of a {kind}, which makes no rows of noise", help=way_out)
    name = f"{path}/{PARTS[kind]}.onnx"
    try:
        return OnnxModel.load(files.read(name), f"its `{PARTS[kind]}.onnx`")
    except NotAModel as error:
        refuse_damaged(path, str(error), files)


def _refuse_codes(path: str, files: Files) -> None:
    message = f"the run {path} is of an autoencoder, which makes a row of a code: nothing says which codes there are"
    files.refuse("E0411", message, help="a `vae` has a distribution of codes, and so has an autoencoder with a `latent`")


def _fits_into_memory(source: Samples, model: Any, files: Files) -> None:
    """Refuses more rows than memory holds, before they are made."""
    sizes = [about.get("size", ()) for about in (*model.columns.values(), *model.targets.values())]
    bytes_of_a_row = sum(4 * int(np.prod(size)) + 4 for size in sizes)
    needed, free = source.count * bytes_of_a_row, free_memory()
    if free is not None and needed > free:
        message = f"{source.count:,} rows take {spoken_bytes(needed)}, and {spoken_bytes(max(0, free))} of memory are free"
        files.refuse("E0507", message, help="take a smaller `count`")


def _table(path: str, columns: dict[str, np.ndarray], theirs: dict[str, Column], request: Request) -> Table:
    """The declared columns among those that were made, each declared as what it is."""
    present = present_columns(path, list(columns), request)
    request.report.raise_errors()
    _are_the_same_kind(path, present, theirs, request)
    count = len(next(iter(columns.values())))
    left_out = tuple(name for name in columns if name not in present)
    table = Table(count, {}, present, lambda row: f"row {row + 1} made by {path}", left_out=left_out, opened=path)
    for name, column in present.items():
        values = _values(name, column, columns[name], request, table.place)
        if values is not None:
            table.columns[name] = values
    for name in request.fields:
        table.fields[name] = columns[name].astype(str).astype(object)
    return table


def _are_the_same_kind(path: str, present: dict[str, Column], theirs: dict[str, Column], request: Request) -> None:
    for name, column in present.items():
        if column.word != theirs[name].word:
            message = f"`{name}` is {column.word} here, and {theirs[name].word} in {path}, which makes it"
            request.wrong(name, message, help=f"declare it as `{theirs[name].word}`")
    request.report.raise_errors()


def _values(name: str, column: Column, values: np.ndarray, request: Request, place: Callable[[int], str]) -> np.ndarray | None:
    match column:
        case Image():
            return as_images(name, column, [values], request)
        case Array():
            return as_array(name, column, values, request)
        case Number():
            return as_numbers(name, values, request, place)
    return values
