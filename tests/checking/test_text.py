"""Texts that are no spec, or come from another editor."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.diagnostics import SpecError
from specc.loading import load_spec
from tests.checking.specs import SPEC


def written(folder: Path, content: bytes) -> Path:
    path = folder / "a.dn"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        SPEC.replace("\n", "\r\n").encode(),
        SPEC.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + SPEC.encode(),
        SPEC.rstrip("\n").encode(),
        SPEC.replace(" ", "\t").encode(),
    ],
    ids=["CRLF", "CR", "byte order mark", "no last line end", "tabs"],
)
def test_line_ends_marks_and_tabs_do_not_matter(content: bytes, tmp_path: Path) -> None:
    spec, report = load_spec(written(tmp_path, content))
    assert not report.diagnostics
    assert [node.name for node in spec.graph.nodes] == ["input_1", "dense_1", "output_1"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E0208"),
        (b"\n\n# nothing\n", "E0208"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "E0005"),
        (b"data { # \xe9t\xe9 }\n", "E0005"),
        (SPEC.encode("utf-16"), "E0005"),
        (b"\x07\x08 network", "E0002"),
        ("\u202enetwork { }".encode(), "E0002"),
    ],
)
def test_what_is_no_spec_is_said(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as raised:
        load_spec(written(tmp_path, content))
    assert {d.code for d in raised.value.report.diagnostics} == {code}


def test_a_folder_or_a_missing_file_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        load_spec(tmp_path)
    with pytest.raises(FileNotFoundError):
        load_spec(tmp_path / "none.dn")
