"""How the values of each column are distributed in the data, and in rows that a machine dreams of or that are made of noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from specc.ir import CategoryFit, NumberFit
from specc.runs.pictures.places import Place
from specc.runs.pictures.style import COLORS, MARK, Margins, caption, few_ticks, headline, keep, panels, quiet, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.pictures.generated import Story
    from specc.runs.pictures.machines import Stage
    from specc.runs.run import Run

MOST_COLUMNS, MOST_UNITS = 12, 40
"""Of more columns, or of one of more units, only the means are drawn."""
MOST_LABELS = 8
MOST_PANELS, MOST_ROWS = 16, 10_000
HEAD, FOOT = 0.42, 0.2
DATA, DREAM = "#d5d8dd", COLORS["validation"]


def draw_distributions(run: Run, stages: list[Stage], places: list[Place]) -> None:
    """`fantasies.png`: each column's values in the data and in rows that the model dreams of."""
    end = stages[-1].end
    assert end is not None
    data, dreams = end["training"], end["dreams"]
    if len(places) > MOST_COLUMNS or any(len(place.names) > MOST_UNITS for place in places):
        _draw_means(run, stages[-1], data, dreams)
        return
    columns = min(4, len(places))
    figure, axes_of = panels(
        len(places), columns, 2.5, 1.6, Margins(left=0.5, right=0.2, top=0.34, bottom=0.5), head=0.46, foot=0.2
    )
    headline(figure, f"fantasies of {stages[-1].names[-1]}: how each column is distributed")
    for place, axes in zip(places, axes_of):
        quiet(axes, shortened(place.column, 26))
        if isinstance(place.fit, CategoryFit):
            bars(axes, place.fit.labels, data[:, place.place].mean(axis=0), dreams[:, place.place].mean(axis=0))
        else:
            histograms(axes, _own(place, data), _own(place, dreams))
    figure.legend(*axes_of[0].get_legend_handles_labels(), fontsize=8, frameon=False, ncols=2, loc="upper left",
                  bbox_to_anchor=(0.0, 1 - 0.27 / figure.get_figheight()), borderaxespad=0.2)  # fmt: skip
    caption(figure, f"shares of {len(data):,} training rows and of {_said(end)}")
    keep(run, "fantasies", figure)


def _said(end: dict[str, np.ndarray]) -> str:
    count = len(end["dreams"])
    if "gibbs_steps" in end:
        return f"{count:,} drawn rows, {int(end['gibbs_steps'][0])} Gibbs steps from the data's base rates"
    return f"{count:,} rows drawn from the persistent chains"


def _own(place: Place, rows: np.ndarray) -> np.ndarray:
    """A column's values in its own unit."""
    values = rows[:, place.place]
    if not isinstance(place.fit, NumberFit):
        return values.ravel()
    own = values[:, 0].astype(np.float64) * place.fit.scale + place.fit.center
    return np.expm1(own) if place.fit.transform == "log1p" else own


def draw_made(story: Story) -> None:
    """`samples.png`: each column's values in the training rows and in rows that a generator or decoder makes."""
    numbers, end = story.dataset.rows["train"][:MOST_ROWS], story.end
    seats = story.seats[:MOST_PANELS]
    columns = min(4, len(seats))
    figure, axes_of = panels(
        len(seats), columns, 2.5, 1.6, Margins(left=0.5, right=0.2, top=0.34, bottom=0.5), head=0.46, foot=0.2
    )
    headline(figure, "real and made: how each column is distributed")
    for seat, axes in zip(seats, axes_of):
        quiet(axes, shortened(seat.column, 26))
        real, made = story.real(seat, numbers), end.of(seat)
        if isinstance(seat.fit, CategoryFit):
            count = len(seat.fit.labels)
            shares = [np.bincount(values[values >= 0], minlength=count) / len(values) for values in (real, made)]
            bars(axes, seat.fit.labels, shares[0], shares[1], "made")
        else:
            histograms(axes, _known(real), _known(made), "made")
    figure.legend(*axes_of[0].get_legend_handles_labels(), fontsize=8, frameon=False, ncols=2, loc="upper left",
                  bbox_to_anchor=(0.0, 1 - 0.27 / figure.get_figheight()), borderaxespad=0.2)  # fmt: skip
    more = f"; the first {len(seats)} of {len(story.seats)} columns" if len(seats) < len(story.seats) else ""
    caption(figure, f"shares of {len(numbers):,} training rows and of {len(end.rows):,} rows made {end.title}{more}")
    keep(story.run, "samples", figure)


def _known(values: np.ndarray) -> np.ndarray:
    """The numbers that are not missing."""
    flat = values.astype(np.float64).ravel()
    return flat[np.isfinite(flat)]


def histograms(axes: Axes, data: np.ndarray, drawn: np.ndarray, name: str = "fantasies") -> None:
    """The shares of values, the outermost in the bins at the ends."""
    low, high = (float(np.percentile(np.concatenate([data, drawn]), p)) for p in (0.5, 99.5))
    bins = np.linspace(low, high if high > low else low + 1.0, 25)
    shares = [np.histogram(np.clip(values, low, high), bins)[0] / max(1, len(values)) for values in (data, drawn)]
    axes.stairs(shares[0], bins, fill=True, color=DATA, label="data")
    axes.stairs(shares[1], bins, color=DREAM, linewidth=1.5, label=name)
    few_ticks(axes, 4, 4)


def bars(axes: Axes, all_labels: Sequence[str], data: np.ndarray, drawn: np.ndarray, name: str = "fantasies") -> None:
    """The shares of labels, of the most frequent ones where there are many."""
    order = np.sort(np.argsort(-np.maximum(data, drawn))[:MOST_LABELS])
    labels = [shortened(all_labels[int(i)], 12) for i in order]
    lines = np.arange(len(order))
    axes.bar(lines - 0.2, data[order], 0.4, color=DATA, label="data")
    axes.bar(lines + 0.2, drawn[order], 0.4, color=DREAM, label=name)
    few_ticks(axes)
    slanted = sum(map(len, labels)) > 26
    axes.set_xticks(lines, labels, **({"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if slanted else {}))


def _draw_means(run: Run, stage: Stage, data: np.ndarray, dreams: np.ndarray) -> None:
    """Of very many columns: a dot a visible unit."""
    figure, (axes,) = panels(1, 1, 3.8, 3.6, Margins(left=0.85, bottom=0.55), head=HEAD, foot=FOOT)
    headline(figure, f"fantasies of {stage.names[-1]}: the mean of each visible unit")
    quiet(axes, "", "data", "fantasies")
    few_ticks(axes, 5)
    truth, found = data.mean(axis=0), dreams.mean(axis=0)
    axes.scatter(truth, found, s=12, alpha=0.6, color=DREAM, linewidths=0)
    ends = [min(truth.min(), found.min()), max(truth.max(), found.max())]
    axes.plot(ends, ends, color=MARK, linewidth=1, linestyle="--")
    assert stage.end is not None
    caption(figure, f"{len(truth)} units; {len(data):,} training rows and {_said(stage.end)}")
    keep(run, "fantasies", figure)
