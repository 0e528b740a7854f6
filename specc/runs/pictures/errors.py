"""How well the rows of each split come back, and which of them worst: the rows unlike the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.runs.pictures.dreams import show_pictures
from specc.runs.pictures.places import Place, as_seen
from specc.runs.pictures.style import CHARACTER, COLORS, caption, few_ticks, headline, keep, new_figure, quiet, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from specc.runs.pictures.composites import Seen

WORST = 12
"""Rows that are shown."""
MOST_UNITS = 30
BINS = 40
CERTAIN = 99.8
"""The percentile at which the histogram ends; what lies beyond is counted in its last bar."""
WIDTH, HEIGHT = 3.4, 2.0
LINE, ONE = 0.2, 0.55
HEAD, FOOT = 0.62, 0.3
LEFT = 0.6


def draw_errors(seen: Seen) -> None:
    """`errors.png`: the histogram of each split's errors; the rows of the shown split that come back worst."""
    worst = np.argsort(-seen.shown.errors)[:WORST]
    if seen.picture is not None:
        figure, axes = _beside_pictures(seen, seen.picture, worst)
    else:
        figure, axes = _beside_differences(seen, worst)
    headline(figure, "reconstruction error of each row")
    _histograms(axes, seen)
    caption(figure, _caption(seen))
    keep(seen.run, "errors", figure)


def _histograms(axes: Axes, seen: Seen) -> None:
    quiet(axes, "", "mean squared difference, in the network's scale", "share of rows")
    highest = max(float(np.percentile(again.errors, CERTAIN)) for again in seen.again.values()) or 1.0
    bins = np.linspace(0, highest, BINS + 1)
    for name, again in seen.again.items():
        shares = np.histogram(np.clip(again.errors, 0, highest), bins)[0] / len(again.errors)
        filled = name == "train" and len(seen.again) > 1
        color = "#d5d8dd" if filled else COLORS[name]
        axes.stairs(shares, bins, fill=filled, color=color, linewidth=1.3, label=f"{name}: mean {again.errors.mean():#.3g}")
    few_ticks(axes, 5, 4)
    axes.set_xlim(0, highest)
    axes.legend(fontsize=8, frameon=True, framealpha=0.85, edgecolor="none", borderpad=0.2, loc="upper right")


def _axes(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place in inches."""
    across, down = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / down, width / across, height / down))


def _beside_pictures(seen: Seen, place: Place, worst: np.ndarray) -> tuple[Figure, Axes]:
    """The histogram, and below it the worst pictures above what is rebuilt of them, each under its error."""
    lines = [("row", seen.shown.rows), ("rebuilt", seen.shown.made)]
    images = [(label, as_seen(place, values[worst].reshape(len(worst), -1))) for label, values in lines]
    height = ONE * images[0][1].shape[1] / images[0][1].shape[2]
    across = ONE * len(worst)
    low = FOOT + 2 * height + 0.06
    figure = new_figure(max(LEFT + WIDTH, LEFT + across) + 0.25, HEAD - 0.2 + HEIGHT + 0.95 + low)
    for index, (label, row) in enumerate(images):
        axes = _axes(figure, LEFT, FOOT + (1 - index) * (height + 0.06), across, height)
        show_pictures(axes, row, len(worst))
        axes.text(-0.08 / across, 0.5, label, transform=axes.transAxes, fontsize=9, ha="right", va="center")
        if index == 0:
            for number, error in enumerate(seen.shown.errors[worst]):
                middle = (number + 0.5) / len(worst)
                axes.text(middle, 1.04, f"{error:.3f}", transform=axes.transAxes, fontsize=8, ha="center", va="bottom")
    return figure, _axes(figure, LEFT, low + 0.85, max(WIDTH, across), HEIGHT)


def _beside_differences(seen: Seen, worst: np.ndarray) -> tuple[Figure, Axes]:
    """The histogram, and beside it a line a row: where it differs from what is rebuilt of it."""
    names = [shortened(name, 26) for place in seen.places for name in place.names]
    rows, made = (values[worst].reshape(len(worst), -1) for values in (seen.shown.rows, seen.shown.made))
    difference = rows - made
    units = np.arange(len(names))
    if len(names) > MOST_UNITS:
        units = np.sort(np.argsort(-np.abs(difference).max(axis=0))[:MOST_UNITS])
    labels = [_called(seen, number) for number in seen.numbers[seen.split][worst]]
    longest, deepest = max(map(len, labels)) * CHARACTER + 0.15, 0.65 * max(len(names[i]) for i in units) * CHARACTER + 0.3
    across, down = 0.26 * len(units), LINE * len(worst)
    low = FOOT + deepest
    height = max(HEIGHT, down)
    left = LEFT + WIDTH + 0.35 + longest
    figure = new_figure(left + across + 1.0, HEAD + low + height)
    axes = _axes(figure, left, low + height - down, across, down)
    largest = float(np.abs(difference).max()) or 1.0
    shown = axes.imshow(difference[:, units], cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto", interpolation="nearest")
    quiet(axes)
    axes.set_title("the worst rows: row less what is rebuilt of it", fontsize=9, loc="left", pad=4)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set_xticks(range(len(units)), [names[i] for i in units], rotation=50, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(length=0)
    bar = _axes(figure, left + across + 0.12, low + height - down, 0.1, down)
    figure.colorbar(shown, cax=bar).ax.tick_params(labelsize=8, length=2)
    return figure, _axes(figure, LEFT, low + height - HEIGHT, WIDTH, HEIGHT)


def _called(seen: Seen, number: int) -> str:
    """`line 45`: where the row stands in its file."""
    return shortened(seen.dataset.table.place(int(number)).partition(" of ")[0], 24)


def _caption(seen: Seen) -> str:
    count = len(seen.shown.errors)
    return (
        f"the {min(WORST, count)} of {count:,} {seen.split} rows that come back worst; `specc predict` gives every row its error"
    )
