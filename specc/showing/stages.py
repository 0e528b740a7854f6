"""The stages of a phase that trains one layer after the other, told as one phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from specc.phrases import Phrase, text_of
from specc.showing.phases import PhaseFact, SettingFact


def folded(phases: Sequence[PhaseFact]) -> Iterator[PhaseFact]:
    """The stages of a phase as one, whose settings say where layers differ."""
    for name, stages in groupby(phases, lambda phase: phase.name.partition(".")[0] if phase.layer is not None else phase.name):
        alike = tuple(stages)
        if alike[0].layer is None:
            yield from alike
            continue
        layers = SettingFact("layers", Phrase(", ".join(str(stage.layer) for stage in alike)), False, "one after the other")
        yield PhaseFact(name, (layers, *(_folded(alike, facts) for facts in zip(*(stage.settings for stage in alike)))))


def _folded(stages: Sequence[PhaseFact], facts: Sequence[SettingFact]) -> SettingFact:
    """One setting of all stages: as it is where they agree, else that of each layer."""
    first = facts[0]
    if all(fact == first for fact in facts):
        return first
    values = [text_of(fact.value) + (f" ({fact.note})" if fact.note else "") for fact in facts]
    return SettingFact(first.name, Phrase(", ".join(f"{s.layer} {value}" for s, value in zip(stages, values))), first.default)
