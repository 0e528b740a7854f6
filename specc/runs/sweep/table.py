"""What a sweep has found: a row a trial, the best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optuna.study import StudyDirection
from optuna.trial import TrialState

from specc.runs.sweep.space import Values, taken
from specc.runs.sweep.study import name_of

if TYPE_CHECKING:
    from optuna.study import Study

STATUS = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "unfinished",
    TrialState.WAITING: "unfinished",
}


@dataclass(frozen=True)
class Row:
    """A trial: the name of its folder, how it ended, what it reached, its values."""

    name: str
    status: str
    value: float | None
    values: Values


def rows_of(study: Study) -> list[Row]:
    """Finished trials, the best first, then the others in their order."""
    trials = study.get_trials(deepcopy=False)
    rows = []
    for trial in trials:
        values = {name: taken(value, trial.distributions[name]) for name, value in trial.params.items()}
        rows.append(Row(name_of(trial.number), STATUS[trial.state], trial.value, values))
    sign = -1 if study.direction == StudyDirection.MAXIMIZE else 1

    def place(row: Row) -> tuple[bool, float, str]:
        finished = row.status == "finished" and row.value is not None
        return not finished, sign * row.value if finished and row.value is not None else 0.0, row.name

    return sorted(rows, key=place)
