"""One mistake gives one message: every word and number of a valid spec is spoilt in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from specc.diagnostics import Report, Source, SpecError
from specc.diagnostics.render import render, render_json
from specc.loading import check_source
from tests.checking.specs import LANGUAGE

FILES = (
    "branches_start_from_one_tensor",
    "hyperparameters_stand_for_any_value",
    "loops_number_the_layers_they_name",
    "machines_learn_their_data_and_answer_labels",
    "phases_train_machines_and_then_the_whole",
    "phases_take_the_settings_of_train",
    "settings_are_inherited_downward",
)
WORD = re.compile(r"[A-Za-z_]\w{3,}|(?<![\w.-])\d[\d_.e-]*")


def spoilt(text: str) -> Iterator[str]:
    """The text with one word misspelt, or one number negative, or in quotes."""
    plain = re.sub(r'#[^\n]*|"[^"\n]*"', lambda m: " " * len(m.group()), text)
    for match in WORD.finditer(plain):
        word = match.group()
        for other in (f"-{word}", f'"{word}"') if word[0].isdigit() else (word[:1] + word[2:],):
            yield text[: match.start()] + other + text[match.end() :]


def report_of(text: str) -> Report:
    try:
        return check_source(Source("a.dn", text), LANGUAGE)[1]
    except SpecError as error:
        return error.report


@pytest.mark.parametrize("name", FILES)
def test_one_mistake_gives_at_most_one_message(name: str) -> None:
    text = (LANGUAGE / f"{name}.dn").read_text("utf-8")
    found = 0
    for wrong in spoilt(text):
        report = report_of(wrong)
        assert len(report.errors) <= 1, render(report)
        for diagnostic in report.errors:
            assert diagnostic.span is not None, diagnostic
            assert diagnostic.message[0].islower() or diagnostic.message[0] == "`", diagnostic
            assert not diagnostic.message.endswith(".")
        assert render_json([report])
        found += len(report.errors)
    assert found > 40
