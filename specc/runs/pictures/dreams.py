"""Pictures that machines give back beside those that they were given, and pictures that they dream of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.door import answers
from specc.ir import CategoryFit
from specc.runs.pictures.places import Images, Place, as_seen, mosaic
from specc.runs.pictures.style import CHARACTER, Margins, caption, headline, keep, panels, shortened
from specc.runs.snapshots import OF_EACH_LABEL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.pictures.machines import Stage
    from specc.runs.run import Run

ACROSS = 10
SIDE = 3.2
"""Inches of a panel of pictures, and of one picture in a row."""
ONE = 0.55
HEAD, FOOT = 0.36, 0.3


def draw_given_back(run: Run, stages: list[Stage], place: Place) -> None:
    """`reconstructions.png`: a row of the data's pictures, below it what each machine makes of them."""
    newest = {stage.names[-1]: stage for stage in stages}
    rows = [("data", _data(stages))]
    rows += [(f"by {_through(stage.names)}", stage.end["given_back"]) for stage in newest.values() if stage.end is not None]
    images = [(label, as_seen(place, values)) for label, values in rows]
    count, height, width = images[0][1].shape[:3]
    longest = max(len(label) for label, _ in images) * CHARACTER + 0.2
    around = Margins(left=longest, right=0.1, top=0.03, bottom=0.03)
    figure, axes_of = panels(len(images), 1, ONE * count, ONE * height / width, around, head=HEAD, foot=FOOT)
    headline(figure, "pictures given back")
    for (label, row), axes in zip(images, axes_of):
        show_pictures(axes, row, count)
        axes.text(-0.08 / (ONE * count), 0.5, label, transform=axes.transAxes, fontsize=9, ha="right", va="center")
    caption(figure, "up to the means of the hidden units and down again, at the end of each machine's training")
    keep(run, "reconstructions", figure)


def draw_dreams(run: Run, stages: list[Stage], place: Place) -> None:
    """`fantasies.png`: what a machine, or a stack of them, takes the data to be; where labels are visible, a row a label."""
    newest = list({stage.names[-1]: stage for stage in stages}.values())
    labels = _labels(run) if len(newest) == 1 else []
    across = OF_EACH_LABEL if labels else ACROSS
    sets = [(stage, as_seen(place, stage.end["dreams"])) for stage in newest if stage.end is not None]
    height, width = sets[0][1].shape[1:3]
    most = max(len(images) for _, images in sets)
    down = -(-most // across) * height / (across * width)
    longest = max((len(label) for label in labels), default=0) * CHARACTER
    around = Margins(left=0.1 + longest, right=0.1, top=0.28 if len(sets) > 1 else 0.03, bottom=0.05)
    figure, axes_of = panels(len(sets), len(sets), SIDE * across / ACROSS, SIDE * across / ACROSS * down, around, HEAD, FOOT)
    headline(figure, "fantasies" if len(sets) > 1 else f"fantasies of {sets[0][0].names[-1]}")
    for (stage, images), axes in zip(sets, axes_of):
        show_pictures(axes, images, across)
        if len(sets) > 1:
            axes.set_title(_through(stage.names), fontsize=9, loc="left", pad=4)
        for row, label in enumerate(labels):
            middle = 1 - (row + 0.5) / len(labels)
            axes.text(-0.015, middle, label, transform=axes.transAxes, fontsize=9, ha="right", va="center")
    caption(figure, _way([stage.end for stage, _ in sets if stage.end is not None], bool(labels)))
    keep(run, "fantasies", figure)


def _way(seen: list[dict[str, np.ndarray]], labelled: bool) -> str:
    """How the fantasies were come by."""
    steps = [int(one["gibbs_steps"][0]) for one in seen if "gibbs_steps" in one]
    if not steps:
        return "means of the visible units of the persistent chains, at the end of training"
    held = ", the label held" if labelled else ""
    return f"means of the visible units after {steps[0]} Gibbs steps from the data's base rates{held}"


def _labels(run: Run) -> list[str]:
    """The labels that stand among the visible units."""
    assert run.spec.bound is not None
    columns = [answer.column for answer in answers(run.spec.graph)]
    fit = run.spec.bound.fits.get(columns[0]) if columns and run.spec.model.word == "rbm" else None
    return [shortened(label, 16) for label in fit.labels] if isinstance(fit, CategoryFit) else []


def _data(stages: list[Stage]) -> np.ndarray:
    return next(stage.end["data"] for stage in stages if stage.end is not None)


def _through(names: list[str]) -> str:
    """`rbm_1`, `rbm_1 … rbm_3`."""
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"


def show_pictures(axes: Axes, images: Images, across: int) -> None:
    """Pictures side by side, so many in a row."""
    axes.axis("off")
    if images.ndim == 3:
        axes.imshow(mosaic(images, across), cmap="gray", vmin=0, vmax=1, aspect="auto")
    else:
        axes.imshow(mosaic(images, across, 1.0), aspect="auto")
