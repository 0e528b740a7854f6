"""Pictures of a run: how it learned, how it answers, what its first layer looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.runs.pictures.curves import curves_svg as curves_svg
from specc.runs.pictures.curves import draw_curves

if TYPE_CHECKING:
    from specc.data.bind import Dataset
    from specc.runs.run import Run
    from specc.training.evaluate import Evaluation


def draw_pictures(run: Run, dataset: Dataset, evaluated: dict[str, Evaluation]) -> None:
    """Writes `pictures/*.png`: curves, the answers on the test split (else the next best), filters and feature maps, machines."""
    from specc.composites import is_composite
    from specc.runs.pictures.answers import draw_answers
    from specc.runs.pictures.composites import draw_composite
    from specc.runs.pictures.filters import draw_filters
    from specc.runs.pictures.generated import draw_generated
    from specc.runs.pictures.machines import draw_machines

    draw_curves(run)
    draw_machines(run)
    if run.spec.is_of_ratings:
        return
    split = next((name for name in ("test", "validation", "train") if name in evaluated), None)
    if split is not None and is_composite(run.spec):
        draw_composite(run, dataset)
        draw_generated(run, dataset)
    elif split is not None:
        draw_answers(run, split, evaluated[split])
    if split is not None:
        draw_filters(run, dataset, split)
