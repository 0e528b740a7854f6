"""The parser on any text at all: a tree or a located error, never anything else."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from specc.diagnostics import Report, Source, SpecError
from specc.diagnostics.render import as_data, render
from specc.syntax.parse import parse_text
from tests.syntax.texts import EXAMPLES

WORDS = ["a", "in", "1", "..", "1e-3", "dense", "é", "\x00", "\u2028", "٣", "//", "\r"]
pieces = st.sampled_from([*'{}()[]=,;.$"#+-*/\\\n\t ', *WORDS])


def read(text: str) -> None:
    """Parses, and shows what was reported: rendering must hold for every span."""
    report = Report(Source("test.dn", text))
    try:
        parse_text(report.source, report)
    except SpecError as error:
        report = error.report
        assert report.has_errors
    for diagnostic in report:
        span = diagnostic.span
        assert span is None or 0 <= span.start <= span.end <= len(text)
        assert diagnostic.code in {"E0001", "E0002", "E0003", "E0004", "E0601", "E0602"}
    render(report)
    as_data(report)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=60).map("".join))
@example("}")
@example("}}}\n{")
@example("a = (" * 70)
@example('"')
@example('"\\')
@example('"\\n \\q"')
@example("f(a,\n# c")
def test_any_signs(text: str) -> None:
    read(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_characters(text: str) -> None:
    read(text)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """An example with a few stretches deleted, doubled or replaced."""
    text = EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(st.sampled_from(["", text[start:end] * 2, "}", "(", '"', "=", "\n", "{ ;"])) + text[end:]
    return text


@settings(max_examples=200, deadline=None)
@given(damaged())
def test_damaged_examples(text: str) -> None:
    read(text)


def test_a_deep_nest_is_refused_in_words() -> None:
    report = Report(Source("test.dn", "a { " * 100 + "}" * 100))
    try:
        parse_text(report.source, report)
    except SpecError as error:
        assert [d.code for d in error.report.errors] == ["E0602"]
    else:
        raise AssertionError("100 bodies in each other were taken")


def test_many_operations_parse_without_recursion() -> None:
    report = Report(Source("test.dn", "a = " + "1 + " * 20_000 + "1"))
    parse_text(report.source, report)
    assert not report.has_errors
