"""Specs made to do harm: each is refused in a moment, with words that say why and what to do."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from specc.diagnostics import Report, Source, SpecError
from specc.diagnostics.render import render, render_github
from specc.loading import check_source

DATA = 'data {{ source = csv("{path}"); columns {{ x = number; {column} = number }}; target = {column} }}\n'
SPEC = DATA + "{extra}network {{ input(x); {layers}; output({column}) }}\ntrain {{ {train} }}\n"


def spec(layers: str = "dense(2)", train: str = "epochs = 1", path: str = "a.csv", column: str = "y", extra: str = "") -> str:
    return SPEC.format(layers=layers, train=train, path=path, column=column, extra=extra)


def refusal(text: str, overrides: list[str] | None = None) -> Report:
    with pytest.raises(SpecError) as caught:
        check_source(Source("a.dn", text), Path("/nowhere"), overrides)
    return caught.value.report


FOLDS = "".join(f"block b{i} {{ {'; '.join([f'b{i + 1}'] * 10)} }}\n" for i in range(8)) + "block b8 { dense(2) }\n"
HOSTILE = {
    "rounds in rounds": (spec("repeat(99999) { repeat(99999) { dense(2) } }"), "E0603", "more than 10,000 layers"),
    "blocks that multiply": (spec("b0", extra=FOLDS), "E0603", "more than 10,000 layers"),
    "a block that uses itself": (spec("a", extra="block a { a }\n"), "E0111", "uses itself"),
    "brackets without end": (spec("dense(" + "[" * 100_000), "E0602", "nest deeper than 64"),
    "a network in itself": (spec("a { " * 70 + "}" * 70), "E0602", "nest deeper than 64"),
    "a number of a million digits": (spec("dense(" + "9" * 1_000_000 + ")"), "E0203", "the number for `units` is too large"),
    "a division that overflows": (spec("dense(" + "9" * 399 + " / 7)"), "E0203", "the result is too large"),
    "a sum that overflows": (spec("dense(" + "9" * 399 + " + 0.5)"), "E0203", "the result is too large"),
    "operations without end": (spec("dense(1" + " + 1" * 5_000 + ")"), "E0602", "more than"),
    "a mebibyte of spaces": (" " * (1 << 20) + spec(), "E0601", "1,048,576"),
    "a password file": (spec(path="/etc/passwd"), "E0410", "`/etc/passwd` leads out of the spec's folder"),
    "a folder above": (spec(path="../../.ssh/id_rsa"), "E0410", "leads out of the spec's folder"),
    "a URL": (spec(path="https://example.org/a.csv"), "E0410", "a spec names files, not addresses"),
    "a device": (spec(path="/dev/zero"), "E0410", "leads out of the spec's folder"),
    "an argument of the section": (spec().replace("network {", "network(3) {"), "E0205", "`network` takes no arguments"),
    "code in place of a layer": (spec("__import__(os)"), "E0101", "there is no layer called `__import__`"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_its_reason(name: str) -> None:
    text, code, words = HOSTILE[name]
    report = refusal(text)
    assert code in [d.code for d in report.errors]
    assert words in render(report)


@pytest.mark.parametrize("body", ["minimize", "add(a, b)", "dense(0)", "dense(8, rel)", "dense(unit = 8)"])
def test_a_mistake_in_thousands_of_rounds_is_said_once(body: str) -> None:
    """It took seconds: every round looked up what might be meant."""
    report = refusal(spec(f"repeat(9000) {{ {body} }}"))
    assert len(report.errors) == 1


def test_later_rounds_still_give_their_names() -> None:
    report = refusal(spec("repeat(40) { dens d(3) }; add(d_39, d_40)"))
    assert [d.code for d in report.errors] == ["E0101"]


REPAINTS = ("\x1b[2J", "\x1b]0;title\x07", "\u202eevil", "\u2066evil\u2069", "\ufeff", "\u200b")


@pytest.mark.parametrize("evil", REPAINTS)
def test_no_message_repaints_a_terminal_or_a_log(evil: str) -> None:
    reports = [
        refusal(spec(column=f'"{evil}"', train=f'epochs = "{evil}"')),
        refusal(spec(), [f"train.{evil}=1"]),
        refusal(f'"{evil}"'),
    ]
    for report in reports:
        shown = render(report) + render_github(report)
        assert all(character.isprintable() or character == "\n" for character in shown)


def test_an_annotation_cannot_start_another_one() -> None:
    """A workflow command ends at the end of its line, and its properties at a comma or colon."""
    report = refusal(spec(column='"%0A::error::x"', train='epochs = "\\n::warning::x"'))
    report.source = Source("a,line=1::x\n.dn", report.source.text)
    lines = render_github(report).split("\n")
    assert all(line.startswith("::error file=a%2Cline=1%3A%3Ax%0A.dn,line=") for line in lines)
    assert len(lines) == len(report.errors)


def test_a_line_that_fills_the_screen_is_cut_around_its_mark() -> None:
    shown = render(refusal(spec("dense(" + "9" * 100_000 + "); relu; dense(0)")))
    assert len(shown) < 2_000
    assert "network { input(x); dense(9999" in shown
    report = refusal(spec("; ".join(["dense(4)"] * 500) + "; dens(4)"))
    line, marks = next(pair for pair in pairwise(render(report).split("\n")) if "^" in pair[1])
    assert line[marks.index("^") :].startswith("dens(4)")
    assert line.startswith("2 | …") and len(line) < 500
