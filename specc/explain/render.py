"""Markdown for a terminal: titles bold, fenced blocks set in; in a pipe the same without colors."""

from __future__ import annotations

import textwrap

WIDTH = 100
HARD_SPACE = "\xa0"
LABELS = {"wrong": "Wrong:", "right": "Right:", "example": "Example:"}


def render_page(markdown: str, color: bool) -> str:
    """The page as text. Fenced blocks are set in by four spaces, under what their mark says."""
    bold, dim, off = ("\x1b[1m", "\x1b[36m", "\x1b[0m") if color else ("", "", "")
    lines: list[str] = []
    paragraph: list[str] = []
    in_fence = False
    for line in [*markdown.split("\n"), ""]:
        if line.startswith("```"):
            in_fence = not in_fence
            label = _label(line[3:]) if in_fence else ""
            lines += [f"{bold}{label}{off}"] if label else []
        elif in_fence:
            lines.append(f"    {dim}{line}{off}" if line else "")
        elif line.startswith("# "):
            lines.append(f"{bold}{line[2:]}{off}")
        elif line and not line.startswith(("- ", "  ")):
            paragraph.append(line)
        else:
            lines += _wrapped(" ".join(paragraph), "")
            paragraph = []
            lines += _wrapped(line, "  ") if line else [""]
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"


def _wrapped(text: str, indent: str) -> list[str]:
    """The lines of a paragraph; what stands between backticks is not broken where it fits on a line."""
    pieces = text.split("`")
    held = [p.replace(" ", HARD_SPACE) if i % 2 and len(p) < WIDTH else p for i, p in enumerate(pieces)]
    lines = textwrap.wrap("`".join(held), WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [line.replace(HARD_SPACE, " ") for line in lines]


def _label(mark: str) -> str:
    """`dn wrong --set=a=1` → `Wrong, with --set a=1:`."""
    words = mark.split()
    if len(words) < 2:
        return ""
    overrides = [word.replace("--set=", "--set ") for word in words[2:]]
    label = LABELS.get(words[1], f"{words[1]}:")
    return label[:-1] + f", with `{' '.join(overrides)}`:" if overrides else label
