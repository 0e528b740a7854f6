"""What the tests of the syntax share: the examples of the language, trees without spans, random specs and layouts."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from specc.diagnostics import Report, Source, Span
from specc.syntax.parse import parse_text, tokenize

EXAMPLES = {path.stem: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "examples").glob("*.dn"))}


def tree_of(text: str) -> Any:
    """The tree of a text, spans left out."""
    report = Report(Source("test.dn", text))
    tree = parse_text(report.source, report)
    report.raise_errors()
    return without_spans(tree)


def without_spans(node: Any) -> Any:
    if isinstance(node, list):
        return [without_spans(item) for item in node]
    if dataclasses.is_dataclass(node):
        values = [getattr(node, f.name) for f in dataclasses.fields(node)]
        return (type(node).__name__, [without_spans(value) for value in values if not isinstance(value, Span)])
    return node


def comments_of(text: str) -> list[str]:
    """The comments of a text in their order, found without the tokenizer."""
    found = []
    for line in text.split("\n"):
        in_string, i = False, 0
        while i < len(line):
            if line[i] == "#" and not in_string:
                found.append(line[i:].rstrip())
                break
            in_string ^= line[i] == '"'
            i += 2 if in_string and line[i] == "\\" else 1
    return found


spaces = st.text(" \t", max_size=4)


@st.composite
def other_layouts(draw: st.DrawFn, text: str, blank_lines: bool = True) -> str:
    """The same tokens, comments and ends of lines with other space between them, and other blank lines."""
    source = Source("test.dn", text)
    tokens, comments = tokenize(source, Report(source))
    pieces: list[str] = []
    for token in sorted([*tokens, *comments], key=lambda t: t.start_pos or 0):
        if token.type == "_NL":
            lines = [draw(spaces) + line.strip() for line in token.split("\n")[1:]]
            blank = ["", draw(spaces)][: draw(st.integers(0, 2))] if blank_lines else []
            pieces.append(draw(spaces) + "\n" + "\n".join([*blank, *lines]))
            continue
        glued = pieces and pieces[-1][-1:].isalnum() | (pieces[-1][-1:] == "_") and (token[0].isalnum() or token[0] == "_")
        pieces.append((draw(spaces) or (" " if glued else "")) + token)
    return "".join(pieces)


names = st.sampled_from(["a", "input", "dense", "rate", "_x", "Width_2", "of"])
numbers = st.sampled_from(["0", "3", "10_000", "1e-3", "2.50", "7E+2"])
strings = st.sampled_from(['""', '"a # b"', '"q\\"{"', '"pixel*"', '"é\\\\"'])
comments = st.sampled_from(["# c", "#", '#"x" {', "#   two  words  "])
breaks = st.sampled_from(["", "", "", "\n", " # inner\n", "\n\n\n"])


def _listed(items: st.SearchStrategy[str], opening: str, closing: str) -> st.SearchStrategy[str]:
    return st.tuples(st.lists(st.tuples(items, breaks), max_size=3), breaks, breaks, st.sampled_from(["", ","])).map(
        lambda x: (
            opening
            + x[1]
            + ",".join(part if i == 0 else x[0][i - 1][1] + part for i, (part, _) in enumerate(x[0]))
            + (x[3] if x[0] else "")
            + (x[2] if x[0] else "")
            + closing
        )
    )


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arguments = _listed(st.one_of(inner, st.tuples(names, inner).map(" = ".join)), "(", ")")
    return st.one_of(
        _listed(inner, "[", "]"),
        st.tuples(names, arguments).map("".join),
        st.tuples(inner, st.sampled_from([" + ", "-", "* ", "/"]), inner).map("".join),
        inner.map("-{}".format),
        inner.map("({})".format),
    )


values = st.recursive(st.one_of(names, numbers, strings, names.map("${}".format), st.just("a . b")), _compound, max_leaves=6)
arguments = _listed(st.one_of(values, st.tuples(values, values).map("..".join)), "(", ")")
settings = st.tuples(st.one_of(names, strings, st.just("a.b")), st.sampled_from(["=", " = "]), values).map("".join)
parts = st.tuples(names, st.one_of(st.just(""), names.map(" {}".format)), st.one_of(st.just(""), arguments)).map("".join)
separators = st.sampled_from([";", "\n", "\n\n\n", " ;; ", ";\n"])
ends = st.one_of(separators, comments.map("\n{}\n".format), comments.map("{}\n".format))


def _bodies(statements: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(st.tuples(statements, ends).map("".join), max_size=4).map("".join)
    openings, closings = st.sampled_from(["{", " { ", " {\n", "{ # why\n"]), st.sampled_from(["}", " }", "\n}"])
    return st.tuples(parts, openings, body, closings).map("".join)


statements = st.recursive(st.one_of(settings, parts), _bodies, max_leaves=12)
specs = st.lists(st.tuples(statements, ends).map("".join), max_size=6).map("".join)
