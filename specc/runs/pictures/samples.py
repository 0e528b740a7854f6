"""Pictures that were made of noise: beside real ones, and how they came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.data.visible import Seat
from specc.runs.pictures.places import Images, mosaic
from specc.runs.pictures.style import CHARACTER, Margins, caption, headline, keep, panels, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.pictures.generated import Moment, Story

SIDE = 3.2
"""Inches of a panel, and of one picture in a line."""
ONE = 0.5
ACROSS, LINE = 8, 14
MOST_MOMENTS = 12
HEAD, FOOT = 0.36, 0.3


def draw_samples(story: Story, seat: Seat) -> None:
    """`samples.png`: real pictures on the left, made ones on the right; where a label is the condition, a line a label."""
    end = story.end
    across, labels = ACROSS, story.labels(end.rows)
    if labels:
        across = labels.count(labels[0])
        labels = [shortened(label, 14) for label in labels[::across]]
    real, made = (as_seen(values) for values in (story.real(seat, end.rows), end.of(seat)))
    height, width = made.shape[1:3]
    lines = -(-len(made) // across)
    longest = max((len(label) for label in labels), default=0) * CHARACTER
    around = Margins(left=0.1 + longest + (0.1 if labels else 0.0), right=0.1, top=0.28, bottom=0.05)
    side = min(SIDE, 0.4 * across)
    figure, axes_of = panels(2, 2, side, side * lines * height / (across * width), around, HEAD, FOOT)
    headline(figure, "real and made")
    for axes, images, title in zip(axes_of, (real, made), ("training rows", f"made by the {story.maker}")):
        show(axes, images, across)
        axes.set_title(title, fontsize=9, loc="left", pad=4)
        for line, label in enumerate(labels):
            axes.text(-0.02, 1 - (line + 0.5) / len(labels), label, transform=axes.transAxes, fontsize=9, ha="right", va="center")
    caption(figure, _said(story, bool(labels)))
    keep(story.run, "samples", figure)


def _said(story: Story, labelled: bool) -> str:
    if labelled:
        return f"each line for one {story.label}; {story.end.title}, of noise that was the same all the time"
    return f"{story.end.title}, of noise that was the same all the time"


def draw_growth(story: Story, seat: Seat) -> None:
    """`samples_over_time.png`: a line a moment, what was made of the same noise."""
    moments = spread(story.moments, MOST_MOMENTS)
    if len(moments) < 2:
        return
    least = min(len(moment.rows) for moment in moments)
    chosen = np.linspace(0, least - 1, min(LINE, least)).round().astype(int)
    height, width = as_seen(moments[0].of(seat)).shape[1:3]
    longest = max(len(moment.title) for moment in moments) * CHARACTER + 0.15
    around = Margins(left=longest, right=0.1, top=0.03, bottom=0.03)
    figure, axes_of = panels(len(moments), 1, ONE * len(chosen), ONE * height / width, around, HEAD, FOOT)
    headline(figure, "made of the same noise, as the training went on")
    for moment, axes in zip(moments, axes_of):
        show(axes, as_seen(moment.of(seat))[chosen], len(chosen))
        axes.text(-0.008, 0.5, moment.title, transform=axes.transAxes, fontsize=9, ha="right", va="center")
    caption(figure, "each column is one draw of the noise" + (f", for one {story.label}" if story.label else ""))
    keep(story.run, "samples_over_time", figure)


def spread(moments: list[Moment], most: int) -> list[Moment]:
    """At most so many moments, the first and the last among them; the earlier ones lie nearer together."""
    if len(moments) <= most:
        return moments
    places = np.unique(np.geomspace(1, len(moments), most).round().astype(int) - 1)
    return [moments[place] for place in places]


def as_seen(values: np.ndarray) -> Images:
    """Pictures `[rows, channels, height, width]`, 0…255, as they are drawn, 0…1."""
    images = values.astype(np.float32) / 255
    return images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)


def show(axes: Axes, images: Images, across: int) -> None:
    axes.axis("off")
    if images.ndim == 3:
        axes.imshow(mosaic(images, across), cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    else:
        axes.imshow(mosaic(images, across, 1.0), aspect="auto", interpolation="nearest")
