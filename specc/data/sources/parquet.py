"""Tables in Apache Parquet, read by polars."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import polars

from specc.data.sources import Request, present_columns, reads
from specc.data.table import Table, count_of, first_rows, texts
from specc.vocabulary.columns import Array, Category, Image, Number
from specc.vocabulary.families import Column
from specc.vocabulary.sources import Parquet

MAGIC = b"PAR1"
Place = Callable[[int], str]
R = TypeVar("R")


@reads(Parquet)
def read_parquet(source: Parquet, request: Request) -> Table:
    """A number takes integers, floats, decimals and booleans (0 and 1); a category texts, integers and booleans.

    An array or image takes lists, nested or flat, of as many numbers as it has.
    """
    content = request.files.read(source.path)
    if not content.startswith(MAGIC):
        request.refuse("E0402", f"`{source.path}` is no Parquet file", help="a table as text is read by `csv(…)`")
    if not content.endswith(MAGIC):
        request.refuse("E0402", f"`{source.path}` is cut off: a Parquet file ends as it begins", help="copy or download it again")
    names = _unbroken(lambda: list(polars.read_parquet_schema(io.BytesIO(content))), source, request)
    present = present_columns(source.path, names, request)
    request.report.raise_errors()
    wanted = list(dict.fromkeys([*present, *request.fields]))
    frame = _unbroken(lambda: polars.read_parquet(io.BytesIO(content), columns=wanted), source, request)

    def place(row: int) -> str:
        return f"row {row + 1} of {source.path}"

    table = Table(frame.height, {}, present, place, left_out=tuple(name for name in names if name not in present))
    for name, column in present.items():
        values = _values(name, column, frame[name], request, place)
        if values is not None:
            table.columns[name] = values
    for name in request.fields:
        table.fields[name] = texts("" if value is None else _text(value) for value in frame[name].to_list())
    return table


def _unbroken(read: Callable[[], R], source: Parquet, request: Request) -> R:
    """What `read` gives; a file that breaks the reader, which it can in any way, is reported."""
    try:
        return read()
    except (Exception, polars.exceptions.PanicException) as error:
        reason = (str(error).splitlines() or [""])[0]
        request.refuse("E0402", f"`{source.path}` is damaged: {reason}", help="copy or download it again")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(name: str, column: Column, series: polars.Series, request: Request, place: Place) -> np.ndarray | None:
    match column:
        case Number():
            return _numbers(name, series, request, place)
        case Category():
            return _labels(name, series, request)
        case Image() | Array():
            return _blocks(name, column, series, request, place)
        case _:
            request.wrong(name, f"`parquet` has no {column.word} columns")
            return None


def _numbers(name: str, series: polars.Series, request: Request, place: Place) -> np.ndarray | None:
    if not (series.dtype.is_numeric() or series.dtype == polars.Boolean or series.dtype == polars.Null):
        way_out = "declare it as `category`, or write it as numbers" if series.dtype == polars.String else "write it as numbers"
        request.wrong(name, f"`{name}` is a number, and the file has {_kind(series.dtype)} in it", help=way_out)
        return None
    numbers = series.cast(polars.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        message = f"`{name}` is infinite in {count_of(len(infinite), 'row')}"
        request.wrong(name, message, notes=first_rows(place, infinite), help="write such a value as missing")
    return numbers


def _labels(name: str, series: polars.Series, request: Request) -> np.ndarray | None:
    dtype = series.dtype
    if dtype.is_float() or dtype.is_decimal():
        message = f"`{name}` is a category, and the file has {_kind(dtype)} in it"
        request.wrong(name, message, help="declare it as `number`, or write the labels as texts or whole numbers")
        return None
    if not (dtype.is_integer() or dtype in (polars.String, polars.Boolean, polars.Null, polars.Categorical, polars.Enum)):
        request.wrong(
            name,
            f"`{name}` is a category, and the file has {_kind(dtype)} in it",
            help="write the labels as texts or whole numbers",
        )
        return None
    marks = set(request.marks)
    return texts("" if value is None or str(value) in marks else _text(value) for value in series.to_list())


def _blocks(name: str, column: Image | Array, series: polars.Series, request: Request, place: Place) -> np.ndarray | None:
    """Lists of numbers as one array `[rows, …]`."""
    if not isinstance(series.dtype, polars.List | polars.Array):
        request.wrong(
            name, f"`{name}` is {column.word}, and the file has {_kind(series.dtype)} in it", help="it takes lists of numbers"
        )
        return None
    size = int(np.prod(column.size))
    blocks = np.zeros((len(series), *column.size), dtype=np.float32)
    wrong: list[int] = []
    for row, value in enumerate(series.to_list()):
        try:
            block = np.array(value, dtype=np.float64)
        except (TypeError, ValueError):
            wrong.append(row)
            continue
        if block.size != size or (isinstance(column, Image) and not (np.mod(block, 1) == 0).all()):
            wrong.append(row)
        else:
            blocks[row] = block.reshape(column.size)
    if wrong:
        message = f"{count_of(len(wrong), 'row')} of `{name}` {'is' if len(wrong) == 1 else 'are'} not {size} numbers"
        request.wrong(
            name, message, notes=first_rows(place, wrong), help="its declared size is " + "×".join(map(str, column.size))
        )
    if isinstance(column, Array):
        return blocks
    if len(blocks) and (blocks.min() < 0 or blocks.max() > 255):
        request.wrong(
            name,
            f"an image has whole numbers 0…255, and `{name}` goes from {blocks.min():g} to {blocks.max():g}",
            help="declare it as `array`",
        )
        return None
    return blocks.astype(np.uint8)


def _kind(dtype: polars.DataType) -> str:
    words = {
        polars.String: "texts",
        polars.Boolean: "booleans",
        polars.Date: "dates",
        polars.Datetime: "times",
        polars.Binary: "bytes",
    }
    for kind, word in words.items():
        if dtype == kind:
            return word
    return (
        "fractional numbers" if dtype.is_float() or dtype.is_decimal() else "lists" if dtype.is_nested() else str(dtype).lower()
    )
