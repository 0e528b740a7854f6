"""Measures as a table of text."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from specc.cli.numbers import number, spoken


def metrics_table(metrics: dict[str, dict[str, Any]], width: int | None = None) -> str:
    """A line a split, a column a measure; where that is wider than `width`, the other way round."""
    names = list(
        dict.fromkeys(n for measured in metrics.values() for n, value in measured.items() if not isinstance(value, list))
    )
    lines = [["", *map(spoken, names)]]
    lines += [[split, *(number(measured.get(name)) for name in names)] for split, measured in metrics.items()]
    text = aligned(lines)
    if width is not None and max(map(len, text.splitlines())) > width:
        return aligned([list(column) for column in zip(*lines)])
    return text


def aligned(lines: list[list[str]]) -> str:
    """Columns of text: the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip() for line in lines
    )


def width_of_output() -> int | None:
    """The columns of the terminal that standard output goes to; None for a pipe or a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
