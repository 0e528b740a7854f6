"""Pictures of machines over tables: their weights to each column, and what they give back of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from specc.runs.pictures.places import Place
from specc.runs.pictures.style import (
    CHARACTER,
    TRAIN,
    Margins,
    caption,
    few_ticks,
    headline,
    keep,
    panels,
    quiet,
    shortened,
)

if TYPE_CHECKING:
    from specc.runs.pictures.machines import Stage
    from specc.runs.run import Run

MOST_UNITS = 40
"""Visible units that have a line each."""
LINE = 0.2
"""Inches of a line."""
HEAD = 0.42
CERTAIN = 99.5


def draw_weights(run: Run, stage: Stage, places: list[Place]) -> None:
    """`weights.png`: a line a visible unit, a column a hidden one, at each moment."""
    names = [shortened(name, 28) for place in places for name in place.names]
    if len(names) > MOST_UNITS:
        return
    count, units = len(stage.moments), len(stage.moments[0].seen["filters"])
    width = min(3.0, max(1.6, 0.16 * units))
    around = Margins(left=0.12, right=0.12, top=0.28, bottom=0.62)
    longest = max(map(len, names)) * CHARACTER
    figure, axes_of = panels(count, count, width, LINE * len(names), around, head=HEAD, foot=0.1, side=longest)
    headline(figure, f"weights of {stage.names[-1]} to each visible unit")
    for index, (moment, axes) in enumerate(zip(stage.moments, axes_of)):
        weights = moment.seen["filters"].T
        largest = float(np.percentile(np.abs(weights), CERTAIN)) or 1.0
        axes.imshow(weights, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto", interpolation="nearest")
        quiet(axes, "", f"hidden unit (±{largest:.2g})")
        axes.set_title(moment.title, fontsize=9, loc="left", pad=4)
        axes.grid(False)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_yticks(range(len(names)), names if index == 0 else [])
        axes.spines[:].set_visible(False)
        axes.tick_params(axis="y", length=0)
    down = "·".join(f"W({name})" for name in reversed(stage.names))
    product = f", brought down to them: {down}" if len(stage.names) > 1 else ""
    caption(figure, f"red is positive, blue negative; each panel on its own scale{product}")
    keep(run, f"weights{stage.suffix}", figure)


def draw_errors(run: Run, stages: list[Stage], places: list[Place]) -> None:
    """`reconstructions.png`: the error of each visible unit beside that of giving back its mean."""
    newest = list({stage.names[-1]: stage for stage in stages}.values())
    data = next(stage.end["data"] for stage in newest if stage.end is not None)
    given = [(f"through {stage.names[-1]}", stage.end["given_back"]) for stage in newest if stage.end is not None]
    labels = [name for place in places for name in place.names]
    unit = "root mean squared error, as the machine sees the unit"
    draw_unit_errors(run, labels, data, given, "what comes back of each visible unit", unit)


def draw_unit_errors(
    run: Run, labels: list[str], data: np.ndarray, given: list[tuple[str, np.ndarray]], title: str, unit: str
) -> None:
    """`reconstructions.png`: by column of numbers the error of what is `given` back of the data, beside that of the mean."""
    names = np.array([shortened(name, 28) for name in labels])
    spread = data.std(axis=0)
    errors = [np.sqrt(((values - data) ** 2).mean(axis=0)) for _, values in given]
    order = np.arange(len(names)) if len(names) <= MOST_UNITS else np.sort(np.argsort(-errors[-1])[:MOST_UNITS])
    around = Margins(left=max(map(len, names[order])) * CHARACTER + 0.2, right=0.3, top=0.2, bottom=0.72)
    figure, (axes,) = panels(1, 1, 4.6, (LINE + 0.06) * len(order) + 0.1, around, head=HEAD)
    headline(figure, title)
    quiet(axes, "", unit)
    few_ticks(axes)
    lines, thick = np.arange(len(order)), 0.7 / len(given)
    for index, ((label, _), error) in enumerate(zip(given, errors)):
        place = lines + (index - (len(given) - 1) / 2) * thick
        axes.barh(place, error[order], thick, color=TRAIN, alpha=1 - 0.6 * index / len(given), label=label)
    axes.plot(spread[order], lines, "|", color="#333333", markersize=11, markeredgewidth=1.6, label="giving back the mean")
    axes.set_yticks(lines, names[order])
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlim(0, 1.08 * max(float(spread[order].max()), *(float(error[order].max()) for error in errors)))
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    figure.legend(*axes.get_legend_handles_labels(), fontsize=8, frameon=False, ncols=4, loc="upper left",
                  bbox_to_anchor=(0.0, 1 - 0.28 / figure.get_figheight()), borderaxespad=0.2, handlelength=1.2)  # fmt: skip
    rest = f"; the {MOST_UNITS} of {len(names)} units with the largest error" if len(order) < len(names) else ""
    caption(figure, f"{len(data):,} rows{rest}")
    keep(run, "reconstructions", figure)
