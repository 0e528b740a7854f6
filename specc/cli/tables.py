"""Measures as a table of text."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from specc.cli.numbers import is_error, number, readable, spoken


def metrics_table(metrics: dict[str, dict[str, Any]], width: int | None = None) -> str:
    """A line a split, a column a measure; where that is wider than `width`, the other way round."""
    shown = {split: readable(measured) for split, measured in metrics.items()}
    names = list(dict.fromkeys(name for measured in shown.values() for name in measured))
    rows = [[split, *(measured.get(name, "-") for name in names)] for split, measured in shown.items()]
    return _fitting([["", *map(spoken, names)], *rows], width)


def averages_table(metrics: dict[str, dict[str, dict[str, Any]]], width: int | None = None) -> str:
    """The same of several runs: mean ± standard error."""
    names = list(dict.fromkeys(name for measured in metrics.values() for name in measured if not is_error(name, measured)))
    rows = [[split, *(with_error(measured.get(name)) for name in names)] for split, measured in metrics.items()]
    return _fitting([["", *map(spoken, names)], *rows], width)


def with_error(found: dict[str, Any] | None) -> str:
    """`0.9636 ± 0.0091`; a single value has no error."""
    if found is None:
        return "-"
    return number(found["mean"]) + (f" ± {number(found['error'])}" if found["error"] is not None else "")


def _fitting(lines: list[list[str]], width: int | None) -> str:
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
