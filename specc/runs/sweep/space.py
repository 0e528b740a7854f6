"""The hyperparameters of a spec as Optuna searches them, and the values that it proposes as `--set` takes them."""

from __future__ import annotations

from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from specc.ir import Spec
from specc.phrases import plain_text
from specc.vocabulary.families import Hyperparameter
from specc.vocabulary.hyperparameters import Bool, Choice, Float, Int, is_searched

Values = dict[str, Any]
DIGITS = 4


def space_of(spec: Spec, fixed: set[str]) -> dict[str, BaseDistribution]:
    """What is searched: every hyperparameter that has a range or choices, but those that `--set` fixes."""
    searched = {name: value.declared for name, value in spec.hyper.items() if name not in fixed and is_searched(value.declared)}
    return {name: _distribution(declared) for name, declared in searched.items()}


def _distribution(declared: Hyperparameter) -> BaseDistribution:
    if isinstance(declared, Choice):
        return CategoricalDistribution(declared.options)
    if isinstance(declared, Bool):
        return CategoricalDistribution((False, True))
    assert isinstance(declared, Int | Float) and declared.range is not None
    low, high, log = declared.range.low, declared.range.high, declared.scale == "log"
    if isinstance(declared, Int):
        # The last step that lies in the range: Optuna warns of any other end.
        return IntDistribution(int(low), int(low + (high - low) // declared.step * declared.step), log, declared.step)
    if declared.step is None:
        return FloatDistribution(float(low), float(high), log)
    steps = int((high - low) / declared.step * (1 + 1e-12))
    return FloatDistribution(float(low), float(low) + steps * declared.step, step=declared.step)


def defaults_of(spec: Spec, space: dict[str, BaseDistribution]) -> Values:
    """The values that the spec itself gives."""
    return {name: spec.hyper[name].declared.default for name in space}  # type: ignore[attr-defined]


def suggested(trial: Trial, space: dict[str, BaseDistribution]) -> Values:
    """The values of a trial: those that it has, and of what it lacks those that the sampler proposes."""
    values: Values = {}
    for name, distribution in space.items():
        if isinstance(distribution, IntDistribution):
            low, high = distribution.low, distribution.high
            values[name] = trial.suggest_int(name, low, high, step=distribution.step, log=distribution.log)
        elif isinstance(distribution, FloatDistribution):
            low, high = distribution.low, distribution.high
            proposed = trial.suggest_float(name, low, high, step=distribution.step, log=distribution.log)
            values[name] = taken(proposed, distribution)
        else:
            assert isinstance(distribution, CategoricalDistribution)
            values[name] = trial.suggest_categorical(name, distribution.choices)
    return values


def taken(proposed: Any, distribution: BaseDistribution) -> Any:
    """The value that a trial takes: of a number that may be anything, four digits, which a person can read."""
    if not isinstance(distribution, FloatDistribution) or distribution.step is not None:
        return proposed
    return min(max(float(f"{proposed:.{DIGITS}g}"), distribution.low), distribution.high)


def overrides_of(values: Values) -> list[str]:
    """`rate=0.003`: the values as `--set` takes them."""
    return [f"{name}={plain_text(value)}" for name, value in values.items()]
