"""Measures as a table of text."""

from __future__ import annotations

from typing import Any

from specc.cli.progress import number


def metrics_table(metrics: dict[str, dict[str, Any]]) -> str:
    """A line a split, a column a measure."""
    names = [name for name, value in next(iter(metrics.values()), {}).items() if not isinstance(value, list)]
    lines = [["", *(name.replace("_", " ") for name in names)]]
    for split, measured in metrics.items():
        lines.append([split, *(number(float("nan") if measured.get(name) is None else measured[name]) for name in names)])
    return aligned(lines)


def aligned(lines: list[list[str]]) -> str:
    """Columns of text: the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip() for line in lines)
