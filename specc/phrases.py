"""A use of a word as a reader would write it, each argument told apart: written, or a default that was filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specc.checking.fields import FieldRule, rules_of
from specc.vocabulary.families import LossTerm
from specc.vocabulary.part import Interval, Part

MARK = "°"
"""Stands behind what was filled in."""

NAMED = ("column", "split", "loss", "schedule", "metric", "procedure")
"""Families whose optional arguments readers always name."""

Piece = tuple[str, bool]
"""A stretch of text, and whether it was filled in."""


@dataclass(frozen=True)
class Argument:
    """`value` is plain data or a phrase; `spread`: its items stand as arguments of their own, as in `input(a, b)`."""

    name: str
    value: Any
    default: bool
    named: bool
    spread: bool = False


@dataclass(frozen=True)
class Phrase:
    """A word with its arguments, in the order of its fields."""

    word: str
    arguments: tuple[Argument, ...] = ()
    weight: float = 1.0


def phrase_of(part: Part, effective: dict[str, Any] | None = None, leave_out: tuple[str, ...] = ()) -> Phrase:
    """A part as a phrase. `effective`: what a field that is None stands for."""
    arguments: list[Argument] = []
    in_front = True
    rules = rules_of(type(part))
    for index, (name, rule) in enumerate(sorted(rules.fields.items(), key=lambda field: not field[1].rest)):
        written, value = part.written(name), getattr(part, name)
        value = (effective or {}).get(name, value) if value is None else value
        if name in leave_out or (value is None and rule.accepts.reference is not None):
            in_front = in_front and written
            continue
        in_front = in_front and written and _needs_no_name(part, index, rule, value)
        arguments.append(Argument(name, _readable(value, rule.accepts), not written, not in_front, in_front and rule.rest))
        in_front = in_front and not rule.rest  # it has taken all that stands without a name
    return Phrase(part.word, tuple(arguments))


def _needs_no_name(part: Part, index: int, rule: FieldRule, value: Any) -> bool:
    """Whether a written argument, those before it unnamed, is understood without its name."""
    if rule.required or rule.rest:
        return True
    accepts = rule.accepts
    is_word = isinstance(value, Part | Interval) or (bool(accepts.choices) and not accepts.integer and accepts.item is None)
    return part.family not in NAMED and (index == 0 or is_word)


def _readable(value: Any, accepts: Any) -> Any:
    """A value with its words as phrases and its strings as the language writes them."""
    if isinstance(value, LossTerm):
        phrase = phrase_of(value.loss)
        return Phrase(phrase.word, phrase.arguments, value.weight)
    if isinstance(value, Part):
        return phrase_of(value)
    if isinstance(value, tuple):
        return tuple(_readable(item, accepts.item or accepts) for item in value)
    if isinstance(value, str) and value not in accepts.choices and (accepts.reference in (None, "path") or not _is_plain(value)):
        return Quoted(value)
    return value


class Quoted(str):
    """A string that the language writes in quotes."""


def _is_plain(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][\w.]*", name) is not None


def pieces(value: Any, default: bool = False) -> Iterator[Piece]:
    """A value as stretches of text; inside of what was filled in nothing is marked once more."""
    if isinstance(value, Phrase):
        yield (f"{number(value.weight)} * " if value.weight != 1.0 else "") + value.word, default
        yield from _arguments(value, default)
    elif isinstance(value, tuple):
        yield "[", default
        for index, item in enumerate(value):
            if index:
                yield ", ", default
            yield from pieces(item, default)
        yield "]", default
    else:
        yield plain_text(value), default


def _arguments(phrase: Phrase, default: bool) -> Iterator[Piece]:
    # A filled-in word says its own defaults only where they are all that it says.
    for index, argument in enumerate(phrase.arguments):
        yield "(" if index == 0 else ", ", default
        own = argument.default and not default
        if argument.named:
            yield f"{argument.name} = ", default or own
        for place, item in enumerate(argument.value if argument.spread else (argument.value,)):
            if place:
                yield ", ", default or own
            yield from pieces(item, default or own)
        if own:
            yield MARK, True
    if phrase.arguments:
        yield ")", default


def marked(value: Any, default: bool = False) -> list[Piece]:
    """A whole value, with the mark behind it where it was filled in."""
    return [*pieces(value, default), *([(MARK, True)] if default else [])]


def text_of(value: Any) -> str:
    """A value as plain text without marks."""
    return "".join(text for text, _ in pieces(value, True))


def plain_text(value: Any) -> str:
    """A value without words in it, as the language writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Quoted):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Interval):
        return f"{number(value.low)} .. {number(value.high)}"
    return number(value) if isinstance(value, int | float) else str(value)


def number(value: float) -> str:
    """`1e-8`, `0.01`, `60`: the shortest text that reads back as the same number."""
    if isinstance(value, int):
        return str(value)
    mantissa, e, exponent = repr(value).partition("e")
    mantissa = mantissa.removesuffix(".0")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def as_data(value: Any) -> Any:
    """A value for JSON: a word as `{"word", "arguments": {name: {"value", "default"}}}`."""
    if isinstance(value, Phrase):
        arguments = {a.name: {"value": as_data(a.value), "default": a.default} for a in value.arguments}
        data: dict[str, Any] = {"word": value.word, "arguments": arguments}
        return data | {"weight": value.weight} if value.weight != 1.0 else data
    if isinstance(value, tuple | list):
        return [as_data(item) for item in value]
    if isinstance(value, Interval):
        return [value.low, value.high]
    return str(value) if isinstance(value, Quoted) else value
