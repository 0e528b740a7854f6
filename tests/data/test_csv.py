"""Tables as text: one semantics for every option."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.data.sources.csv import looks_like_a_row, parse_numbers
from specc.data.table import Table
from tests.data.binding import bound, spec_of

XY = "x = number(impute = constant(0)); y = category"


def _read(folder: Path, content: str | bytes, options: str = "", columns: str = XY) -> Table:
    split = "random(train = 0.5, test = 0.5, stratify = y)"
    return bound(folder, spec_of(columns, f'csv("t.csv"{options})', split=split), {"t.csv": content})[1].table


def _values(table: Table) -> list[tuple[float | None, str]]:
    return [(None if np.isnan(x) else float(x), y) for x, y in zip(table.columns["x"], table.columns["y"])]


PLAIN = [(1.0, "a"), (2.5, "b"), (None, "a"), (-3e2, "b")]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("x,y\n1,a\n2.5,b\n,a\n-3e2,b\n", ""),
        ("x,y\r\n1,a\r\n2.5,b\r\n,a\r\n-3e2,b", ""),
        ("x,y\r1,a\r2.5,b\r,a\r-3e2,b\r", ""),
        ("\ufeffx,y\n1,a\n2.5,b\n,a\n-3e2,b\n", ""),
        ('"x","y"\n"1","a"\n"2.5","b"\n"","a"\n"-3e2","b"\n', ""),
        ("x;y\n1;a\n2.5;b\n;a\n-3e2;b\n", ', delimiter = ";"'),
        ("x\ty\n1\ta\n2.5\tb\n\ta\n-3e2\tb\n", ', delimiter = "\\t"'),
        ("x, y\n 1 ,a \n2.5,\tb\n ,a\n-3e2, b\n", ""),
        ('x, y\n1, "a"\n2.5, "b"\n, "a"\n-3e2, "b"\n', ""),
        ("1,a\n2.5,b\n,a\n-3e2,b\n", ", header = false"),
        ("made by hand\n# x, y\nx,y\n1,a\n2.5,b\n,a\n-3e2,b\n", ", skip = 2"),
        ("made by hand\n1,a\n2.5,b\n,a\n-3e2,b\n", ", skip = 1, header = false"),
        ("x,y\n1,a\n2.5,b\n?,a\n-3e2,b\n", ', missing = ["?"]'),
        ("x,y\n1,a\n2.5,b\n -,a\n-3e2,b\n", ', missing = ["NA", "- "]'),
        ("x,y\n\n1,a\n2.5,b\n\n\n,a\n-3e2,b\n\n", ""),
        ("other,y,x\nq,a,1\nq,b,2.5\nq,a,\nq,b,-3e2\n", ""),
        (gzip.compress(b"x,y\n1,a\n2.5,b\n,a\n-3e2,b\n", mtime=0), ""),
    ],
)
def test_all_of_these_are_the_same_rows(tmp_path: Path, content: str | bytes, options: str) -> None:
    assert _values(_read(tmp_path, content, options)) == PLAIN


@pytest.mark.parametrize(
    ("names", "row"), [("1990,1991,1992", False), ("1100.5,1102.5", False), ("0.1,-3", True), ("0,1,0", True), ("-1,x", False)]
)
def test_years_and_wavelengths_are_a_header_and_no_row(names: str, row: bool) -> None:
    assert looks_like_a_row(names.split(",")) == row


def test_without_trim_spaces_belong_to_a_label(tmp_path: Path) -> None:
    table = _read(tmp_path, "x,y\n1, a\n2,b\n3, a\n4,b\n", ", trim = false")
    assert table.columns["y"].tolist() == [" a", "b", " a", "b"]


def test_a_row_is_called_by_the_line_it_begins_on(tmp_path: Path) -> None:
    content = 'note\nx,y\n1,"a\nb"\n\n2,c\n3,"a\nb"\n4,c\n'
    table = _read(tmp_path, content, ", skip = 1")
    assert [table.place(row) for row in range(4)] == [f"line {line} of t.csv" for line in (3, 6, 7, 9)]


def test_columns_that_are_not_declared_are_left_out(tmp_path: Path) -> None:
    assert _read(tmp_path, "id,x,y,note\n1,1,a,\n2,2,b,q\n3,3,a,q\n4,4,b,\n").left_out == ("id", "note")


def test_a_pattern_stands_for_the_columns_that_fit_it_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = ",p2,x,p1,y,p[1],z\n" + "0,1,2,3,a,5,q\n1,1,2,4,b,5,r\n" * 4
    columns = 'y = category; "p*" = number(scale = minmax); x = number; "*" = category'
    spec, dataset = bound(tmp_path, spec_of(columns), {"t.csv": content})
    assert spec.data is not None
    assert list(spec.data.columns) == ["y", "p2", "p1", "p[1]", "x", "z"]
    assert spec.data.features == ("p2", "p1", "p[1]", "x", "z") and dataset.table.left_out == ("",)


def test_a_column_taken_by_name_may_be_declared_by_a_pattern(tmp_path: Path) -> None:
    content = "p2,p1,y\n" + "".join(f"{i},{-i},{'ab'[i % 2]}\n" for i in range(8))
    _, dataset = bound(tmp_path, spec_of('"*" = number; y = category', takes="p1").replace("flatten; ", ""), {"t.csv": content})
    assert dataset.inputs["p1"][:, 0].tolist() == [-i for i in range(8)]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_python_writes_is_read_exactly(number: float) -> None:
    values, wrong = parse_numbers([repr(number), "", "x"])
    assert values[0] == number and np.isnan(values[1]) and wrong == [2]
    assert parse_numbers([repr(number)])[0][0] == number


@pytest.mark.parametrize(
    "text", ["inf", "-inf", "nan", "NaN", "1_000", "1,5", "1 000", "0x1f", "1e", "e5", "--1", "٣", "1e400", ".", "+", "1\n"]
)
def test_these_are_texts_and_no_numbers(text: str) -> None:
    assert parse_numbers(["1", text, "2"])[1] == [1]


@pytest.mark.parametrize(("text", "number"), [("007", 7), ("+3", 3), (".5", 0.5), ("5.", 5), ("1E-3", 0.001), ("-0", 0)])
def test_these_are_numbers(text: str, number: float) -> None:
    values, wrong = parse_numbers([text])
    assert values[0] == number and not wrong
