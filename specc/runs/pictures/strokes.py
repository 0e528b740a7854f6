"""Filters of machines over pictures while they are trained: noise becomes strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.runs.pictures.places import Images, Place, as_images, mosaic
from specc.runs.pictures.style import Margins, caption, headline, keep, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.pictures.machines import Stage
    from specc.runs.run import Run

ACROSS = 8
SIDE = 2.3
"""Inches of a panel."""
HEAD, FOOT = 0.34, 0.3
CERTAIN = 99.5
"""The percentile of the weights that has the full colour: a few extreme ones would make all others pale."""


def draw_strokes(run: Run, stage: Stage, place: Place) -> None:
    """`filters.png`: the same hidden units at each moment, one beside the other."""
    first = as_images(place, stage.moments[0].seen["filters"])
    down, across = -(-len(first) // ACROSS) * first.shape[1], min(ACROSS, len(first)) * first.shape[2]
    around = Margins(left=0.1, right=0.1, top=0.28, bottom=FOOT)
    count = len(stage.moments)
    figure, axes_of = panels(count, count, SIDE, SIDE * down / across, around, head=HEAD, foot=0.22)
    headline(figure, f"filters of {stage.names[-1]}: what its first {len(first)} units look for")
    for moment, axes in zip(stage.moments, axes_of):
        filters = as_images(place, moment.seen["filters"])
        largest = show_weights(axes, filters, ACROSS)
        axes.set_title(moment.title, fontsize=9, loc="left", pad=4)
        axes.text(0, -0.02, f"±{largest:.2g}", transform=axes.transAxes, fontsize=8, va="top", color="#777777")
    caption(figure, _caption(stage.names, first.ndim == 3))
    keep(run, f"filters{stage.suffix}", figure)


def show_weights(axes: Axes, filters: Images, across: int) -> float:
    """Weights as pictures side by side, so many in a row, on one scale around zero; gives the weight of full color."""
    largest = float(np.percentile(np.abs(filters), CERTAIN)) or 1.0
    axes.axis("off")
    if filters.ndim == 3:
        axes.imshow(mosaic(filters, across), cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto")
    else:
        axes.imshow(mosaic(np.clip(filters / (2 * largest) + 0.5, 0, 1), across, 1.0), aspect="auto")
    return largest


def _caption(names: list[str], grey: bool) -> str:
    colors = "red is positive, blue negative; " if grey else "grey is none; "
    scale = "each panel on its own scale"
    if len(names) == 1:
        return f"weights to the pixels: {colors}{scale}"
    product = "·".join(f"W({name})" for name in reversed(names))
    return f"weights brought down to the pixels, {product}: {colors}{scale}"
