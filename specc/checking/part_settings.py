"""Settings of single parts of a network, `trunk.optimizer = sgd(0.01)`, in `train` or a phase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specc.checking.reading import Reader, Unreadable
from specc.checking.values import NotConstant, Scope
from specc.syntax.tree import Argument, Part, Setting, Statement
from specc.vocabulary.sections import PartSettings, Train

PartsSettings = dict[str, PartSettings]


def read_part_settings(
    statements: list[Statement], section: Part, path: str, phases: set[str], scope: Scope, reader: Reader
) -> PartsSettings:
    """The settings by the name of their part; `phases` are names that a `--set` may mean instead of a part's."""
    arguments: dict[str, list[Argument]] = {}
    for statement in statements:
        if isinstance(statement, Setting) and "." in statement.key:
            part, _, name = statement.key.rpartition(".")
            arguments.setdefault(part, []).append(Argument(name, statement.value, statement.span, statement.key_span))
    for part in _overridden(path, phases, reader):
        arguments.setdefault(part, [])
    parts: PartsSettings = {}
    for part, given in arguments.items():
        span = given[0].name_span if given else section.kind_span
        reader.spans[f"{path}.{part}"] = span
        try:
            parts[part] = reader.call(PartSettings, given, scope, span, f"{path}.{part}", part, noun="setting")  # type: ignore[assignment]
        except (Unreadable, NotConstant):
            continue
    return parts


def _overridden(path: str, phases: set[str], reader: Reader) -> Iterator[str]:
    """The parts that a `--set` below the path speaks of: `train.trunk.optimizer` is the optimizer of `trunk`."""
    for key in [key for key in reader.overrides if key.startswith(f"{path}.")]:
        words = key[len(path) + 1 :].split(".")
        place = next((i for i, word in enumerate(words) if i > 0 and word in PartSettings.model_fields), None)
        if place is not None and words[0] not in phases and words[0] not in Train.model_fields:
            reader.spans.setdefault(f"{path}.{'.'.join(words[:place])}", reader.overrides[key].name_span)
            yield ".".join(words[:place])


def merged_parts(shared: PartsSettings, own: PartsSettings) -> PartsSettings:
    """A phase's settings of parts before those of `train`."""
    merged = dict(shared)
    for part, settings in own.items():
        before = merged.get(part, PartSettings())
        given = {name: getattr(before, name) for name in before.model_fields_set}
        merged[part] = PartSettings(**(given | {name: getattr(settings, name) for name in settings.model_fields_set}))
    return merged


def written_of_parts(parts: PartsSettings) -> Iterable[str]:
    """The settings of parts that are written, as they are written: `trunk.optimizer`."""
    return [f"{part}.{name}" for part, settings in parts.items() for name in settings.model_fields_set]
