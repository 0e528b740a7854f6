"""Pages of diagnostic codes: what a code means, with a wrong and a right spec; of words that have no class; and of measures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGES = Path(__file__).parent / "pages"
FENCE = re.compile(r"^```(.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    """A fenced block of a page: `dn wrong`, `dn right`, or a file that both read, under its name.

    `overrides`: the `--set` arguments that its mark names.
    """

    language: str
    label: str
    text: str
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A page as Markdown; its first line is the title."""

    name: str
    markdown: str

    @property
    def title(self) -> str:
        return self.markdown.partition("\n")[0].removeprefix("# ")

    @property
    def snippets(self) -> list[Snippet]:
        """The fenced blocks in their order."""
        found = []
        for match in FENCE.finditer(self.markdown):
            language, label, *rest = [*match[1].split(), "", ""]
            overrides = tuple(word.removeprefix("--set=") for word in rest if word.startswith("--set="))
            found.append(Snippet(language, label, match[2], overrides))
        return found


def codes() -> list[str]:
    """Every code that has a page."""
    return sorted(path.stem for path in PAGES.glob("*.md"))


def find_code(code: str) -> Page | None:
    """The page of a code, in either case."""
    return _read(PAGES / f"{code.upper()}.md") if code.upper() in codes() else None


def structure_words() -> list[str]:
    """The words of the language that are no class: `repeat`, `it`, `columns`, …"""
    return sorted(path.stem for path in (PAGES / "words").glob("*.md"))


def measures() -> list[str]:
    """What is measured under a name that is no word of the language: `kl`, `duplicates`, …"""
    return sorted(path.stem for path in (PAGES / "measures").glob("*.md"))


def find_measure(name: str) -> Page | None:
    return _read(PAGES / "measures" / f"{name}.md") if name in measures() else None


def find_structure_word(word: str) -> Page | None:
    return _read(PAGES / "words" / f"{word}.md") if word in structure_words() else None


def _read(path: Path) -> Page:
    return Page(path.stem, path.read_text("utf-8"))
