"""The `train` and `sweep` sections: settings of all phases, and those of each."""

from __future__ import annotations

from specc.checking.part_settings import PartsSettings, merged_parts, read_part_settings, written_of_parts
from specc.checking.reading import Reader, Unreadable
from specc.checking.values import NotConstant, Scope
from specc.diagnostics import Label, did_you_mean, listing
from specc.ir import Phase
from specc.syntax.tree import Argument, Body, Part, Setting, Statement
from specc.vocabulary.part import INDEX, words_of
from specc.vocabulary.sections import Sweep, Train

PHASES = {"dbn": ("pretrain", "finetune")}
"""The phases of a model whose spec writes none and names no procedure."""


def read_train(section: Part | None, scope: Scope, reader: Reader, usual: tuple[str, ...] = ()) -> tuple[Phase, ...]:
    """The phases in order; without any the `usual` ones of the model, or one, `train`. None after a mistake."""
    if section is None or section.body is None:
        return ()
    parts = [s for s in section.body.statements if isinstance(s, Part)]
    if usual and not parts and not any(isinstance(s, Setting) and s.key == "procedure" for s in section.body.statements):
        parts = [_phase_of(name, section) for name in usual]
    names = {part.name or "" for part in parts}
    shared = _settings(section.body.statements, section, "train", scope, reader)
    shared_parts = read_part_settings(section.body.statements, section, "train", names, scope, reader)
    phases: dict[str, Train] = {}
    phase_parts: dict[str, PartsSettings] = {}
    own: dict[str, set[str]] = {}
    for part in parts:
        if part.kind != "phase" or part.name is None or part.arguments or part.body is None:
            reader.report.error("E0102", f"`train` has no part `{part.kind}`", part.span, help=_meant_part(part))
            continue
        if part.name in phases:
            labels = (Label(reader.spans[f"train.{part.name}"], "first here"),)
            reader.report.error("E0110", f"the phase `{part.name}` is given twice", part.name_span, labels=labels)
            continue
        for inner in part.body.statements:
            if isinstance(inner, Part):
                reader.report.error(
                    "E0102", "a phase holds settings only", inner.span, help="phases stand side by side in `train`"
                )
        settings = _settings(part.body.statements, part, f"train.{part.name}", scope, reader)
        phase_parts[part.name] = read_part_settings(part.body.statements, part, f"train.{part.name}", set(), scope, reader)
        if settings is not None:
            # What a `--set` gives to a phase does not make a setting of `train` in the file a mistake.
            written = {*settings.model_fields_set, *written_of_parts(phase_parts[part.name])}
            own[part.name] = {f for f in written if f"train.{part.name}.{f}" not in reader.overridden}
            phases[part.name] = settings
        reader.spans[f"train.{part.name}"] = part.kind_span.to(part.name_span)
    reader.spans["train"] = section.kind_span
    if shared is None or reader.report.has_errors:
        return ()
    _shared_settings_are_used({*shared.model_fields_set, *written_of_parts(shared_parts)}, own, section, reader)
    if not parts:
        return (Phase(name="train", settings=shared, parts=shared_parts),)
    return tuple(
        Phase(name=name, settings=_merged(shared, settings), parts=merged_parts(shared_parts, phase_parts[name]))
        for name, settings in phases.items()
    )


def _phase_of(name: str, section: Part) -> Part:
    """A phase that is not written, where `train` is."""
    span = section.kind_span
    return Part("phase", name, [], Body([], span), span, span, span)


def _meant_part(part: Part) -> str:
    """What a part of `train` that is no phase was probably meant to be."""
    family = next((f for f in Train.model_fields if f in INDEX and part.kind in words_of(f)), None)
    if part.kind in Train.model_fields:
        return f"a setting is written `{part.kind} = …`"
    if family is not None:
        return f"a setting is written `{family} = {part.kind}(…)`"
    misspelt = part.kind != "phase" and did_you_mean(part.kind, ["phase"])
    return "did you mean `phase`?" if misspelt else "a phase is written `phase name { … }`"


def _settings(statements: list[Statement], part: Part, path: str, scope: Scope, reader: Reader) -> Train | None:
    settings = [s for s in statements if isinstance(s, Setting) and "." not in s.key]
    arguments = [Argument(s.key, s.value, s.span, s.key_span) for s in settings]
    named = part.kind if part.name is None else f"{part.kind} {part.name}"
    try:
        return reader.call(Train, arguments, scope, part.kind_span, path, named, noun="setting")  # type: ignore[return-value]
    except (Unreadable, NotConstant):
        return None


def _merged(shared: Train, own: Train) -> Train:
    """A phase's settings before those of `train`; where one counts epochs, the other's steps do not hold."""
    given = {name: getattr(shared, name) for name in shared.model_fields_set}
    if own.model_fields_set & {"epochs", "steps"}:
        given.pop("epochs", None)
        given.pop("steps", None)
    return Train(**(given | {name: getattr(own, name) for name in own.model_fields_set}))


def _shared_settings_are_used(shared: set[str], own: dict[str, set[str]], section: Part, reader: Reader) -> None:
    """A setting of `train` that every phase has for itself would be ignored."""
    lengths = {"epochs", "steps"}
    for name in sorted(shared):
        instead = lengths if name in lengths else {name}
        if own and all(instead & settings for settings in own.values()):
            message = f"nothing uses `{name}`: every phase has its own"
            span = reader.spans.get(f"train.{name}", section.kind_span)
            way_out = "delete it here or there"
            if span.origin:
                way_out = f"set {listing((f'train.{phase}.{name}' for phase in own), 'or')}"
            reader.report.error("E0210", message, span, help=way_out)


def read_sweep(section: Part | None, scope: Scope, reader: Reader) -> Sweep | None:
    """What a search looks for."""
    if section is None or section.body is None:
        return None
    for statement in section.body.statements:
        if isinstance(statement, Part):
            way_out = "as in `objective = minimize(validation.loss)`"
            reader.report.error("E0102", "`sweep` holds settings only", statement.span, help=way_out)
            return None
    arguments = [Argument(s.key, s.value, s.span, s.key_span) for s in section.body.statements if isinstance(s, Setting)]
    try:
        return reader.call(Sweep, arguments, scope, section.kind_span, "sweep", noun="setting")  # type: ignore[return-value]
    except (Unreadable, NotConstant):
        return None
