"""The phases of training as plain facts: every setting, and whether the spec says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specc.checking.measures import measured_of_rows
from specc.costs import steps_an_epoch
from specc.defaults import default_metrics
from specc.door import Answer, answers
from specc.ir import Phase, Spec
from specc.phrases import MARK, Phrase, phrase_of
from specc.vocabulary.families import LossTerm, Metric, Regularizer
from specc.vocabulary.layers.boltzmann import Label
from specc.vocabulary.metrics import LogLikelihood
from specc.vocabulary.part import Part
from specc.vocabulary.regularizers import Sparsity
from specc.vocabulary.sections import Train


@dataclass(frozen=True)
class SettingFact:
    """One setting: its value (plain data or phrases), whether it was filled in, and what follows from it."""

    name: str
    value: Any
    default: bool
    note: str = ""


@dataclass(frozen=True)
class PhaseFact:
    """`layer`: the one that the phase trains, where it trains one after the other."""

    name: str
    settings: tuple[SettingFact, ...]
    layer: str | None = None


def phase_facts(spec: Spec) -> tuple[PhaseFact, ...]:
    """Every phase of a spec whose defaults are filled in, in order."""
    stages = {phase.name: phase.layer if phase.name != phase.written_name else None for phase in spec.phases}
    return tuple(PhaseFact(phase.name, tuple(_settings(spec, phase)), stages[phase.name]) for phase in spec.phases)


def _settings(spec: Spec, phase: Phase) -> list[SettingFact]:
    s = phase.settings
    rows = training_rows(spec, phase)
    steps = None
    if rows is not None:
        steps = steps_an_epoch(spec, rows, phase.batch_of(rows), phase.batches_a_step)
    of_machines = s.procedure is not None and s.procedure.of_energies
    facts = [
        _part("procedure", s.procedure, phase),
        _loss(spec, phase),
        _part("optimizer", s.optimizer, phase),
        _part("schedule", s.schedule, phase, Phrase("constant")),
        SettingFact("regularize", _phrases(s.regularize), not s.written("regularize"), _over_weights(s.regularize)),
        _part("clip", s.clip, phase),
        _part("average", s.average, phase),
        _metrics(spec, phase),
        _part("stop", s.stop, phase),
        _part("keep", s.keep, phase),
        SettingFact("freeze", _phrases(s.freeze), not s.written("freeze")),
        *_length(phase, steps),
        SettingFact("rows", s.rows if s.rows is not None else "all", not s.written("rows"), _of_training(spec, s.rows)),
        SettingFact("label_noise", s.label_noise, not s.written("label_noise"), "other labels" if s.label_noise else ""),
        SettingFact("batch", s.batch, not s.written("batch"), _steps_note(rows, steps) if s.accumulate == 1 else ""),
        SettingFact("accumulate", s.accumulate, not s.written("accumulate"), _accumulated(s, rows, steps)),
        SettingFact("seed", s.seed, not s.written("seed")),
    ]
    if of_machines:
        labelled = any(isinstance(node.layer, Label) for graph in spec.graphs.values() for node in graph.nodes)
        unused = ("loss", "freeze", *(() if labelled else ("label_noise",)))
        facts = [fact for fact in facts if fact.name not in unused]
    for part, settings in phase.parts.items():
        facts += [SettingFact(f"{part}.{name}", _value(getattr(settings, name)), False) for name in settings.model_fields_set]
    return facts


def _over_weights(regularizers: tuple[Regularizer, ...]) -> str:
    """All regularizers are over weights but those of hidden units."""
    words = [part.word for part in regularizers if not isinstance(part, Sparsity)]
    return f"{'' if len(words) == len(regularizers) else words[0] + ' '}over weights" if words else ""


def training_rows(spec: Spec, phase: Phase) -> int | None:
    """How many rows a phase trains on, once the data is bound."""
    if spec.bound is None or "train" not in spec.bound.rows:
        return None
    return phase.rows_of(spec.bound.rows["train"])


def _part(name: str, part: Part | None, phase: Phase, otherwise: Phrase | None = None) -> SettingFact:
    return SettingFact(name, phrase_of(part) if part is not None else otherwise, not phase.settings.written(name))


def _phrases(parts: tuple[Part, ...]) -> Any:
    phrases = tuple(phrase_of(part) for part in parts)
    return phrases[0] if len(phrases) == 1 else phrases or None


def _value(value: Any) -> Any:
    """A setting of a single part: a word, a list of words or plain data."""
    if isinstance(value, LossTerm):
        without = (
            ("variance",) if getattr(value.loss, "reconstruction", None) in ("binary_cross_entropy", "cross_entropy") else ()
        )
        return Phrase(value.loss.word, phrase_of(value.loss, leave_out=without).arguments, value.weight)
    if isinstance(value, Part):
        return phrase_of(value)
    return tuple(_value(item) for item in value) if isinstance(value, tuple | list) else value


def _loss(spec: Spec, phase: Phase) -> SettingFact:
    terms = tuple(_value(term) for term in phase.settings.loss)
    if not terms and any(a.head == "unknown" for a in _outputs(spec)):
        return SettingFact("loss", "cross_entropy, or binary_cross_entropy of two labels", True, "the data decides")
    value = terms[0] if len(terms) == 1 else terms or None
    return SettingFact("loss", value, not phase.settings.written("loss"))


def _outputs(spec: Spec) -> list[Answer]:
    return [answer for graph in spec.graphs.values() for answer in answers(graph)]


def _metrics(spec: Spec, phase: Phase) -> SettingFact:
    """Those that are always measured, marked, and those that the phase names."""
    named = [_metric(metric, phase) for metric in phase.settings.metrics]
    outputs, machine = _answered(spec, phase), _of_machine(spec, phase)
    always: list[Phrase] = [Phrase(word) for word in machine if all(phrase.word != word for phrase in named)]
    for answer in outputs:
        for metric in default_metrics(_labels(spec, answer)):
            chosen = [m for m in phase.settings.metrics if m.word == metric.word and m.output in (None, answer.column)]
            word = metric.word if len(outputs) == 1 else f"{answer.column}.{metric.word}"
            if not chosen and all(phrase.word != word for phrase in always):
                always.append(Phrase(word))
    words = [*(["loss"] if outputs or not machine else []), *(phrase.word for phrase in always)]
    if any(a.head == "unknown" for a in outputs) and all(m.word != "auroc" for m in phase.settings.metrics):
        words.append("auroc of two labels")
    rest = f"each epoch{MARK}" if any(not m.written("every") for m in phase.settings.metrics) else ""
    note = ", ".join(filter(None, [rest, f"always: {', '.join(words)}" if words and (outputs or machine) else ""]))
    return SettingFact("metrics", tuple(named) or None, not phase.settings.written("metrics"), note)


def _metric(metric: Metric, phase: Phase) -> Phrase:
    """A metric with what counts here: the likelihood of machines is of chains, that of a variational autoencoder of samples."""
    without = () if metric.written("every") else ("every",)
    if not isinstance(metric, LogLikelihood):
        return phrase_of(metric, leave_out=without)
    of_codes = phase.settings.procedure is not None and phase.settings.procedure.word == "variational"
    final = metric.final_samples if of_codes else metric.final_temperatures
    without += ("chains", "temperatures") if of_codes else ("samples",)
    return phrase_of(metric, effective={"final": final}, leave_out=without)


def _answered(spec: Spec, phase: Phase) -> list[Answer]:
    """The answers that a phase measures: while machines are trained only a visible label is one."""
    procedure = phase.settings.procedure
    if procedure is None or not procedure.of_energies:
        return _outputs(spec)
    labels = {node.name for graph in spec.graphs.values() for node in graph.nodes if isinstance(node.layer, Label)}
    return [answer for answer in _outputs(spec) if answer.node in labels]


def _of_machine(spec: Spec, phase: Phase) -> list[str]:
    """What is always measured of a machine, or of the rows that a composite makes."""
    procedure = phase.settings.procedure
    if spec.model.parts and procedure is not None and not procedure.of_energies:
        return list(measured_of_rows(spec, phase)[0])
    if procedure is None or not procedure.of_energies:
        return []
    if spec.is_of_ratings:
        return ["loss", *(metric.word for metric in default_metrics(None))]
    return ["reconstruction_error"]


def _labels(spec: Spec, answer: Answer) -> int | None:
    """How many labels an answer tells apart; None for a number, 0 where only the data knows."""
    if answer.head == "linear":
        return None
    if answer.head == "sigmoid":
        return 2
    return answer.units if isinstance(answer.units, int) and answer.head == "softmax" else 0


def _length(phase: Phase, steps: int | None) -> list[SettingFact]:
    s = phase.settings
    if s.steps is not None and s.epochs is None:
        note = f"{s.steps / steps:.3g} epochs" if steps else ""
        return [SettingFact("steps", s.steps, not s.written("steps"), note)]
    note = f"{s.epochs * steps:,} steps" if s.epochs is not None and steps else ""
    if s.epochs is not None and s.stop is not None:
        note = f"at most {note}" if note else "at most"
    return [SettingFact("epochs", s.epochs, not s.written("epochs"), note)]


def _accumulated(settings: Train, rows: int | None, steps: int | None) -> str:
    """What a step takes where it takes several batches."""
    return f"batches a step, {_steps_note(rows, steps)}".rstrip(", ") if settings.accumulate > 1 else ""


def _of_training(spec: Spec, rows: int | None) -> str:
    if spec.bound is None or "train" not in spec.bound.rows:
        return ""
    given = spec.bound.rows["train"]
    return f"{given:,}" if rows is None else f"of {given:,}"


def _steps_note(rows: int | None, steps: int | None) -> str:
    return f"{steps:,} step{'s' if steps != 1 else ''} an epoch" if rows is not None and steps is not None else ""
