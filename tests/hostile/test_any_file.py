"""Some mutations of a sample for every reader; `python -m fuzz.files` tries thousands, each in a process that may die."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from fuzz.files import tried
from fuzz.readers import READERS, Reader, Refused

COUNTS = {"images": 50, "metrics.jsonl": 10}


@pytest.mark.parametrize("kind", READERS)
def test_a_damaged_file_is_taken_or_refused(kind: str, tmp_path: Path) -> None:
    reader, outcomes = READERS[kind](), []
    whole = Reader(reader.files, reader.damaged, (lambda content, random: content,), reader.read)
    assert tried(whole, tmp_path, Random(0))[0] == "taken"
    for number in range(COUNTS.get(kind, 80)):
        outcome, _, _ = tried(reader, tmp_path, Random(f"test/{kind}/{number}"))
        assert outcome in ("taken", "refused"), f"number {number}: {outcome}"
        outcomes.append(outcome)
    assert "refused" in outcomes or kind == "metrics.jsonl"


def test_what_breaks_is_seen(tmp_path: Path) -> None:
    """An exception that is no refusal, a file that is written, a message without words or with a terminal's commands."""

    def said(read) -> str:  # what `tried` makes of a reader
        return tried(Reader({"a": b"x"}, ("a",), (lambda content, random: content,), read), tmp_path, Random(0))[0]

    def fails(folder: Path) -> None:
        raise KeyError("x")

    def writes(folder: Path) -> None:
        (folder.parent / "evil").write_text("x")

    def refuses(words: str):
        def read(folder: Path) -> None:
            raise Refused(words)

        return read

    assert said(lambda folder: None) == "taken"
    assert said(refuses("`a` is damaged")) == "refused"
    assert said(fails).startswith("KeyError")
    assert said(refuses(" ")) == "a message without words"
    assert said(refuses("\x1b[2J")) == "a message that lets control characters through"
    assert said(writes).startswith("files were written")
