"""Builds the tree while the parser reduces: one method a rule of the grammar."""

from __future__ import annotations

from typing import Any

from lark.lexer import Token

from specc.diagnostics import Span
from specc.syntax.tree import (
    Argument,
    Body,
    Call,
    List,
    Name,
    Number,
    Operation,
    Parameter,
    Part,
    Range,
    Setting,
    String,
    Value,
)

ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}

Child = Any


def span_of(child: Child) -> Span:
    """The span of a token or node."""
    if isinstance(child, Token):
        return Span(child.start_pos or 0, child.end_pos or 0)
    return child.span


def unquote(text: str) -> str:
    """The value of a string literal: `\\n`, `\\t`, `\\"` and `\\\\` are its only escapes."""
    if "\\" not in text:
        return text[1:-1]
    parts, i = [], 1
    while i < len(text) - 1:
        width = 2 if text[i] == "\\" else 1
        parts.append(ESCAPES.get(text[i : i + width], text[i : i + width]))
        i += width
    return "".join(parts)


class TreeBuilder:
    """Receives each rule's children, tokens included, so that every span is exact."""

    def start(self, children: list[Child]) -> Body:
        return Body([c for c in children if isinstance(c, Setting | Part)])

    def body(self, children: list[Child]) -> Body:
        return Body(
            [c for c in children if isinstance(c, Setting | Part)],
            span_of(children[0]).to(span_of(children[-1])),
        )

    def setting(self, children: list[Child]) -> Setting:
        key, value = children[0], children[-1]
        return Setting(key.text, value, key.span.to(span_of(value)), key.span, key.quoted)

    def key(self, children: list[Token]) -> Key:
        quoted = children[0].type == "STRING"
        text = unquote(children[0]) if quoted else "".join(children)
        return Key(text, span_of(children[0]).to(span_of(children[-1])), quoted)

    def part(self, children: list[Child]) -> Part:
        names = [c for c in children if isinstance(c, Token) and c.type == "NAME"]
        arguments = next((c for c in children if isinstance(c, ArgumentList)), None)
        body = next((c for c in children if isinstance(c, Body)), None)
        name = names[1] if len(names) > 1 else None
        last = next(c for c in reversed(children) if c is not None)
        return Part(
            str(names[0]),
            str(name) if name is not None else None,
            list(arguments) if arguments is not None else [],
            body,
            span_of(names[0]).to(last.span if isinstance(last, ArgumentList | Body) else span_of(last)),
            span_of(names[0]),
            span_of(name if name is not None else names[0]),
        )

    def args(self, children: list[Child]) -> ArgumentList:
        arguments = ArgumentList()
        for child in children:
            if isinstance(child, Argument):
                arguments.append(child)
            elif child is not None and not isinstance(child, Token):
                arguments.append(Argument(None, child, child.span, child.span))
        arguments.span = span_of(children[0]).to(span_of(children[-1]))
        return arguments

    def named(self, children: list[Child]) -> Argument:
        name, value = children[0], children[-1]
        return Argument(str(name), value, span_of(name).to(span_of(value)), span_of(name))

    def range(self, children: list[Child]) -> Range:
        low, high = children[0], children[-1]
        return Range(low, high, low.span.to(high.span))

    def _binary(self, operator: str, children: list[Child]) -> Operation:
        left, right = children[0], children[-1]
        return Operation(operator, left, right, left.span.to(right.span), 1 + max(depth(left), depth(right)))

    def add(self, children: list[Child]) -> Operation:
        return self._binary("+", children)

    def sub(self, children: list[Child]) -> Operation:
        return self._binary("-", children)

    def mul(self, children: list[Child]) -> Operation:
        return self._binary("*", children)

    def div(self, children: list[Child]) -> Operation:
        return self._binary("/", children)

    def neg(self, children: list[Child]) -> Value:
        sign, value = span_of(children[0]), children[-1]
        if isinstance(value, Number):
            return Number(-value.value, sign.to(value.span))
        return Operation("-", Number(0, sign), value, sign.to(value.span), 1 + depth(value))

    def number(self, children: list[Token]) -> Number:
        text = children[0].replace("_", "")
        whole = text.isdigit()
        return Number(int(text) if whole and len(text) < 400 else float(text), span_of(children[0]))

    def string(self, children: list[Token]) -> String:
        return String(unquote(children[0]), span_of(children[0]))

    def param(self, children: list[Token]) -> Parameter:
        return Parameter(str(children[-1]), span_of(children[0]).to(span_of(children[-1])))

    def name(self, children: list[Token]) -> Name:
        return Name("".join(children), span_of(children[0]).to(span_of(children[-1])))

    def call(self, children: list[Child]) -> Call:
        word, arguments = children
        return Call(str(word), list(arguments), span_of(word).to(arguments.span), span_of(word))

    def list(self, children: list[Child]) -> List:
        items = [c for c in children if c is not None and not isinstance(c, Token)]
        return List(items, span_of(children[0]).to(span_of(children[-1])))

    def atom(self, children: list[Child]) -> Value:
        """A parenthesized value: the value itself, its marks included."""
        value = next(c for c in children if not isinstance(c, Token))
        value.span = span_of(children[0]).to(span_of(children[-1]))
        return value


class ArgumentList(list[Argument]):
    """The arguments between one pair of parentheses."""

    span: Span = Span(0, 0)


class Key:
    """The left side of a setting."""

    def __init__(self, text: str, span: Span, quoted: bool) -> None:
        self.text, self.span, self.quoted = text, span, quoted


def depth(value: Value) -> int:
    """How many operations are nested in a value."""
    return value.depth if isinstance(value, Operation) else 0
