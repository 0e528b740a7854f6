"""Rows of codes or noise, which a decoder or generator makes rows of: numbers of a table, `code_0`, `code_1`, …, or an array."""

from __future__ import annotations

import contextlib
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from specc.composites import entering, shape_entering
from specc.data.frames import WHERE, columns_of
from specc.data.inputs import read_columns
from specc.data.table import Table, count_of, first_rows
from specc.diagnostics import Report, Source, SpecError, listing
from specc.ir import Spec
from specc.vocabulary.columns import Array, Number
from specc.vocabulary.families import Column

Taken = dict[str, tuple[int, ...]]
"""By name the size of each."""


def codes_taken(spec: Spec) -> Taken:
    """What a spec of one graph takes beside columns, by name, and the size of each."""
    return {one.name: shape_entering(spec, one).dimensions() for one in entering(spec, spec.graph) if one.tensor is None}


def read_codes(path: Path, taken: Taken, part: str, report: Report) -> dict[str, np.ndarray]:
    """Those of a file that a part takes, float32 `[rows, …]` by name. Raises `SpecError` where it lacks some."""
    names = _names_in(path)
    columns = _columns_of(taken, names, f"`{path}`", part, report)
    return _joined(read_columns(path, columns, report), taken, names, report)


def codes_of(rows: Any, taken: Taken, part: str, report: Report) -> dict[str, np.ndarray]:
    """Those of a frame, or of a dict of columns. Raises `SpecError`."""
    names = [str(name) for name in (rows.columns if hasattr(rows, "columns") else rows)]
    columns = _columns_of(taken, names, WHERE, part, report)
    return _joined(columns_of(rows, columns, report), taken, names, report)


def _columns_of(taken: Taken, names: Sequence[str], where: str, part: str, report: Report) -> dict[str, Column]:
    """The columns that hold the numbers, each there."""
    columns: dict[str, Column] = {}
    for name, size in taken.items():
        own = _columns(name, size, names)
        if names and not set(own) <= set(names):
            lacking = next(column for column in own if column not in names)
            has = "have" if where == WHERE else "has"
            message = f"{where} {has} no column `{lacking}`: the {part} makes rows of {_spoken(name, math.prod(size))}"
            way_out = "`specc predict RUN ROWS --part encoder` writes them" if part == "decoder" else "`specc sample` draws them"
            report.error("E0404", message, help=way_out)
        columns |= own
    report.raise_errors()
    return columns


def _spoken(name: str, count: int) -> str:
    names = [f"{name}_{index}" for index in range(count)]
    return listing(names, "and") if count <= 3 else f"`{names[0]}` to `{names[-1]}`"


def _names_in(path: Path) -> list[str]:
    """The columns of a table; what is wrong with the file is said when it is read."""
    if path.is_file() and zipfile.is_zipfile(path):
        with contextlib.suppress(ValueError, OSError, EOFError, zipfile.BadZipFile), np.load(path, allow_pickle=False) as arrays:
            return list(arrays.files)
        return []
    try:
        return list(read_columns(path, {}, Report(Source(str(path), ""))).left_out)
    except SpecError:
        return []


def _columns(name: str, size: tuple[int, ...], names: Sequence[str]) -> dict[str, Column]:
    if name in names:
        return {name: Array(size=size)}
    return {column: Number() for column in _numbered(name, math.prod(size), names)}


def _numbered(name: str, count: int, names: Sequence[str]) -> list[str]:
    """`code_0`, `code_1`, …; or those of another name where the table has so many of one: features are called as their layer."""
    own = [f"{name}_{index}" for index in range(count)]
    if own[0] in names:
        return own
    stems = [found[1] for column in names if (found := re.fullmatch(r"(.+)_0", column))]
    fitting = [
        stem for stem in stems if sum(re.fullmatch(rf"{re.escape(stem)}_\d+", column) is not None for column in names) == count
    ]
    return [f"{fitting[0]}_{index}" for index in range(count)] if len(fitting) == 1 else own


def _joined(table: Table, taken: Taken, names: Sequence[str], report: Report) -> dict[str, np.ndarray]:
    for name in table.columns:
        missing = np.flatnonzero(table.is_missing(name)).tolist()
        if missing:
            message = f"`{name}` is missing in {count_of(len(missing), 'row')}"
            report.error("E0405", message, notes=first_rows(table.place, missing), help="a code is made of all its numbers")
    report.raise_errors()
    values, found = table.columns, {}
    for name, size in taken.items():
        if name in values:
            found[name] = values[name].astype(np.float32)
        else:
            numbers = [values[column] for column in _numbered(name, math.prod(size), names)]
            found[name] = np.stack(numbers, axis=1).astype(np.float32).reshape(-1, *size)
    return found
