"""Tables as text: Python's `csv` for the structure, one strict reading of numbers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from specc.data.sources import Request, present_columns, reads, shown
from specc.data.table import Table, count_of, first_rows, texts
from specc.vocabulary.columns import Category, Number, fits_pattern, is_pattern
from specc.vocabulary.families import Column
from specc.vocabulary.sources import Csv

NUMERALS = b"0123456789+-.eE"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
Record = list[str]


@reads(Csv)
def read_csv(source: Csv, request: Request) -> Table:
    """A line with nothing on it is no row. What is left of a file after `skip` begins with the header, if it has one."""
    for name, column in request.columns.items():
        if not isinstance(column, Number | Category):
            message = f"a table as text has numbers and categories, and `{name}` is {column.word}"
            request.wrong(name, message, help="pictures come from `images`, `idx` or `npz`, arrays from `npz` or `parquet`")
    request.report.raise_errors()
    if source.delimiter in '"\r\n':
        request.refuse("E0203", "this `delimiter` cannot separate fields", help='as in `delimiter = ";"` or `delimiter = "\\t"`')
    records, lines = read_records(source, request)
    names = _names(source, request, records)
    _header_is_meant(source, request, names)
    body, lines = (records[1:], lines[1:]) if source.header else (records, lines)
    if not body:
        request.refuse(
            "E0403",
            f"`{source.path}` has no rows" + (" below its header" if records else ""),
            help="is it the file that is meant?",
        )
    _rows_have_one_length(source, request, names, body, lines)
    present = present_columns(source.path, names, request)
    _names_are_unique(source, request, names, present)
    request.report.raise_errors()

    def place(row: int) -> str:
        return f"line {lines[row]} of {source.path}"

    table = Table(len(body), {}, present, place, left_out=tuple(name for name in names if name not in present))
    marks = {mark.strip(" \t") if source.trim else mark for mark in source.missing}
    fields = dict(zip(names, zip(*body)))
    for name, column in present.items():
        values = _trimmed(fields[name], source, marks)
        table.columns[name] = texts(values) if isinstance(column, Category) else _numbers(name, values, request, place)
    for name in request.fields:
        table.fields[name] = texts(_trimmed(fields[name], source, marks))
    return table


def read_records(source: Csv, request: Request) -> tuple[list[Record], Sequence[int]]:
    """The records of the file, and the line on which each begins."""
    text = request.files.text(source.path)
    try:
        reader = _reader(text, source)
        records = list(reader)
    except csv.Error:
        return _read_line_by_line(text, source, request)
    if reader.line_num == len(records) and all(records):
        return records, range(source.skip + 1, source.skip + 1 + len(records))
    return _read_line_by_line(text, source, request)


def _reader(text: str, source: Csv):  # a csv reader's type has no public name
    stream = io.StringIO(text, newline="")
    for _ in range(source.skip):
        stream.readline()
    return csv.reader(stream, delimiter=source.delimiter, strict=True, skipinitialspace=source.trim)


def _read_line_by_line(text: str, source: Csv, request: Request) -> tuple[list[Record], list[int]]:
    """Where fields go over several lines, lines are empty or something is wrong: each record beside its line."""
    reader = _reader(text, source)
    records: list[Record] = []
    lines: list[int] = []
    line = source.skip + 1
    try:
        for record in reader:
            if record:
                records.append(record)
                lines.append(line)
            line = source.skip + reader.line_num + 1
    except csv.Error as error:
        message = f"`{source.path}` is no table: {_explained(error)} in the row that begins in line {line}"
        request.refuse("E0402", message, help="a quote inside a field is written twice")
    return records, lines


def _explained(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote is opened and not closed"
    if "field limit" in str(error):
        return f"a field has more than {csv.field_size_limit():,} characters (is a quote not closed?)"
    if "expected after" in str(error):
        return "text follows a closing quote"
    return str(error)


def _names(source: Csv, request: Request, records: list[Record]) -> list[str]:
    if source.header:
        return [name.strip(" \t") if source.trim else name for name in records[0]] if records else []
    patterns = [name for name in request.columns if is_pattern(name)]
    if patterns:
        request.refuse(
            "E0404",
            f"`{patterns[0]}` cannot be looked up in a table without a header",
            help="name each column, in the order of the file",
        )
    names = list(request.columns)
    without = [name for name in names if name not in request.optional]
    return without if records and len(records[0]) == len(without) else names


def _rows_have_one_length(source: Csv, request: Request, names: list[str], body: list[Record], lines: Sequence[int]) -> None:
    width = len(names)
    if set(map(len, body)) == {width}:
        return
    rows = [row for row, record in enumerate(body) if len(record) != width]
    note = "\n".join(f"line {lines[row]} has {count_of(len(body[row]), 'field')}" for row in rows[:3])
    note += f"\nand {len(rows) - 3:,} more" if len(rows) > 3 else ""
    what = f"its header has {count_of(width, 'name')}" if source.header else f"`columns` declares {width}"
    message = (
        f"{count_of(len(rows), 'row')} of `{source.path}` {'has' if len(rows) == 1 else 'have'} another number of fields: {what}"
    )
    way_out = "a field that holds the delimiter stands in quotes; lines above the header are left out with `skip = 1`"
    if not source.header and len(rows) == len(body):
        way_out = "without a header, declare every column of the file, in its order"
    request.refuse("E0402", message, notes=(note,), help=way_out)


def _names_are_unique(source: Csv, request: Request, names: list[str], present: dict[str, Column]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1 and (name in present or name in request.fields)]
    for name in twice:
        places = [str(place) for place, other in enumerate(names, 1) if other == name]
        message = (
            f"`{source.path}` has {len(places)} columns called `{name}`: the fields {', '.join(places[:-1])} and {places[-1]}"
        )
        request.report.error("E0402", message, request.span(name), help="give each a name of its own in the file's header")


def _header_is_meant(source: Csv, request: Request, names: list[str]) -> None:
    """Where the first line has none of the declared columns, says what it looks like instead."""
    if not source.header or not names:
        return
    wanted = any(d in names or (is_pattern(d) and any(fits_pattern(name, d) for name in names)) for d in request.columns)
    if wanted and looks_like_a_row(names) and not set(names) & set(request.columns):
        message = f"the first line of `{source.path}` is like a row and no header: it has {shown(names)}"
        request.refuse(
            "E0404", message, help="`header = false` reads it as a row; then name each column, in the order of the file"
        )
    if wanted and len(names) > 1:
        return
    other = next((d for d in (";", "\t", "|", ",") if d != source.delimiter and len(names) == 1 and d in names[0]), None)
    message = f"the first line of `{source.path}` names none of the columns: it has {shown(names)}"
    if other is not None:
        written = "\\t" if other == "\t" else other
        request.refuse("E0404", message, help=f'the file separates its fields otherwise: `delimiter = "{written}"`')
    if not wanted and any(NUMBER.fullmatch(name) for name in names):
        request.refuse("E0404", message, help="`header = false` reads the first line as a row")


def looks_like_a_row(names: list[str]) -> bool:
    """Whether all are numbers as no header has them: some negative or twice. Years and wavelengths are neither."""
    numbers = all(NUMBER.fullmatch(name) for name in names)
    return numbers and (len(set(names)) < len(names) or any(name.startswith("-") for name in names))


def _trimmed(values: Sequence[str], source: Csv, marks: set[str]) -> Sequence[str]:
    """One field of all rows, `""` where it is missing."""
    joined = "".join(values) if source.trim else ""
    if " " in joined or "\t" in joined:
        values = [value.strip(" \t") for value in values]
    if marks:
        values = ["" if value in marks else value for value in values]
    return values


def parse_numbers(values: Sequence[str]) -> tuple[np.ndarray, list[int]]:
    """Texts as float64, NaN for empty ones; and the rows that hold no number: decimals and exponents are, `inf` is not."""
    if not "".join(values).encode().translate(None, NUMERALS):
        try:
            numbers = np.fromiter(map(float, [value or "nan" for value in values]), dtype=np.float64, count=len(values))
        except ValueError:
            pass
        else:
            return numbers, np.flatnonzero(np.isinf(numbers)).tolist()
    numbers = np.full(len(values), np.nan)
    wrong = []
    for row, value in enumerate(values):
        if NUMBER.fullmatch(value):
            numbers[row] = float(value)
        if value and not np.isfinite(numbers[row]):
            wrong.append(row)
    return numbers, wrong


def _numbers(name: str, values: Sequence[str], request: Request, place: Callable[[int], str]) -> np.ndarray:
    numbers, wrong = parse_numbers(values)
    if not wrong:
        return numbers
    found = [values[row] for row in wrong]
    kinds = sorted(set(found))
    way_out = "mend these rows, or declare the column as `category`"
    without_digits = not any(character.isdigit() for kind in kinds for character in kind)
    if without_digits and len(wrong) == len(values):
        way_out = "declare the column as `category`"
    elif without_digits and len(kinds) <= 3:
        listed = ", ".join(f'"{kind}"' for kind in kinds)
        way_out = f"where this marks a missing value, say so in the source: `missing = [{listed}]`"
    elif all(NUMBER.fullmatch(kind) for kind in kinds):
        way_out = "it is too large for a number of 64 bits"
    elif all(NUMBER.fullmatch(kind.replace(",", ".", 1)) for kind in kinds):
        way_out = "a decimal is written with a point: `1.5`"
    elif all(NUMBER.fullmatch(re.sub(r"[,_ ']", "", kind)) for kind in kinds):
        way_out = "a number is written without marks between its digits: `1000`"
    elif all(NUMBER.fullmatch(kind.strip()) for kind in kinds):
        way_out = "`trim = true` takes the spaces off"
    one = len(wrong) == 1
    message = f"`{name}` is a number, and {count_of(len(wrong), 'row')} {'holds' if one else 'hold'} something else"
    request.wrong(name, message, notes=first_rows(place, wrong, found), help=way_out)
    return numbers
