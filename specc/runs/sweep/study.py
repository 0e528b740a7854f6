"""A sweep under way: the study that remembers every trial, and the runs that the trials are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from specc.ir import Spec
from specc.runs.folder import RunFolder
from specc.runs.several import status_of
from specc.runs.sweep.sampler import NumberedSampler
from specc.runs.sweep.space import defaults_of, overrides_of, suggested
from specc.runs.train import Order
from specc.runs.workers import Event, GoesOn, Outcome, Task
from specc.vocabulary.sections import Maximize, MedianPruning

FOLDER = "folder"
"""The attribute of a trial that names the sweep's folder which it belongs to, where several machines share a study."""


def open_study(spec: Spec, name: str, url: str, seed: int, space: dict[str, BaseDistribution]) -> Study:
    """The study of that name in a storage, or a new one there. Raises what the storage raises."""
    assert spec.sweep is not None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    patient = {"connect_args": {"timeout": 60}} if url.startswith("sqlite:") else {}
    return optuna.create_study(
        storage=optuna.storages.RDBStorage(url, engine_kwargs=patient),
        sampler=NumberedSampler(seed, defaults_of(spec, space)),
        pruner=_pruner(spec),
        study_name=name,
        direction="maximize" if isinstance(spec.sweep.objective, Maximize) else "minimize",
        load_if_exists=True,
    )


def _pruner(spec: Spec) -> BasePruner:
    assert spec.sweep is not None
    prune = spec.sweep.prune
    if not isinstance(prune, MedianPruning):
        return NopPruner()
    return MedianPruner(prune.trials, n_warmup_steps=prune.epochs, n_min_trials=prune.trials)


class Search:
    """Asks the study for trials, has them trained, and tells it what they reached. `key` names the folder in the study."""

    def __init__(
        self, spec: Spec, order: Order, folder: Path, key: str, study: Study, space: dict[str, BaseDistribution], shared: bool
    ) -> None:
        assert spec.sweep is not None
        self.spec, self.order, self.folder, self.key, self.study, self.space = spec, order, folder, key, study, space
        self.shared = shared
        self.split, _, self.measure = spec.sweep.objective.measure.partition(".")  # type: ignore[attr-defined]
        self.values: dict[str, dict[str, Any]] = {}
        """What each task of this process was given, by its name."""

    def tasks(self, trials: int) -> Iterator[Task]:
        """The trials that were left unfinished here, and then new ones, until the study has so many."""
        for frozen in self.left():
            trial = Trial(self.study, frozen._trial_id)
            task = self._task(trial, set(frozen.intermediate_values))
            status = status_of(self.folder / task.name)
            if status in ("pruned", "failed"):
                self.tell(task, Outcome(status))
            else:
                yield task
        while len(self.study.get_trials(deepcopy=False)) < trials:
            yield self._task(self.study.ask(), set())

    def left(self) -> list[FrozenTrial]:
        """The trials that began in this folder, or died before they said where."""
        running = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        return [trial for trial in running if trial.user_attrs.get(FOLDER, None if self.shared else self.key) == self.key]

    def _task(self, trial: Trial, reported: set[int]) -> Task:
        if trial.user_attrs.get(FOLDER) != self.key:
            trial.set_user_attr(FOLDER, self.key)
        name = name_of(trial.number)
        self.values[name] = suggested(trial, self.space)
        overrides = [*self.order.overrides, *overrides_of(self.values[name])]
        order = replace(self.order, overrides=overrides, run=self.folder / name, resume=True)
        return Task(name, order, self._judge(trial, reported))

    def _judge(self, trial: Trial, reported: set[int]) -> GoesOn | None:
        """Tells the study what an epoch reached, and asks it whether the trial may still become one of the better ones."""
        if isinstance(self.study.pruner, NopPruner):
            return None
        last_phase = self.spec.last_phase.name

        def goes_on(event: Event) -> bool:
            value = event.get(self.split, {}).get(self.measure)
            if event["phase"] != last_phase or value is None or not math.isfinite(value):
                return True
            if event["epoch"] not in reported:  # after a kill, epochs are trained again that were told before
                trial.report(value, event["epoch"])
                reported.add(event["epoch"])
            return not trial.should_prune()

        return goes_on

    def tell(self, task: Task, outcome: Outcome) -> float | None:
        """Writes down how a trial ended; gives what it reached."""
        number = int(task.name) - 1
        value = None
        if outcome.status == "finished":
            value = RunFolder(self.folder / task.name).record["metrics"].get(self.split, {}).get(self.measure)
        if outcome.status == "finished" and value is not None:
            self.study.tell(number, value)
        else:
            self.study.tell(number, state=TrialState.PRUNED if outcome.status == "pruned" else TrialState.FAIL)
        return value

    def best(self) -> FrozenTrial | None:
        """The best of the trials that were finished; the first of equal ones."""
        complete = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        sign = -1 if self.study.direction == optuna.study.StudyDirection.MAXIMIZE else 1
        return min(complete, key=lambda trial: (sign * (trial.value or 0.0), trial.number), default=None)


def name_of(number: int) -> str:
    """The folder of a trial: `0001` of the first."""
    return f"{number + 1:04d}"
