"""Pictures of restricted Boltzmann machines: what they looked for in training, what they give back, what they dream of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from specc.door import identifier
from specc.ir import Phase
from specc.machines import machines
from specc.runs.pictures.places import picture_place, visible_places
from specc.runs.snapshots import END, FILTERS, START, Snapshot, snapshots_of
from specc.training.boltzmann.views import projected_filters
from specc.vocabulary.regularizers import Sparsity

if TYPE_CHECKING:
    from specc.runs.run import Run


@dataclass
class Moment:
    """A machine at one moment: what it is called in a picture, and what was seen of it."""

    title: str
    seen: Snapshot


@dataclass
class Stage:
    """One phase that trained a machine, the names of the machines that it stands on and of itself, and its moments in order."""

    phase: Phase
    names: list[str]
    units: str
    suffix: str
    moments: list[Moment] = field(default_factory=list)

    @property
    def end(self) -> Snapshot | None:
        """What was seen when the phase was over."""
        return next((moment.seen for moment in self.moments if "dreams" in moment.seen), None)

    @property
    def target(self) -> float | None:
        """The mean that the units are drawn to, if they are."""
        found = [r.target for r in self.phase.settings.regularize if isinstance(r, Sparsity)]
        return found[0] if found else None


def draw_machines(run: Run) -> None:
    """Every picture of the machines of a run, where it has any and what was seen of them is still there."""
    from specc.runs.pictures.activations import draw_activations
    from specc.runs.pictures.distributions import draw_distributions
    from specc.runs.pictures.dreams import draw_dreams, draw_given_back
    from specc.runs.pictures.strokes import draw_strokes
    from specc.runs.pictures.tables import draw_errors, draw_weights

    stages = stages_of(run)
    if not stages:
        return
    picture, places = picture_place(run.spec), visible_places(run.spec)
    for stage in stages:
        draw_activations(run, stage)
        if picture is not None:
            draw_strokes(run, stage, picture)
        else:
            draw_weights(run, stage, places)
    ended = [stage for stage in stages if stage.end is not None]
    if picture is not None and ended:
        draw_given_back(run, ended, picture)
        draw_dreams(run, ended, picture)
    elif ended:
        draw_errors(run, ended, places)
        draw_distributions(run, ended, places)


def stages_of(run: Run) -> list[Stage]:
    """The phases that trained one machine each, with what was seen of it."""
    order = [node.name for node in machines(run.spec)]
    units = {node.name: node.layer.units.word for node in machines(run.spec)}  # type: ignore[attr-defined]
    trained = [phase for phase in run.spec.phases if phase.layer in order and phase.is_run]
    stages = []
    for phase in trained:
        assert phase.layer is not None
        names = order[: order.index(phase.layer) + 1]
        stage = Stage(phase, names, units[phase.layer], _suffix(phase, trained))
        epochs = [event["epoch"] for event in run.history if event.get("phase") == phase.name and "train" in event]
        for moment, seen in snapshots_of(run.path, phase).items():
            stage.moments.append(Moment(_title(moment, max(epochs, default=None)), seen))
        if stage.moments:
            stages.append(stage)
    for stage in stages:
        _add_what_became_of_it(run, stage)
    return stages


def _suffix(phase: Phase, trained: list[Phase]) -> str:
    """What tells the pictures of a phase from those of others."""
    if len(trained) == 1:
        return ""
    alone = sum(other.layer == phase.layer for other in trained) == 1
    return f"_{phase.layer}" if alone else f"_{phase.name.replace('.', '_')}"


def _title(moment: str, last: int | None) -> str:
    if moment == START:
        return "at the start"
    if moment == END:
        return f"at the end, after {last} epoch{'s' if last != 1 else ''}" if last is not None else "at the end"
    epoch = moment.partition("_")[2]
    return f"after {epoch} epoch{'s' if epoch != '1' else ''}"


def _add_what_became_of_it(run: Run, stage: Stage) -> None:
    """A last moment, where a later phase changed what the machine looks for."""
    last = next((phase for phase in reversed(run.spec.phases) if phase.is_run), None)
    if last is None or last.name == stage.phase.name or stage.end is None:
        return
    stack = [run.module.get_submodule(identifier(name)) for name in stage.names]
    filters = projected_filters(stack, FILTERS).numpy()  # type: ignore[arg-type]
    if not np.array_equal(filters, stage.end["filters"]):
        stage.moments.append(Moment(f"after {last.name}", {"filters": filters}))
