"""The codes of rows as a map, and what a decoder makes of the places on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from matplotlib.ticker import MaxNLocator

from specc.composites import entering
from specc.data.fit import ordered_labels
from specc.door import door
from specc.runs.composites import decoded
from specc.runs.pictures.dreams import show_pictures
from specc.runs.pictures.places import Place, as_seen
from specc.runs.pictures.style import CHARACTER, Margins, caption, few_ticks, headline, keep, panels, quiet, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.pictures.composites import Seen

MOST_POINTS = 3_000
MOST_LABELS = 12
SIDE = 4.2
"""Inches of a panel."""
ACROSS = 15
"""Pictures along a side of the grid."""
REACH = (2.0, 98.0)
"""The percentiles of the codes between which the grid lies."""
HEAD, FOOT = 0.36, 0.3
PALETTE = (
    "#4269d0",
    "#ef8a17",
    "#3ca951",
    "#e7298a",
    "#17a2b8",
    "#9467bd",
    "#8c6d31",
    "#d62728",
    "#7f7f7f",
    "#1b1b1b",
    "#bcbd22",
    "#66c2a5",
)
OTHERS = "#cccccc"


class _Plane(NamedTuple):
    """Where each row lies, and what the axes are."""

    points: np.ndarray
    names: tuple[str, str]
    said: str
    share: float = 0.0
    """Of the variance, where the axes are principal components."""


def draw_map(seen: Seen) -> None:
    """`map.png`: the rows of a split by their codes; where a code is two numbers that make a picture, also that of each place."""
    plane = _plane(seen)
    gridded = seen.shown.codes.shape[1] == 2 and seen.picture is not None and _decodes_alone(seen)
    labels = _labels(seen)
    longest = max((len(name) for name in labels[0]), default=0) * CHARACTER + 0.35 if labels is not None else 0.2
    around = Margins(left=0.62, right=longest, top=0.12, bottom=0.5)
    if not gridded:
        figure, (axes,) = panels(1, 1, SIDE, SIDE, around, head=HEAD, foot=FOOT)
    else:
        figure, (axes, beside) = panels(2, 2, SIDE, SIDE, around, head=HEAD, foot=FOOT)
    headline(figure, f"codes of the {seen.split} rows{plane.said}")
    share = f"; the two components have {plane.share:.0%} of the variance" if plane.share else ""
    quiet(axes, "", *plane.names)
    few_ticks(axes, 5, 5)
    _points(axes, plane.points, labels, seen)
    if gridded and seen.picture is not None:
        _grid(beside, seen, seen.picture)  # pyright: ignore[reportPossiblyUnboundVariable]
    caption(figure, _caption(seen, labels is not None, gridded) + share)
    keep(seen.run, "map", figure)


def _plane(seen: Seen) -> _Plane:
    codes = seen.shown.codes.astype(np.float64)
    count = codes.shape[1]
    if count == 1:
        return _Plane(np.column_stack([codes[:, 0], seen.shown.errors]), ("code", "reconstruction error"), " and their errors")
    if count == 2:
        return _Plane(codes, ("code 0", "code 1"), "")
    centered = codes - codes.mean(axis=0)
    _, strengths, directions = np.linalg.svd(centered, full_matrices=False)
    share = float((strengths[:2] ** 2).sum() / max(float((strengths**2).sum()), 1e-300))
    said = f", two principal components of {count:,}"
    return _Plane(centered @ directions[:2].T, ("first component", "second component"), said, share)


def _labels(seen: Seen) -> tuple[list[str], np.ndarray] | None:
    """The labels of the only category that the data declares, else of the first, the rarest of many as `others`; each row's."""
    data, table = seen.run.spec.data, seen.dataset.table
    assert data is not None
    name = next((n for n, column in table.declared.items() if column.word == "category" and n in table.columns), None)
    if name is None:
        return None
    values = table.columns[name][seen.numbers[seen.split]]
    found, counts = np.unique(values.astype(str), return_counts=True)
    kept = found if len(found) <= MOST_LABELS else found[np.argsort(-counts)[: MOST_LABELS - 1]]
    names = list(ordered_labels(kept.tolist()))
    index = {label: place for place, label in enumerate(names)}
    return names, np.array([index.get(str(value), -1) for value in values])


def _points(axes: Axes, points: np.ndarray, labels: tuple[list[str], np.ndarray] | None, seen: Seen) -> None:
    chosen = np.arange(0, len(points), -(-len(points) // MOST_POINTS))
    points = points[chosen]
    size = 14 if len(points) < 1_000 else 7
    if labels is None:
        dots = axes.scatter(*points.T, s=size, c=seen.shown.errors[chosen], cmap="viridis", linewidths=0, alpha=0.8)
        axes.figure.colorbar(dots, ax=axes, shrink=0.6, label="reconstruction error")
        return
    names, of_rows = labels
    of_rows = of_rows[chosen]
    for place in (-1, *range(len(names))):
        if (of_rows == place).any():
            color, name = (PALETTE[place], shortened(names[place]) or "(missing)") if place >= 0 else (OTHERS, "others")
            axes.scatter(*points[of_rows == place].T, s=size, color=color, label=name, linewidths=0, alpha=0.75)
    axes.legend(
        fontsize=8,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        handletextpad=0.1,
        markerscale=1.4,
    )


def _grid(axes: Axes, seen: Seen, place: Place) -> None:
    """What the decoder makes of the codes on a grid, as the map lies: the second number of the code upwards."""
    (left, low), (right, high) = (np.percentile(seen.shown.codes, reach, axis=0) for reach in REACH)
    xs, ys = np.linspace(left, right, ACROSS), np.linspace(low, high, ACROSS)
    codes = np.array([[x, y] for y in ys[::-1] for x in xs], dtype=np.float32)
    made = decoded(seen.run.spec, seen.run.module, torch.from_numpy(codes))
    show_pictures(axes, as_seen(place, made.reshape(len(made), -1)), ACROSS)
    axes.axis("on")
    quiet(axes, "", "code 0", "code 1")
    axes.grid(False)
    width, height = axes.get_xlim(), axes.get_ylim()
    ends = (width[0], width[1]), (height[0], height[1])
    ticks = [MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(a, b) for a, b in ((left, right), (low, high))]
    for axis, values, (start, end), (first, last) in zip((axes.xaxis, axes.yaxis), ticks, ends, ((left, right), (low, high))):
        values = values[(values >= first) & (values <= last)]
        axis.set_ticks(
            start + (values - first) / ((last - first) or 1.0) * (end - start), [f"{v:g}".replace("-", "−") for v in values]
        )


def _decodes_alone(seen: Seen) -> bool:
    """Whether the decoder takes the code and no column."""
    spec = seen.run.spec
    return all(one.tensor is None for one in entering(spec, spec.graphs["decoder"]))


def _caption(seen: Seen, labelled: bool, gridded: bool) -> str:
    table = seen.dataset.table
    name = next((n for n, column in table.declared.items() if column.word == "category" and n in table.columns), "")
    colored = f"each row in the color of its `{name}`" if labelled else "each row in the color of its error"
    told = {column for tensor in door(seen.run.spec) for column in tensor.columns} | set(seen.run.spec.data.target)  # type: ignore[union-attr]
    said = f"{colored}, which the {seen.run.spec.model.word} was never told" if labelled and name not in told else colored
    return f"{said}; beside it what the decoder makes of each place" if gridded else said
