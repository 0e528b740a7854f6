"""How the hidden units of a machine answer to the same rows while it is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.runs.pictures.style import MARK, TRAIN, caption, few_ticks, headline, keep, new_figure, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.pictures.machines import Stage
    from specc.runs.run import Run

WIDTH, HEIGHT, LOW = 2.5, 2.3, 1.3
"""Inches of a heat map, and of the histogram below it."""
LEFT, BETWEEN, HEAD, GAP, FOOT, BAR = 0.62, 0.3, 0.62, 0.4, 0.78, 0.7
BINS = 30


def draw_activations(run: Run, stage: Stage) -> None:
    """`activations.png`: a row a row of the data, a column a hidden unit; below it how active each unit is on average."""
    moments = [moment for moment in stage.moments if "activations" in moment.seen]
    count = len(moments)
    size = (LEFT + count * WIDTH + (count - 1) * BETWEEN + BAR, HEAD + HEIGHT + GAP + LOW + FOOT)
    figure = new_figure(*size)
    headline(figure, f"hidden units of {stage.names[-1]}: how they answer to the same rows")
    rows, units = _order(next(moment.seen for moment in reversed(moments))["activations"])
    low, high = _range(stage, [moment.seen["activations"] for moment in moments])
    bins = np.linspace(*_range(stage, [moment.seen["means"] for moment in moments]), BINS + 1)
    counts = [np.histogram(moment.seen["means"], bins)[0] for moment in moments]
    for index, moment in enumerate(moments):
        left = LEFT + index * (WIDTH + BETWEEN)
        above = figure.add_axes((left / size[0], (FOOT + LOW + GAP) / size[1], WIDTH / size[0], HEIGHT / size[1]))
        below = figure.add_axes((left / size[0], FOOT / size[1], WIDTH / size[0], LOW / size[1]))
        shown = above.imshow(
            moment.seen["activations"][rows][:, units],
            cmap="viridis",
            vmin=low,
            vmax=high,
            aspect="auto",
            interpolation="nearest",
        )
        quiet(above, "", "hidden units", "rows" if index == 0 else "")
        above.set_title(moment.title, fontsize=9, loc="left", pad=4)
        above.grid(False)
        above.set_xticks([])
        above.set_yticks([])
        _histogram(below, bins, counts[index], max(int(found.max()) for found in counts), index == 0, stage.target)
        below.tick_params(labelleft=index == 0)
        if index == count - 1:
            bar = figure.add_axes(((left + WIDTH + 0.1) / size[0], (FOOT + LOW + GAP) / size[1], 0.1 / size[0], HEIGHT / size[1]))
            figure.colorbar(shown, cax=bar).ax.tick_params(labelsize=8, length=2)
    caption(figure, _caption(stage, moments[-1].seen))
    keep(run, f"activations{stage.suffix}", figure)


def _order(activations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and units in the order of the first principal component, so that those that are alike lie together."""
    rows, _, units = np.linalg.svd(activations - activations.mean(axis=0), full_matrices=False)
    return np.argsort(rows[:, 0], kind="stable"), np.argsort(units[0], kind="stable")


def _range(stage: Stage, values: list[np.ndarray]) -> tuple[float, float]:
    """From where to where values go; chances from 0 to 1."""
    if stage.units == "bernoulli":
        return 0.0, 1.0
    low, high = min(float(v.min()) for v in values), max(float(np.percentile(v, 99.5)) for v in values)
    return low, high if high > low else low + 1.0


def _histogram(axes: Axes, bins: np.ndarray, counts: np.ndarray, most: int, is_first: bool, target: float | None) -> None:
    quiet(axes, "", "mean activation", "units" if is_first else "")
    axes.bar(bins[:-1], counts, np.diff(bins), align="edge", color=TRAIN)
    axes.set_xlim(bins[0], bins[-1])
    axes.set_ylim(0, 1.05 * most)
    few_ticks(axes, 5, 4)
    if target is not None:
        axes.axvline(target, color=MARK, linewidth=1, linestyle="--")
        axes.annotate(
            f"target {target:g}", (target, 1), (3, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
            fontsize=7, va="top", color="#777777",
        )  # fmt: skip


def _caption(stage: Stage, seen: dict[str, np.ndarray]) -> str:
    rows, units = seen["activations"].shape
    total = len(seen["means"])
    of = f"the first {units} of {total:,} hidden units" if units < total else f"all {total} hidden units"
    return (
        f"{rows} training rows, {of}, both in the order of the first principal component at the end;"
        " below, how many of all units have which mean over up to 1,000 rows"
    )
