"""Pictures of rows that a gan, a vae or an autoencoder with a latent makes of noise: beside real ones, and as it learned to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from specc.composites import making_part
from specc.data.prepare import label_indices
from specc.data.visible import Seat, made_seats
from specc.ir import CategoryFit, ImageFit, NumberFit
from specc.runs.generated import condition_label
from specc.runs.snapshots import END, START, Snapshot, snapshots_of

if TYPE_CHECKING:
    from specc.data.dataset import Dataset
    from specc.runs.run import Run


@dataclass
class Moment:
    """Rows that were made at one moment: what it is called in a picture, and each column's values in its own unit."""

    title: str
    seen: Snapshot

    @property
    def rows(self) -> np.ndarray:
        """The numbers of the real rows whose conditions were given."""
        return self.seen["rows"]

    def of(self, seat: Seat) -> np.ndarray:
        return self.seen[f"made/{seat.column}"]


@dataclass
class Story:
    """A run's moments in order, the last at its end, and its real rows."""

    run: Run
    dataset: Dataset
    moments: list[Moment]

    @cached_property
    def seats(self) -> tuple[Seat, ...]:
        return made_seats(self.run.spec)

    @property
    def end(self) -> Moment:
        return self.moments[-1]

    @property
    def maker(self) -> str:
        """`generator`, `decoder`."""
        return making_part(self.run.spec) or ""

    @cached_property
    def label(self) -> str | None:
        """The category that rows are made for, of few labels."""
        return condition_label(self.run.spec)

    def labels(self, rows: np.ndarray) -> list[str]:
        """The labels of real rows; without such a condition none."""
        return [] if self.label is None else self.dataset.table.columns[self.label][rows].tolist()

    def real(self, seat: Seat, rows: np.ndarray) -> np.ndarray:
        """A column of real rows as it was stored of made ones."""
        values = self.dataset.table.columns[seat.column][rows]
        if isinstance(seat.fit, CategoryFit):
            return label_indices(values, seat.fit)
        return values

    @property
    def picture(self) -> Seat | None:
        """The only column that is made, where it is a picture in grey or color."""
        fit = self.seats[0].fit
        return self.seats[0] if len(self.seats) == 1 and isinstance(fit, ImageFit) and fit.size[0] in (1, 3) else None

    @property
    def are_points(self) -> bool:
        """Whether rows are two numbers."""
        return len(self.seats) == 2 and all(isinstance(seat.fit, NumberFit) for seat in self.seats)


def draw_generated(run: Run, dataset: Dataset) -> None:
    """Every picture of the rows that a run makes of noise, where it makes any and what was seen of them is still there."""
    from specc.runs.pictures.distributions import draw_made
    from specc.runs.pictures.latents import draw_codes, draw_interpolation, draw_plane
    from specc.runs.pictures.nearest import draw_nearest
    from specc.runs.pictures.points import draw_points
    from specc.runs.pictures.samples import draw_growth, draw_samples

    story = story_of(run, dataset)
    if story is None:
        return
    if story.picture is None:
        draw_points(story) if story.are_points else draw_made(story)
        return
    draw_samples(story, story.picture)
    draw_growth(story, story.picture)
    draw_nearest(story, story.picture)
    draw_interpolation(story)
    draw_plane(story)
    draw_codes(story)


def story_of(run: Run, dataset: Dataset) -> Story | None:
    """The moments of the last phase that has any."""
    if making_part(run.spec) is None:
        return None
    for phase in reversed([phase for phase in run.spec.phases if phase.is_run]):
        snapshots = snapshots_of(run.path, phase)
        if END not in snapshots or "rows" not in snapshots[END]:
            continue
        last = max((e["epoch"] for e in run.history if e.get("phase") == phase.name and "train" in e), default=None)
        return Story(run, dataset, [Moment(_title(moment, last), seen) for moment, seen in snapshots.items()])
    return None


def _title(moment: str, last: int | None) -> str:
    if moment == START:
        return "at the start"
    if moment == END:
        return f"at the end (epoch {last})" if last is not None else "at the end"
    return f"after epoch {moment.partition('_')[2]}"
