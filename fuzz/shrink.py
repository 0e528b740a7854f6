"""Makes an input that breaks something small, so that a person sees what does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from fuzz.texts import PIECE


def smaller_text(text: str, fails: Callable[[str], bool], seconds: float = 20) -> str:
    """The text without the lines, then the words, then the characters that the failure can do without."""
    end = time.monotonic() + seconds
    for pieces in (text.splitlines(keepends=True), PIECE.findall, list):
        pieces = pieces(text) if callable(pieces) else pieces
        text = "".join(_fewer(pieces, lambda rest: fails("".join(rest)), end))
    return text


def _fewer(pieces: Sequence[str], fails: Callable[[Sequence[str]], bool], end: float) -> Sequence[str]:
    """Leaves out stretches, half of all pieces at first, then ever fewer, as long as it still fails."""
    width = max(1, len(pieces) // 2)
    while True:
        start = 0
        while start < len(pieces) and time.monotonic() < end:
            rest = [*pieces[:start], *pieces[start + width :]]
            if fails(rest):
                pieces = rest
            else:
                start += width
        if width == 1 or time.monotonic() >= end:
            return pieces
        width //= 2
