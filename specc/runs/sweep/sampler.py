"""How a sweep chooses: TPE, whose lot in a trial follows from the sweep's seed and the trial's number alone."""

from __future__ import annotations

import hashlib
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from specc.runs.sweep.space import Values


class NumberedSampler(BaseSampler):
    """Bergstra et al. 2011, made anew for each trial: a sweep that was killed proposes what it would have proposed.

    The first trial takes the spec's own values.
    """

    def __init__(self, seed: int, defaults: Values) -> None:
        self.seed, self.defaults = seed, defaults

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._sampler(trial).infer_relative_search_space(study, trial)

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        if trial.number == 0:
            return {}
        return self._sampler(trial).sample_relative(study, trial, search_space)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        if trial.number == 0:
            return self.defaults[param_name]
        # By its name: a kill between two of them changes neither.
        return self._sampler(trial, param_name).sample_independent(study, trial, param_name, param_distribution)

    def _sampler(self, trial: FrozenTrial, name: str = "") -> TPESampler:
        digest = hashlib.sha256(f"{self.seed}/{trial.number}/{name}".encode()).digest()
        return TPESampler(seed=int.from_bytes(digest[:4], "big"), multivariate=True)
