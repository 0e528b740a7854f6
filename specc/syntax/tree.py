"""The tree of a spec: two kinds of statement, nine kinds of value, each with its span."""

from __future__ import annotations

from dataclasses import dataclass, field

from specc.diagnostics import Span

NOWHERE = Span(0, 0)


@dataclass(slots=True, eq=False)
class Number:
    """`10_000`, `1e-3`. `value` is an int where it was written without point and exponent."""

    value: int | float
    span: Span


@dataclass(slots=True, eq=False)
class String:
    value: str
    span: Span


@dataclass(slots=True, eq=False)
class Parameter:
    """`$x`: a hyperparameter, block parameter or loop variable."""

    name: str
    span: Span


@dataclass(slots=True, eq=False)
class Name:
    """`relu`, `encoder.state`: decided by the place where it stands."""

    text: str
    span: Span


@dataclass(slots=True, eq=False)
class Argument:
    name: str | None
    value: Value
    span: Span
    name_span: Span


@dataclass(slots=True, eq=False)
class Call:
    """`adam(1e-3, betas = [0.9, 0.99])`."""

    word: str
    arguments: list[Argument]
    span: Span
    word_span: Span


@dataclass(slots=True, eq=False)
class List:
    items: list[Value]
    span: Span


@dataclass(slots=True, eq=False)
class Range:
    """`1e-4 .. 1e-1`."""

    low: Value
    high: Value
    span: Span


@dataclass(slots=True, eq=False)
class Operation:
    """`left operator right`, or `0 - right` for a sign."""

    operator: str
    left: Value
    right: Value
    span: Span
    depth: int = 1


Value = Number | String | Parameter | Name | Call | List | Range | Operation


@dataclass(slots=True, eq=False)
class Setting:
    """`key = value`; `key` may be dotted (`generator.optimizer`) or quoted (`"*"`)."""

    key: str
    value: Value
    span: Span
    key_span: Span
    quoted: bool = False


@dataclass(slots=True, eq=False)
class Part:
    """`kind name(arguments) { body }`; name, arguments and body may be absent."""

    kind: str
    name: str | None
    arguments: list[Argument]
    body: Body | None
    span: Span
    kind_span: Span
    name_span: Span


@dataclass(slots=True, eq=False)
class Body:
    statements: list[Statement] = field(default_factory=list)
    span: Span = NOWHERE


Statement = Setting | Part
