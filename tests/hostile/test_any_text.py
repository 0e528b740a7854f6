"""The laws of `fuzz.laws` on texts that chance draws: parser, checker, formatter and messages hold."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.corpus import short_specs, specs
from fuzz.laws import hold, repaints_nothing
from fuzz.shrink import smaller_text
from fuzz.texts import mutant, mutated


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**64))
def test_any_mutant(number: int) -> None:
    hold(*mutant(Random(number)), "nowhere")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(specs()), st.integers(0, 2**64))
def test_mutants_of_whole_specs(text: str, number: int) -> None:
    hold(mutated(text, Random(number)), [], "nowhere")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_argument(path: str, value: str) -> None:
    hold(short_specs()[0], [f"{path}={value}", value], "nowhere")


def test_the_same_number_gives_the_same_text() -> None:
    assert [mutant(Random(f"0/{n}")) for n in range(50)] == [mutant(Random(f"0/{n}")) for n in range(50)]


def test_mutants_are_of_every_sort(tmp_path: Path) -> None:
    """Nonsense alone would test the parser's first line: some must parse, and some must be specs."""
    outcomes = [hold(*mutant(Random(f"0/{number}")), str(tmp_path)) for number in range(300)]
    assert 0.2 < sum(o.parses for o in outcomes) / 300 < 0.7
    assert sum(o.checks for o in outcomes) >= 2
    assert not list(tmp_path.iterdir())


def test_the_starting_texts_check() -> None:
    assert all(hold(text, [], "nowhere").checks for text in short_specs()[::4])


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\ud800"])
def test_the_law_of_messages_can_be_broken(character: str) -> None:
    with pytest.raises(AssertionError):
        repaints_nothing(f"error: {character}")
    repaints_nothing("error: `é`\n")


def test_what_fails_is_made_small() -> None:
    text = "\n".join(f"line {i} = {i}" for i in range(50))
    assert smaller_text(text, lambda rest: "17" in rest and "line" in rest) == "line17"
