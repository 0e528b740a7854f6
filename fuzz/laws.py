"""What must hold of any text at all, whoever wrote it."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from typing import Any, NamedTuple

from specc.checking import check_text
from specc.diagnostics import Report, Source, Span, SpecError
from specc.diagnostics.render import render, render_github, render_json
from specc.ir import Spec
from specc.syntax.format import format_text
from specc.syntax.parse import parse_text, tokenize
from specc.syntax.read import decode_source

CODE = re.compile(r"[EW]\d{4}")


class Outcome(NamedTuple):
    """How far a text came: whether it parses, and whether it is a spec."""

    parses: bool
    checks: bool


def hold(text: str, overrides: list[str], folder: str) -> Outcome:
    """Tries every law on a text. Raises `AssertionError`, or whatever the code under test lets out."""
    try:
        source = decode_source("fuzzed.dn", text.encode("utf-8", "surrogatepass"))
    except SpecError as error:
        reports_can_be_shown(error.report)
        return Outcome(False, False)
    try:
        tree = _parsed(source)
    except SpecError as error:
        assert error.report.has_errors, "a text was not read, and no error reported"
        reports_can_be_shown(error.report)
        return Outcome(False, False)  # the check would end here too
    formatting_keeps_everything(source, tree)
    report = Report(source)
    try:
        spec = check_text(source, overrides, folder, None, report)
    except SpecError as error:
        assert error.report.has_errors, "a check failed and reported no error"
        reports_can_be_shown(error.report)
        return Outcome(True, False)
    assert not report.has_errors, "a check reported errors and gave a spec"
    reports_can_be_shown(report)
    goes_to_json_and_back(spec)
    return Outcome(True, True)


def _parsed(source: Source) -> Any:
    """The tree without its spans. Raises `SpecError`."""
    report = Report(source)
    tree = parse_text(source, report)
    report.raise_errors()
    return without_spans(tree)


def formatting_keeps_everything(source: Source, tree: Any) -> None:
    """Formatted, a text has the same tree and the same comments, and formatting it again changes nothing."""
    formatted = Source(source.name, format_text(source))
    assert _parsed(formatted) == tree, "formatting changed the tree"
    if "#" in source.text:
        assert comments_of(formatted) == comments_of(source), "formatting changed a comment"
    if formatted.text != source.text:
        assert format_text(formatted) == formatted.text, "formatting twice is not formatting once"


def comments_of(source: Source) -> list[str]:
    """The comments of a text in their order; those on lines of their own are part of the ends of lines."""
    tokens, comments = tokenize(source, Report(source))
    found = [(t.start_pos or 0, str(t).rstrip()) for t in comments]
    for token in tokens:
        if token.type == "_NL":
            found += [(token.start_pos or 0, line.strip()) for line in token.split("\n")[1:] if line.strip()]
    return [comment for _, comment in sorted(found, key=lambda pair: pair[0])]


def without_spans(node: Any) -> Any:
    """A tree as lists and texts, so that two of them can be compared."""
    if isinstance(node, list):
        return [without_spans(item) for item in node]
    if dataclasses.is_dataclass(node):
        values = [getattr(node, f.name) for f in dataclasses.fields(node)]
        return [type(node).__name__, *(without_spans(value) for value in values if not isinstance(value, Span))]
    return repr(node)


def reports_can_be_shown(report: Report) -> None:
    """A report goes to a terminal, to JSON and to CI, and repaints none of them."""
    for diagnostic in report:
        assert CODE.fullmatch(diagnostic.code), f"{diagnostic.code!r} is no code"
        assert diagnostic.message.strip(), f"{diagnostic.code} has no message"
        for span in [diagnostic.span, *(label.span for label in diagnostic.labels)]:
            length = len(report.source_of(span).text) if span else 0
            assert span is None or 0 <= span.start <= span.end <= length, (
                f"{diagnostic.code}: {span} is no place of {length} characters"
            )
    repaints_nothing(render(report))
    repaints_nothing(render_github(report))
    json.loads(render_json([report]).encode("utf-8").decode("utf-8"))


def repaints_nothing(shown: str) -> None:
    """No control character but the end of a line, none that changes direction; no lone surrogate that a stream cannot take."""
    if shown.isascii() and shown.replace("\n", "").isprintable():
        return
    strange = {c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert not strange, f"a message lets {sorted(map(hex, map(ord, strange)))} through"


def goes_to_json_and_back(spec: Spec) -> None:
    """What a run keeps of a spec is the spec."""
    text = spec.model_dump_json()
    json.loads(text, parse_constant=_refuse_constant)
    again = Spec.model_validate_json(text.encode("utf-8"))
    assert again == spec and again.model_dump_json() == text, "a spec does not come back from JSON as it was"


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"JSON has no {name}")
