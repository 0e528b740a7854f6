"""What the fields of a word accept, read off their declarations."""

from __future__ import annotations

import functools
import types
from dataclasses import dataclass, field
from inspect import get_annotations
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from specc.checking.wording import NOUNS
from specc.vocabulary.families import LossTerm
from specc.vocabulary.part import Interval, Part, Positional, Reference, Resolved, Weighted


@dataclass
class Accepts:
    """What a value may be: whole number, number, text, `true`/`false`, words of families, names of the user's, lists."""

    integer: bool = False
    number: bool = False
    text: bool = False
    boolean: bool = False
    interval: bool = False
    anything: bool = False
    choices: tuple[str, ...] = ()
    families: tuple[type[Part], ...] = ()
    reference: str | None = None
    item: Accepts | None = None
    length: int | None = None
    weighted: bool = False

    @property
    def phrase(self) -> str:
        """What is wanted, in words: `a whole number or `same``."""
        words = []
        if self.integer and not self.number:
            words.append("a whole number")
        if self.number:
            words.append("a number")
        if self.text:
            words.append("a string")
        if self.reference == "path":
            words.append('a path in quotes, as in `"data/table.csv"`')
        elif self.reference:
            names = {"tensor": "a layer's name", "part": "a part's name", "measure": "a measure, as in `validation.loss`"}
            words.append(names.get(self.reference, "a column"))
        if self.boolean:
            words.append("`true` or `false`")
        words += [f"`{choice}`" for choice in self.choices]
        words += [f"{article(noun)} {noun}" for noun in (NOUNS.get(family.family, family.family) for family in self.families)]
        if self.interval:
            words.append("a range, as in `1 .. 10`")
        if self.item is not None:
            words += [f"{article(family.family)} {family.family}" for family in self.item.families]
            words.append(f"a list of {self.length or ''} {self.item.plural}".replace("  ", " ") if self.item.plural else "a list")
        return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1] if words else "something else"

    @property
    def plural(self) -> str:
        if self.integer or self.number:
            return "whole numbers" if not self.number else "numbers"
        if self.text:
            return "strings"
        if self.reference:
            return "names"
        plural = f"{self.families[0].family}s" if self.families else ""
        return "losses" if plural == "losss" else plural


def article(word: str) -> str:
    return "an" if word[:1] in "aeio" else "a"


@dataclass
class FieldRule:
    """One field of a word: its name, what it accepts, whether it must be given."""

    name: str
    accepts: Accepts
    required: bool
    rest: bool = False


@dataclass
class WordRules:
    """The fields of a word by name, and in the order in which arguments without a name fill them."""

    fields: dict[str, FieldRule] = field(default_factory=dict)
    positional: list[FieldRule] = field(default_factory=list)
    rest: FieldRule | None = None


@functools.cache
def rules_of(part: type[Part]) -> WordRules:
    """What the arguments of a word may be. The class's own fields come before inherited ones."""
    rules = WordRules()
    for owner in part.__mro__:
        for name in get_annotations(owner):
            declared = part.model_fields.get(name)
            if declared is None or name in rules.fields or any(isinstance(m, Resolved) for m in declared.marks):
                continue
            rest = any(isinstance(m, Positional) for m in declared.marks)
            rule = FieldRule(name, _accepts(declared.annotation), declared.is_required(), rest)
            rules.fields[name] = rule
            if rest:
                rules.rest = rule
            else:
                rules.positional.append(rule)
    return rules


def _mark(accepts: Accepts, mark: object) -> None:
    if isinstance(mark, Reference):
        accepts.reference, accepts.text = mark.kind, False
    if isinstance(mark, Weighted):
        assert accepts.item is not None
        accepts.item.weighted = True


def _accepts(annotation: Any) -> Accepts:
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *marks = get_args(annotation)
        accepts = _accepts(base)
        for mark in marks:
            _mark(accepts, mark)
        return accepts
    if origin in (Union, types.UnionType):
        return functools.reduce(_either, [_accepts(a) for a in get_args(annotation) if a is not type(None)])
    if origin is Literal:
        return Accepts(choices=tuple(get_args(annotation)))
    if origin is tuple:
        items = get_args(annotation)
        repeated = len(items) == 2 and items[1] is Ellipsis
        return Accepts(item=_accepts(items[0]), length=None if repeated else len(items))
    if annotation is int:
        return Accepts(integer=True)
    if annotation is float:
        return Accepts(integer=True, number=True)
    if annotation is bool:
        return Accepts(boolean=True)
    if annotation is str:
        return Accepts(text=True)
    if annotation is Interval:
        return Accepts(interval=True)
    if annotation is LossTerm:
        return Accepts(families=(LossTerm.model_fields["loss"].annotation,), weighted=True)  # type: ignore[arg-type]
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return Accepts(families=(annotation,))
    return Accepts(anything=True)


def _either(a: Accepts, b: Accepts) -> Accepts:
    return Accepts(
        a.integer or b.integer,
        a.number or b.number,
        a.text or b.text,
        a.boolean or b.boolean,
        a.interval or b.interval,
        a.anything or b.anything,
        a.choices + b.choices,
        a.families + b.families,
        a.reference or b.reference,
        a.item or b.item,
        a.length or b.length,
        a.weighted or b.weighted,
    )
