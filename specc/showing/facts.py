"""Everything that `show` says of a spec, as plain facts; and the same as JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from specc.costs import BYTES, Cost
from specc.defaults import with_defaults
from specc.ir import Spec
from specc.phrases import Phrase, as_data, phrase_of
from specc.records import Record
from specc.shapes import Expression, Shape
from specc.showing.columns import DataFact, data_facts
from specc.showing.layers import GraphFact, LayerFact, graph_facts
from specc.showing.phases import PhaseFact, phase_facts
from specc.vocabulary.part import Interval
from specc.vocabulary.sections import Sweep


@dataclass(frozen=True)
class HyperFact:
    """A hyperparameter with the value in force; `declared` has its default, range and scale."""

    name: str
    value: Any
    declared: Phrase


@dataclass(frozen=True)
class SweepFact:
    objective: Phrase
    trials: int
    trials_default: bool
    prune: Phrase
    prune_default: bool


@dataclass(frozen=True)
class SpecFacts:
    """One spec. `bound`: whether its data was opened, so that no size is a symbol any more."""

    name: str
    kind: str
    bound: bool
    hyper: tuple[HyperFact, ...]
    graphs: tuple[GraphFact, ...]
    cost: Cost
    data: DataFact | None
    phases: tuple[PhaseFact, ...]
    sweep: SweepFact | None


def facts_of(spec: Spec) -> SpecFacts:
    """The facts of a spec, bound or not; its defaults are filled in first."""
    spec = with_defaults(spec)
    graphs = graph_facts(spec)
    cost = Cost()
    for graph in graphs:
        cost = cost.plus(graph.cost)
    return SpecFacts(
        name=spec.name,
        kind=spec.model.word,
        bound=spec.bound is not None,
        hyper=tuple(HyperFact(name, h.value, phrase_of(h.declared)) for name, h in spec.hyper.items()),
        graphs=graphs,
        cost=cost,
        data=data_facts(spec),
        phases=phase_facts(spec),
        sweep=_sweep_fact(spec.sweep) if spec.sweep is not None else None,
    )


def _sweep_fact(sweep: Sweep) -> SweepFact:
    trials, prune = not sweep.written("trials"), not sweep.written("prune")
    return SweepFact(phrase_of(sweep.objective), sweep.trials, trials, phrase_of(sweep.prune), prune)


def as_json(facts: SpecFacts) -> dict[str, Any]:
    """The facts as JSON values: sizes are numbers, or the symbols' text where only the data knows them."""
    data = _plain(facts)
    data["format_version"] = 1
    return {"format_version": data.pop("format_version"), **data}


def _plain(value: Any) -> Any:
    if isinstance(value, Phrase | Interval):
        return as_data(value)
    if isinstance(value, Cost):
        counts = {"parameters": value.parameters, "multiply_adds": value.multiply_adds}
        memory = {"parameter_bytes": value.parameters * BYTES, "activation_bytes": value.numbers * BYTES}
        return {name: _plain(size) for name, size in (counts | memory).items()}
    if isinstance(value, Shape):
        return {"axes": list(value.axes), "sizes": [_plain(size) for size in value.sizes]}
    if isinstance(value, LayerFact):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)} | {"scope": list(value.scope)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Record):
        return value.model_dump()
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
