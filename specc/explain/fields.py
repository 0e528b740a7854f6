"""What the arguments of a word may be, in words: read off the declarations that the check reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from specc.checking.fields import rules_of
from specc.phrases import phrase_of, text_of
from specc.records import Length, Limits
from specc.vocabulary.families import Varying
from specc.vocabulary.part import Part


@dataclass(frozen=True)
class Argument:
    """One argument of a word. `default` is empty where it must be given, or where leaving it out has no value of its own."""

    name: str
    takes: str
    limit: str
    default: str
    required: bool

    @property
    def sentence(self) -> str:
        """`a number, at least 0 and less than 1; default 0`."""
        limit = f", {self.limit}" if self.limit else ""
        return self.takes + limit + ("; required" if self.required else f"; default `{self.default}`" if self.default else "")


def arguments_of(part: type[Part]) -> list[Argument]:
    """The arguments of a word, in the order in which they may be given without a name."""
    found = []
    for name, rule in rules_of(part).fields.items():
        declared = part.model_fields[name]
        takes = rule.accepts.phrase
        if rule.rest:
            takes = f"{takes}: all arguments without a name"
        limit = " or ".join(dict.fromkeys(limits_of(declared.annotation)))
        found.append(Argument(name, takes, limit, _default(declared.default, rule.required), rule.required))
    return found


def families_of(part: type[Part], name: str) -> list[str]:
    """The families whose words an argument may be, alone or in a list."""
    accepts = rules_of(part).fields[name].accepts
    return [family.family for one in (accepts, accepts.item) if one is not None for family in one.families]


def choices_of(part: type[Part]) -> dict[str, list[str]]:
    """The fixed words that a word's arguments may be: `same` of `padding`."""
    return {name: [str(c) for c in rule.accepts.choices] for name, rule in rules_of(part).fields.items() if rule.accepts.choices}


def limits_of(annotation: Any) -> Iterator[str]:
    """The bounds of a field, those of each alternative and item."""
    if get_origin(annotation) is Annotated:
        base, *marks = get_args(annotation)
        yield from (text for mark in marks if (text := _limit(mark)))
        yield from limits_of(base)
        return
    for inner in get_args(annotation):
        yield from limits_of(inner)


def _limit(mark: Any) -> str:
    if isinstance(mark, Length):
        return f"{mark.exactly} character{'s' if mark.exactly != 1 else ''}"
    mark = mark.limits if isinstance(mark, Varying) else mark
    if not isinstance(mark, Limits):
        return ""
    bounds = (("greater than", mark.above), ("at least", mark.least), ("less than", mark.below), ("at most", mark.most))
    return " and ".join(f"{words} {bound:g}" for words, bound in bounds if bound is not None)


def _default(value: Any, required: bool) -> str:
    if required or value is None:
        return ""
    if value == ():
        return "[]"
    return text_of(phrase_of(value)) if isinstance(value, Part) else text_of(value)
