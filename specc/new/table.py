"""Reads a table whose columns nobody has declared yet: its delimiter, its header, its marks of missing values."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars

from specc.data.files import Files
from specc.data.sources import Request, read_table
from specc.data.sources.csv import NUMBER, parse_numbers
from specc.data.sources.parquet import MAGIC
from specc.diagnostics import Diagnostic, Report, Source, fail
from specc.vocabulary.columns import Category, Number, is_pattern
from specc.vocabulary.sources import Csv, Parquet

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 50
MARKS = ("?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "<NA>")
"""What means a missing value in any column."""
MARKS_OF_NUMBERS = (*MARKS, "-", "--", ".", "None", "none", "missing", "unknown")
"""What means a missing value where everything else is a number."""


@dataclass
class RawColumn:
    """One column: its values as texts, `""` where missing; as float64 too, NaN where missing, if all of them are numbers."""

    name: str
    texts: np.ndarray
    numbers: np.ndarray | None = None
    is_whole: bool = False
    """Whether the file writes whole numbers, not fractions that happen to be whole."""

    @property
    def missing(self) -> np.ndarray:
        return self.texts == ""


@dataclass
class RawTable:
    """The columns that can be declared, in the order of the file, and why the others cannot."""

    rows: int
    columns: dict[str, RawColumn]
    unreadable: dict[str, str] = field(default_factory=dict)
    word: str = "csv"
    options: dict[str, str] = field(default_factory=dict)
    """The arguments of the source beside its path, as a spec writes them."""
    has_header: bool = True
    first_line: tuple[str, ...] = ()


def read_raw(path: Path) -> RawTable:
    """The table of a file. Raises `SpecError` where it cannot be read."""
    report = Report(Source(str(path), ""))
    files = Files(path.parent, None, report)
    content = files.read(path.name)
    if content.startswith(MAGIC):
        return _read_parquet(path, Request({}, files, report))
    return _read_csv(path, files.text(path.name), Request({}, files, report))


def _read_parquet(path: Path, request: Request) -> RawTable:
    try:
        schema = polars.read_parquet_schema(path)
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError):
        schema = {}  # what is wrong with the file is said by the reader below
    request.columns, unreadable = {}, {}
    for name, dtype in schema.items():
        reason = _unusable_name(name, Counter())
        if not reason and not (dtype.is_numeric() or dtype in (polars.String, polars.Boolean)):
            reason = f"{str(dtype).lower()} is no type of a column here"
        if reason:
            unreadable[name] = reason
        else:
            request.columns[name] = Number() if dtype.is_numeric() else Category()
    table = read_table(Parquet(path=path.name), request)
    raw = RawTable(table.rows, {}, unreadable, "parquet")
    for name, values in table.columns.items():
        if values.dtype == object:
            raw.columns[name] = RawColumn(name, values)
        else:
            texts = np.array(["" if np.isnan(v) else f"{v:.17g}" for v in values], dtype=object)
            raw.columns[name] = RawColumn(name, texts, values, schema[name].is_integer())
    return raw


def _read_csv(path: Path, text: str, request: Request) -> RawTable:
    delimiter = detect_delimiter(text)
    first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True), [])
    names = [name.strip(" \t") for name in first]
    header = not any(NUMBER.fullmatch(name) or name in MARKS for name in names)
    if len(names) < 2:
        message = f"{path} has one column only: `{names[0]}`" if names else f"{path} is empty"
        way_out = "a table has one column to predict and others to learn from"
        raise fail(request.report.source, Diagnostic("E0403", message, help=way_out))
    first_line = tuple(names)
    names = names if header else [f"column_{number + 1}" for number in range(len(names))]
    counts = Counter(names)
    unreadable = {name: reason for name in names if (reason := _unusable_name(name, counts))}
    request.columns = {name: Category() for name in names if name not in unreadable}
    table = read_table(Csv(path=path.name, header=header, delimiter=delimiter), request)
    raw = RawTable(table.rows, {}, unreadable, has_header=header, first_line=first_line)
    marks = find_marks({name: set(values) for name, values in table.columns.items()})
    for name, values in table.columns.items():
        texts = np.array(["" if value in marks else value for value in values], dtype=object)
        raw.columns[name] = _as_numbers(RawColumn(name, texts))
    if marks:
        raw.options["missing"] = f"[{', '.join(quoted(mark) for mark in marks)}]"
    if delimiter != ",":
        raw.options["delimiter"] = quoted(delimiter)
    if not header:
        raw.options["header"] = "false"
    return raw


def _as_numbers(column: RawColumn) -> RawColumn:
    numbers, wrong = parse_numbers(column.texts.tolist())
    if wrong or column.missing.all():
        return column
    column.numbers = numbers
    column.is_whole = all(text.lstrip("+-").isdigit() for text in set(column.texts.tolist()) - {""})
    return column


def detect_delimiter(text: str) -> str:
    """The delimiter that makes the first lines rows of one length, the longest such."""
    lines = text[: 1 << 18].split("\n", LOOKED_AT)[:LOOKED_AT]
    sample = "\n".join(lines)

    def width(delimiter: str) -> tuple[bool, int]:
        try:
            rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
            widths = {len(row) for row in rows if row}
        except csv.Error:
            return False, 0
        return (len(widths) == 1 and max(widths) > 1), max(widths, default=0)

    return max(DELIMITERS, key=width)


def find_marks(values: dict[str, set[str]]) -> list[str]:
    """The texts that mean a missing value, in the order of `MARKS_OF_NUMBERS`."""
    found: set[str] = set()
    for texts in values.values():
        present = texts & set(MARKS_OF_NUMBERS)
        others = texts - set(MARKS_OF_NUMBERS) - {""}
        is_numeric = bool(others) and all(NUMBER.fullmatch(text) for text in others)
        found |= present if is_numeric else present & set(MARKS)
    return [mark for mark in MARKS_OF_NUMBERS if mark in found]


def _unusable_name(name: str, counts: Counter[str]) -> str:
    """Why a spec cannot declare a column of this name; empty where it can."""
    if not name:
        return "it has no name in the header"
    if counts[name] > 1:
        return f"the header has this name {counts[name]} times"
    if is_pattern(name):
        return "a name with `*` is a pattern: rename it in the file"
    if name == "features":
        return "`features` means all columns: rename it in the file"
    return "" if name.isprintable() else "its name has characters that cannot be seen"


def quoted(text: str) -> str:
    """A string as a spec writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{escaped}"'
