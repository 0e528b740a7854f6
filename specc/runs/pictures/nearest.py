"""The training row that is nearest to each made one: whether rows are made, or remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.data.visible import Seat
from specc.runs.pictures.samples import FOOT, HEAD, ONE, as_seen, show
from specc.runs.pictures.style import CHARACTER, Margins, caption, headline, keep, panels

if TYPE_CHECKING:
    from specc.runs.pictures.generated import Story

SHOWN, ACROSS = 28, 14
MEASURED = 500
"""Real rows whose distances are compared with those of made ones."""
AT_ONCE = 4_096


def draw_nearest(story: Story, seat: Seat) -> None:
    """`nearest.png`: below each made picture the training picture nearest to it, by the distance of their pixels."""
    train = story.dataset.rows["train"]
    made = story.end.of(seat)
    real = story.dataset.table.columns[seat.column]
    places, distances = nearest(made, real, train)
    chosen = np.linspace(0, len(made) - 1, min(SHOWN, len(made))).round().astype(int)
    across = min(ACROSS, len(chosen))
    lines = -(-len(chosen) // across)
    names = ["made", "nearest"] * lines
    height, width = made.shape[2:]
    longest = max(map(len, names)) * CHARACTER + 0.15
    around = Margins(left=longest, right=0.1, top=0.02, bottom=0.02)
    figure, axes_of = panels(2 * lines, 1, ONE * across, ONE * height / width, around, HEAD, FOOT)
    headline(figure, "made, and the nearest training row")
    for place, axes in enumerate(axes_of):
        stretch = chosen[place // 2 * across : (place // 2 + 1) * across]
        images = as_seen(made[stretch] if place % 2 == 0 else real[train[places[stretch]]])
        padded = np.ones((across, *images.shape[1:]), images.dtype)
        padded[: len(images)] = images
        show(axes, padded, across)
        axes.text(-0.008, 0.5, names[place], transform=axes.transAxes, fontsize=9, ha="right", va="center")
    caption(figure, _said(story, seat, distances))
    keep(story.run, "nearest", figure)


def _said(story: Story, seat: Seat, distances: np.ndarray) -> str:
    """The distances, and those of rows that were not trained on."""
    text = f"the median distance of a made row to its nearest training row is {np.median(distances):.3g} (pixels 0…1)"
    other = next((n for n in ("test", "validation") if len(story.dataset.rows.get(n, ()))), None)
    if other is None:
        return text
    real, train = story.dataset.table.columns[seat.column], story.dataset.rows["train"]
    rows = story.dataset.rows[other][:MEASURED]
    far = np.median(nearest(real[rows], real, train)[1])
    return f"{text}, that of a real row of the {other} split {far:.3g}; where the first is far smaller, rows are remembered"


def nearest(rows: np.ndarray, real: np.ndarray, train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of `rows` the place in `train` of the row of `real` nearest to it, and their euclidean distance, pixels 0…1."""
    x = rows.reshape(len(rows), -1).astype(np.float32) / 255
    best, place = np.full(len(x), np.inf, np.float32), np.zeros(len(x), np.int64)
    for start in range(0, len(train), AT_ONCE):
        y = real[train[start : start + AT_ONCE]].reshape(-1, x.shape[1]).astype(np.float32) / 255
        squares = (x**2).sum(1)[:, None] - 2 * x @ y.T + (y**2).sum(1)
        found = squares.argmin(axis=1)
        least = squares[np.arange(len(x)), found]
        place, best = np.where(least < best, start + found, place), np.minimum(best, least)
    y = real[train[place]].reshape(len(x), -1).astype(np.float32) / 255
    return place, np.sqrt(((x - y) ** 2).sum(1))
