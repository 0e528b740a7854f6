"""Rows to be answered: files of other rows than those of the spec, prepared as the training rows were."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from specc.data.dataset import Dataset
from specc.data.files import Files
from specc.data.frames import columns_of
from specc.data.prepare import door_tensors, label_indices
from specc.data.sources import Request, read_table
from specc.data.table import Table, count_of, first_rows
from specc.diagnostics import Report, listing
from specc.door import door
from specc.ir import CategoryFit, NumberFit, Spec
from specc.vocabulary.columns import Category, Image, Number
from specc.vocabulary.families import Column, Source
from specc.vocabulary.sources import Csv, Idx, Images, Npz, Parquet


def read_rows(path: Path, spec: Spec, report: Report, targets: bool = False) -> Table:
    """The rows of any file that the spec's source reads, of a table, an idx or npz file, a picture, or a folder of pictures.

    Only what the networks read is looked for, and with `targets` what they answer. A missing number that nothing
    fills in is an error; a missing category is unseen. Raises `SpecError`.
    """
    assert spec.data is not None
    columns, source = _wanted(spec, targets), spec.data.source
    if isinstance(source, Csv) and not source.header:
        columns = dict(spec.data.columns)  # without a header a column is known by its place among all
    optional = frozenset() if targets else frozenset(spec.data.target)
    table = read_columns(path, columns, report, source, optional)
    _numbers_are_there(table, spec, report)
    report.raise_errors()
    return table


def rows_of(rows: Any, spec: Spec, report: Report, targets: bool = False) -> Table:
    """The rows of a frame (polars or pandas), or of columns by name, as `read_rows` has them. Raises `SpecError`."""
    assert spec.data is not None
    marks = spec.data.source.missing if isinstance(spec.data.source, Csv) else ()
    table = columns_of(rows, _wanted(spec, targets), report, marks)
    _numbers_are_there(table, spec, report)
    report.raise_errors()
    return table


def _wanted(spec: Spec, targets: bool) -> dict[str, Column]:
    """The columns that the networks read, and with `targets` those that they answer."""
    assert spec.data is not None
    wanted = {name for tensor in door(spec) for name in tensor.columns} | (set(spec.data.target) if targets else set())
    return {name: column for name, column in spec.data.columns.items() if name in wanted}


def read_columns(
    path: Path, columns: dict[str, Column], report: Report, source: Source | None = None, optional: frozenset[str] = frozenset()
) -> Table:
    """Columns of any file of rows. `source` is that of the spec, whose options hold for a file of its kind."""
    files = Files(Path("."), None, report)
    marks = source.missing if isinstance(source, Csv) else ()
    request = Request(columns, files, report, optional=optional, marks=marks)
    found = files.find(str(path))
    if found.is_dir():
        from specc.data.sources.idx import holds_idx_files

        return read_table(Idx(path=str(path)), request) if holds_idx_files(found) else _pictures(path, request)
    content = files.unpacked(str(path))
    if content.startswith(b"PAR1"):
        return read_table(Parquet(path=str(path)), request)
    if zipfile.is_zipfile(io.BytesIO(content)):
        return read_table(Npz(path=str(path)), request)
    if content.startswith(b"\x00\x00\x08"):
        return _idx_images(path, request)
    if _is_picture(path, content):
        return _pictures(path, request)
    options = source if isinstance(source, Csv) else Csv(path=str(path))
    return read_table(options.model_copy(update={"path": str(path)}), request)


def _is_picture(path: Path, content: bytes) -> bool:
    from specc.data.sources.images import SUFFIXES

    known = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")
    return path.suffix.lower() in SUFFIXES or (content.startswith(known) and b"\x00" in content[:64])


def _only_image(path: Path, request: Request) -> tuple[str, Image]:
    """The column that pictures fill: the only one asked for."""
    needed = {name: column for name, column in request.columns.items() if name not in request.optional}
    image = next(((name, column) for name, column in needed.items() if isinstance(column, Image)), None)
    others = [name for name in needed if image is None or name != image[0]]
    if image is None:
        request.refuse("E0404", f"`{path}` is a picture, and the model takes {listing(others, 'and')}", help="give it a table")
    if others:
        request.refuse(
            "E0404",
            f"a picture gives `{image[0]}` alone, and {listing(others, 'and')} is missing",
            help="give the rows as an npz file with an array a column",
        )
    return image


def _pictures(path: Path, request: Request) -> Table:
    """One picture, or all pictures of a folder in the order of their paths."""
    from specc.data.sources.images import find_pictures, load_pictures

    if path.is_dir() and any(
        isinstance(column, Category) for name, column in request.columns.items() if name not in request.optional
    ):
        return read_table(Images(path=str(path)), request)  # what is to be answered is told by the folders' names
    name, column = _only_image(path, request)
    paths = [found.as_posix() for found, _, _ in find_pictures(path)] if path.is_dir() else [str(path)]
    if not paths:
        request.refuse("E0403", f"`{path}` has no pictures")
    pictures = load_pictures(paths, column.size, request)
    return Table(len(paths), {name: pictures}, {name: column}, lambda row: paths[row])


def _idx_images(path: Path, request: Request) -> Table:
    from specc.data.sources.blocks import as_images
    from specc.data.sources.idx import parse_idx

    name, column = _only_image(path, request)
    pictures = as_images(name, column, [parse_idx(request.files, str(path))], request)
    request.report.raise_errors()
    assert pictures is not None
    pictures = pictures.copy()  # what was read off the file's own bytes cannot be written, and torch warns of such arrays
    return Table(len(pictures), {name: pictures}, {name: column}, lambda row: f"picture {row + 1} of {path}")


def _numbers_are_there(table: Table, spec: Spec, report: Report) -> None:
    assert spec.bound is not None
    read = {name for tensor in door(spec) for name in tensor.columns}
    for name, column in table.declared.items():
        fit = spec.bound.fits.get(name)
        if name not in read or not isinstance(column, Number) or not isinstance(fit, NumberFit) or fit.impute is not None:
            continue
        missing = np.flatnonzero(table.is_missing(name))
        if len(missing):
            message = f"`{name}` is missing in {count_of(len(missing), 'row')}, and the model does not fill it in"
            report.error(
                "E0405", message, notes=first_rows(table.place, missing.tolist()), help="a spec whose column says `impute` does"
            )


def door_inputs(table: Table, spec: Spec) -> dict[str, np.ndarray]:
    """The tensors that enter the networks (see `specc.door`); images as they are, 0…255."""
    return door_tensors(table.columns, spec)


def raw_inputs(table: Table, spec: Spec) -> dict[str, np.ndarray]:
    """What the ONNX file takes, by column: numbers with NaN and labels with `""` for missing, images as bytes."""
    return {name: table.columns[name] for tensor in door(spec) for name in tensor.columns}


def unseen_labels(table: Table, spec: Spec) -> dict[str, Counter[str]]:
    """How often each label that training never saw stands in a column that the networks read; `""` for missing ones."""
    assert spec.bound is not None
    unseen: dict[str, Counter[str]] = {}
    for name in raw_inputs(table, spec):
        fit = spec.bound.fits[name]
        if isinstance(fit, CategoryFit):
            counts = Counter(table.columns[name][label_indices(table.columns[name], fit) < 0].tolist())
            if counts:
                unseen[name] = counts
    return unseen


def read_dataset(path: Path, spec: Spec, report: Report) -> Dataset:
    """Other rows with their targets, all in the set `data`. A target that the model cannot answer is an error."""
    from specc.data.bind import target_arrays

    assert spec.data is not None and spec.bound is not None
    table = read_rows(path, spec, report, targets=True)
    for name in spec.data.target:
        fit, missing = spec.bound.fits[name], np.flatnonzero(table.is_missing(name)).tolist()
        if missing:
            message = f"the target `{name}` is missing in {count_of(len(missing), 'row')}"
            report.error(
                "E0405", message, notes=first_rows(table.place, missing), help="`specc predict` answers rows without a target"
            )
        elif isinstance(fit, CategoryFit):
            unknown = np.flatnonzero(label_indices(table.columns[name], fit) < 0)
            if len(unknown):
                labels = sorted(set(table.columns[name][unknown]))
                message = f"the target `{name}` has labels that the model does not know: {listing(labels[:5], 'and')}"
                report.error(
                    "E0406",
                    message,
                    notes=first_rows(table.place, unknown.tolist()),
                    help=f"it knows {listing(fit.labels[:12], 'and')}",
                )
    report.raise_errors()
    targets, truth = target_arrays(table.columns, spec)
    return Dataset(door_inputs(table, spec), targets, truth, {"data": np.arange(table.rows)}, table)
