"""A sweep as a picture: what each trial reached, the best so far, and what came of each value of a hyperparameter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.sweep.table import Row

COLUMNS = 3
MOST_LABELS = 12


def sweep_picture(rows: list[Row], measure: str, higher: bool, logarithmic: set[str]) -> bytes:
    """A PNG: a panel over the trials, and one a hyperparameter; those of `logarithmic` on such an axis."""
    from specc.runs.pictures.style import Margins, few_ticks, panels, png, quiet

    shown = sorted((row for row in rows if row.value is not None), key=lambda row: row.name)
    names = list(dict.fromkeys(name for row in shown for name in row.values))
    low, high = _reach([row.value or 0.0 for row in shown if row.status == "finished"])
    # What lies beyond the axis stands at its edge.
    shown = [replace(row, value=min(max(row.value or 0.0, low), high)) for row in shown]
    count = 1 + len(names)
    columns = 2 if count == 4 else min(COLUMNS, count)  # four stand in a square
    figure, axes_of = panels(count, columns, 3.0, 2.2, Margins(left=0.75, bottom=0.55, right=0.3))
    for index, (name, axes) in enumerate(zip(["trial", *names], axes_of)):
        quiet(axes, measure if index == 0 else "", name)
        few_ticks(axes)
        if index == 0:
            _over_trials(axes, shown, higher)
        else:
            _over_values(axes, shown, name, name in logarithmic)
        axes.set_ylim(low, high)
    return png(figure)


def _reach(values: list[float]) -> tuple[float, float]:
    """Where most finished trials lie: a few that went astray would press the others into a line."""
    low, high = np.quantile(values, [0.1, 0.9]) if values else (0.0, 1.0)
    spread = max(high - low, 1e-3 * max(abs(low), abs(high)), 1e-9)
    within = [value for value in values if low - 2 * spread <= value <= high + 2 * spread] or [low, high]
    edge = 0.08 * max(max(within) - min(within), spread)
    return float(min(within) - edge), float(max(within) + edge)


def _over_trials(axes: Axes, rows: list[Row], higher: bool) -> None:
    from specc.runs.pictures.style import TEST

    numbers = [int(row.name) for row in rows]
    _dots(axes, numbers, rows)
    finished = [(number, row.value) for number, row in zip(numbers, rows) if row.status == "finished"]
    if finished:
        places, values = zip(*finished)
        best = (np.maximum if higher else np.minimum).accumulate(np.array(values, dtype=float))
        axes.step([*places, numbers[-1]], [*best, best[-1]], where="post", color=TEST, linewidth=1.5, label="best so far")
    axes.legend(
        fontsize=7, frameon=True, framealpha=0.85, edgecolor="none", borderpad=0.2, loc="lower right" if higher else "upper right"
    )


def _over_values(axes: Axes, rows: list[Row], name: str, logarithmic: bool) -> None:
    """Numbers along an axis, words and `true` beside each other in the order in which they came."""
    own = [row for row in rows if name in row.values]
    values: list[Any] = [row.values[name] for row in own]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        if logarithmic:
            _logarithmic(axes, min(values), max(values))
        _dots(axes, values, own)
        return
    from specc.phrases import plain_text
    from specc.runs.pictures.style import shortened

    labels = list(dict.fromkeys(plain_text(value) for value in values))
    _dots(axes, [labels.index(plain_text(value)) for value in values], own)
    few = labels[:MOST_LABELS]
    axes.set_xticks(range(len(few)), [shortened(label, 14) for label in few], rotation=20, ha="right")
    axes.set_xlim(-0.5, len(labels) - 0.5)


def _logarithmic(axes: Axes, low: float, high: float) -> None:
    """An axis of powers of ten, with 2 and 5 between them where there are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 100 * low else (1.0,)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _dots(axes: Axes, places: list[Any], rows: list[Row]) -> None:
    """A dot a finished trial, a cross a pruned one."""
    from specc.runs.pictures.style import MARK, TRAIN

    for status, marker, color in (("finished", "o", TRAIN), ("pruned", "x", MARK)):
        points = [(place, row.value) for place, row in zip(places, rows) if row.status == status]
        if points:
            axes.plot(*zip(*points), marker, color=color, markersize=4, alpha=0.8, label=status, clip_on=False)
