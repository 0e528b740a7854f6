"""The words that come later, known for as long as a test of this folder runs."""

from __future__ import annotations

import pytest

from specc.vocabulary.part import REGISTRY
from tests.ir.parts import WORDS


@pytest.fixture(autouse=True)
def later_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for word in WORDS:
        monkeypatch.setitem(REGISTRY[word.family], word.word, word)
