"""Rows above what a decoder makes of their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.runs.pictures.dreams import show_pictures
from specc.runs.pictures.places import as_seen
from specc.runs.pictures.style import CHARACTER, Margins, caption, headline, keep, panels
from specc.runs.pictures.tables import draw_unit_errors

if TYPE_CHECKING:
    from specc.runs.pictures.composites import Seen

COUNT = 16
ONE = 0.55
"""Pictures in a row, and inches of one."""
HEAD, FOOT = 0.36, 0.3


def draw_rebuilt(seen: Seen) -> None:
    """`reconstructions.png`: pictures, what the encoder sees of them in training, what comes back; of tables each error."""
    if seen.picture is None:
        names = [name for place in seen.places for name in place.names]
        rows, made = (values.reshape(len(values), -1) for values in (seen.shown.rows, seen.shown.made))
        title, unit = "what comes back of each number", "root mean squared error, in the network's scale"
        draw_unit_errors(seen.run, names, rows, [("through the code", made)], title, unit)
        return
    lines = [(seen.split, seen.shown.rows)]
    if seen.noisy is not None and seen.mended is not None:
        lines += [("with noise", seen.noisy), ("mended", seen.mended)]
    lines.append(("rebuilt", seen.shown.made))
    images = [(label, as_seen(seen.picture, values[:COUNT].reshape(len(values[:COUNT]), -1))) for label, values in lines]
    count, height, width = images[0][1].shape[:3]
    longest = max(len(label) for label, _ in images) * CHARACTER + 0.2
    around = Margins(left=longest, right=0.1, top=0.03, bottom=0.03)
    figure, axes_of = panels(len(images), 1, ONE * count, ONE * height / width, around, head=HEAD, foot=FOOT)
    headline(figure, f"{seen.picture.column}: rows and what is rebuilt of them")
    for (label, row), axes in zip(images, axes_of):
        show_pictures(axes, row, count)
        axes.text(-0.08 / (ONE * count), 0.5, label, transform=axes.transAxes, fontsize=9, ha="right", va="center")
    caption(figure, _caption(seen))
    keep(seen.run, "reconstructions", figure)


def _caption(seen: Seen) -> str:
    numbers = int(np.prod(seen.shown.codes.shape[1:]))
    size = int(np.prod(seen.shown.rows.shape[1:]))
    said = f"{size:,} numbers of a picture, {numbers:,} of its code; mean squared error {seen.shown.errors.mean():.4f}"
    return f"{said}; mended is what comes back of the noise, rebuilt of the row itself" if seen.noisy is not None else said
