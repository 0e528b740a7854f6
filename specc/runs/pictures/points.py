"""Points in a plane, real and made, as the training went on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.runs.pictures.samples import spread
from specc.runs.pictures.style import COLORS, Margins, caption, few_ticks, headline, keep, panels, quiet

if TYPE_CHECKING:
    from specc.runs.pictures.generated import Story

MOST_MOMENTS, MOST_POINTS = 6, 2_000
REAL, MADE = "#b9bec7", COLORS["validation"]
SIDE = 2.3


def draw_points(story: Story) -> None:
    """`samples.png`: a panel a moment, training rows in grey and made ones upon them, all on the axes of the training rows."""
    moments = spread(story.moments, MOST_MOMENTS)
    train = story.dataset.rows["train"][:MOST_POINTS]
    real = [story.real(seat, train) for seat in story.seats]
    columns = min(3, len(moments))
    around = Margins(left=0.5, right=0.15, top=0.3, bottom=0.36)
    figure, axes_of = panels(len(moments), columns, SIDE, SIDE, around, head=0.4, foot=0.24)
    headline(figure, "points, real and made")
    limits = [_limits(values) for values in real]
    outside = 0
    for index, (moment, axes) in enumerate(zip(moments, axes_of)):
        quiet(axes, moment.title, story.seats[0].column if index >= len(moments) - columns else "", "")
        axes.set_title(moment.title, fontsize=9, loc="left")
        if index % columns == 0:
            axes.set_ylabel(story.seats[1].column, fontsize=9)
        made = [moment.of(seat) for seat in story.seats]
        outside = sum(any(not low <= v <= high for v, (low, high) in zip(point, limits)) for point in zip(*made))
        axes.scatter(*real, s=5, color=REAL, linewidths=0, label="training rows")
        axes.scatter(*made, s=5, color=MADE, alpha=0.6, linewidths=0, label="made")
        axes.set_xlim(limits[0])
        axes.set_ylim(limits[1])
        few_ticks(axes, 5, 5)
    figure.legend(*axes_of[0].get_legend_handles_labels(), fontsize=8, frameon=False, ncols=2, loc="upper right",
                  markerscale=2, bbox_to_anchor=(1.0, 1 - 0.02 / figure.get_figheight()), borderaxespad=0.2)  # fmt: skip
    lost = f"; at the end {outside} lie outside of the picture" if outside else ""
    caption(figure, f"{len(train):,} training rows, {len(story.end.rows):,} made at the end, always of the same noise{lost}")
    keep(story.run, "samples", figure)


def _limits(values: np.ndarray) -> tuple[float, float]:
    """A little more than the values take."""
    low, high = float(values.min()), float(values.max())
    room = 0.15 * (high - low) or 1.0
    return low - room, high + room
