"""Every diagnostic code has a page, and the specs on it are the test of what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specc.diagnostics import Report, Source, SpecError
from specc.explain.codes import Page, Snippet, codes, find_code
from specc.loading import bind_spec, check_source
from specc.syntax.format import format_text
from specc.syntax.parse import MAXIMUM_CHARACTERS, MAXIMUM_TOKENS
from specc.syntax.read import read_source

SOURCES = Path(__file__).parents[2] / "specc"
QUOTED_CODE = re.compile(r'"([EW][0-9]{4})"')
UNSHOWABLE = {"E0005", "E0601"}
"""Their spec cannot stand in a page: it is no text, or too long. Tests of their own, below, make it."""
OF_RUNS = {
    *("E0409", "E0411", "E0412", "E0506", "E0507", "E0508", "E0509", "E0510"),
    *("W1004", "W2001", "W2002", "W2003", "W2004", "W2101", "W2102", "W2103", "W2104", "W2105"),
}
"""What a run says while it trains, or when it is opened again: the tests of training bring them about."""
WITHOUT_SNIPPETS = UNSHOWABLE | OF_RUNS


def page(code: str) -> Page:
    found = find_code(code)
    assert found is not None
    return found


def specs_of(code: str, label: str) -> list[Snippet]:
    return [s for s in page(code).snippets if (s.language, s.label) == ("dn", label)]


def found_codes(snippet: Snippet, files: list[Snippet], folder: Path) -> list[str]:
    """The codes that a spec gives: from its check, and where the page has data, from its binding."""
    for file in files:
        (folder / file.label).write_text(file.text)
    source = Source(str(folder / "page.dn"), snippet.text)
    try:
        spec, report = check_source(source, folder, list(snippet.overrides))
        if files:
            bind_spec(spec, report, folder)
    except SpecError as error:
        return [d.code for d in error.report]
    return [d.code for d in report]


def test_every_code_of_the_sources_has_a_page_and_every_page_its_code() -> None:
    used = {code for path in SOURCES.rglob("*.py") for code in QUOTED_CODE.findall(path.read_text("utf-8"))}
    assert used == set(codes())


@pytest.mark.parametrize("code", codes())
def test_pages_have_one_form(code: str) -> None:
    text = page(code).markdown
    assert text.startswith(f"# {code}: ")
    assert len(text.split("\n")[2]) > 20
    if code not in WITHOUT_SNIPPETS:
        assert len(specs_of(code, "wrong")) >= 1
        assert len(specs_of(code, "right")) >= 1


@pytest.mark.parametrize("code", [code for code in codes() if code not in WITHOUT_SNIPPETS])
def test_the_wrong_spec_gives_that_code_and_the_right_one_none(code: str, tmp_path: Path) -> None:
    files = [s for s in page(code).snippets if s.language not in ("dn", "sh")]
    for snippet in specs_of(code, "wrong"):
        assert found_codes(snippet, files, tmp_path) == [code]
    for snippet in specs_of(code, "right"):
        assert found_codes(snippet, files, tmp_path) == []


@pytest.mark.parametrize("code", [code for code in codes() if code not in WITHOUT_SNIPPETS])
def test_the_right_spec_is_in_the_canonical_layout(code: str) -> None:
    for snippet in specs_of(code, "right"):
        assert format_text(Source("page.dn", snippet.text)) == snippet.text


@pytest.mark.parametrize("content", [b"\xff\xfen\x00", b"a = \xe9\n", b"\x00"])
def test_a_file_that_is_no_text(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.dn"
    path.write_bytes(content)
    with pytest.raises(SpecError) as error:
        read_source(path)
    assert [d.code for d in error.value.report] == ["E0005"]


@pytest.mark.parametrize("text", ["#" * (MAXIMUM_CHARACTERS + 1), ";" * (MAXIMUM_TOKENS + 1)])
def test_a_spec_that_is_too_long(text: str) -> None:
    from specc.syntax.parse import parse_text

    with pytest.raises(SpecError) as error:
        parse_text(Source("a.dn", text), Report(Source("a.dn", text)))
    assert [d.code for d in error.value.report] == ["E0601"]
    assert f"{MAXIMUM_CHARACTERS:,}" in page("E0601").markdown
    assert f"{MAXIMUM_TOKENS:,}" in page("E0601").markdown
