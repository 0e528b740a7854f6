"""Golden specs: a file's name is a sentence, its trailing comment what `check` says of it; no comment means valid.

`UPDATE_GOLDEN=1 pytest tests/specs` writes the comments; a person reads the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from specc.diagnostics import Report, Source, SpecError
from specc.diagnostics.render import render
from specc.loading import check_source

FOLDER = Path(__file__).parent
SPECS = sorted(FOLDER.rglob("*.dn"))
ANSWER = re.compile(r"^# (error|warning)\[", re.MULTILINE)


def spec_and_answer(text: str) -> tuple[str, str]:
    """The spec of a golden file, and the comment behind it."""
    found = ANSWER.search(text)
    return (text[: found.start()].rstrip("\n") + "\n", text[found.start() :]) if found else (text, "")


def answer_of(path: Path, spec: str) -> str:
    """What `check` says of a spec, as a comment."""
    report = Report(Source(path.name, spec))
    try:
        report = check_source(report.source, path.parent)[1]
    except SpecError as error:
        report = error.report
    return "".join(f"# {line}".rstrip() + "\n" for line in render(report).splitlines())


@pytest.mark.parametrize("path", SPECS, ids=[str(path.relative_to(FOLDER)) for path in SPECS])
def test_check_says_what_the_spec_expects(path: Path) -> None:
    spec, expected = spec_and_answer(path.read_text("utf-8"))
    answer = answer_of(path, spec)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(spec + ("\n" + answer if answer else ""), "utf-8")
    else:
        assert answer == expected


def test_every_folder_has_specs() -> None:
    assert len(SPECS) > 100
