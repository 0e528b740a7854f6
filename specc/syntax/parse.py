"""Text to tree, with recovery: every syntax error of a file is reported at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.lexer import Token
from lark.parsers.lalr_interactive_parser import InteractiveParser

from specc.diagnostics import Diagnostic, Label, Report, Source, Span, fail
from specc.syntax.expected import describe
from specc.syntax.grammar import COMMENTS, load_grammar
from specc.syntax.tree import Body

MAXIMUM_CHARACTERS = 1 << 20
MAXIMUM_TOKENS = 200_000
MAXIMUM_DEPTH = 64
MAXIMUM_BAD_CHARACTERS = 8

UNKNOWN_ESCAPE = re.compile(r'"(?:\\["\\nt]|[^"\\\n])*(\\[^"\\nt\n])')

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
SYMBOLS = {"LPAR": "(", "LSQB": "[", "LBRACE": "{", "RPAR": ")", "RSQB": "]", "RBRACE": "}"}


def parse_text(source: Source, report: Report) -> Body:
    """The tree of a spec. Errors (E00xx, E06xx) go to the report; the tree then holds what could be read."""
    if len(source.text) > MAXIMUM_CHARACTERS:
        message = f"the spec has {len(source.text):,} characters; the limit is {MAXIMUM_CHARACTERS:,}"
        raise fail(source, Diagnostic("E0601", message))
    tokens, _ = tokenize(source, report)
    if report.has_errors and len(report.errors) >= MAXIMUM_BAD_CHARACTERS:
        return Body()
    if not report.has_errors:  # an unclosed string may hide a bracket
        brackets_are_matched(tokens, source, report)
    return _Parser(report).parse(tokens)


def tokenize(source: Source, report: Report) -> tuple[list[Token], list[Token]]:
    """The tokens and the comments of a text. A character that no token begins with is reported and skipped."""
    text = source.text
    for _ in range(MAXIMUM_BAD_CHARACTERS):
        COMMENTS.clear()
        interactive = load_grammar().parse_interactive(text)
        try:
            tokens = list(interactive.lexer_thread.lex(interactive.parser_state))
        except UnexpectedCharacters as error:
            end = _report_character(text, error.pos_in_stream, report)
            text = text[: error.pos_in_stream] + " " * (end - error.pos_in_stream) + text[end:]
            continue
        if len(tokens) > MAXIMUM_TOKENS:
            message = f"the spec has {len(tokens):,} words and signs; the limit is {MAXIMUM_TOKENS:,}"
            raise fail(source, Diagnostic("E0601", message))
        return tokens, list(COMMENTS)
    return [], []


def _report_character(text: str, position: int, report: Report) -> int:
    """Reports the character at `position`; returns where reading may go on."""
    character = text[position]
    if character == '"':
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        escape = UNKNOWN_ESCAPE.match(text, position)
        if escape is not None:
            report.error(
                "E0003",
                "a string knows the escapes `\\n`, `\\t`, `\\\"` and `\\\\` only",
                Span(escape.start(1), escape.end(1)),
                help="write a backslash as `\\\\`, and folders with `/`",
            )
        else:
            report.error("E0003", "this string is not closed on its line", Span(position, end), help='end it with `"`')
        return end
    name = repr(character) if not character.isprintable() else f"`{character}`"
    advice = {
        "'": 'strings are written in double quotes: `"…"`',
        "%": "`.dn` has no remainder; only `+ - * /`",
        ":": "a setting is written `key = value`",
        "&": "`.dn` has no conditions",
        "=": "a setting is written `key = value`",
        ".": "a decimal number begins with a digit: `0.5`",
        "@": "`.dn` has no annotations",
        "-": "",
    }.get(character, "")
    if character == "/" and text[position : position + 2] == "//":
        advice = "a comment begins with `#`"
    report.error("E0002", f"the sign {name} has no place in a spec", Span(position, position + 1), help=advice)
    if character in "@&" or not character.isprintable():
        end = position + 1
        while end < len(text) and (text[end] == character or not (text[end].isprintable() or text[end].isspace())):
            end += 1
        return end
    return position + 1


def brackets_are_matched(tokens: list[Token], source: Source, report: Report) -> None:
    """Every bracket has its partner, and they nest no deeper than the limit."""
    opened: list[Token] = []
    for token in tokens:
        if token.type in OPENING:
            opened.append(token)
            if len(opened) > MAXIMUM_DEPTH:
                raise fail(source, Diagnostic("E0602", f"brackets nest deeper than {MAXIMUM_DEPTH}", _span(token)))
        elif token.type in OPENING.values():
            if opened and OPENING[opened[-1].type] == token.type:
                opened.pop()
                continue
            wanted = SYMBOLS[OPENING[opened[-1].type]] if opened else None
            labels = (Label(_span(opened[-1]), "opened here"),) if opened else ()
            message = f"`{token}` where `{wanted}` is due" if wanted else f"this `{token}` closes nothing"
            report.error("E0004", message, _span(token), labels=labels)
            return
    if opened:
        token = _likely_unclosed(opened, tokens)
        closing = SYMBOLS[OPENING[token.type]]
        report.error("E0004", f"this `{token}` is never closed", _span(token), help=f"add a `{closing}`")


def _likely_unclosed(opened: list[Token], tokens: list[Token]) -> Token:
    """The bracket to point at: an outer one when a new section begins in column 1 inside of it."""
    for bracket in opened:
        for before, token in pairwise(tokens):
            inside = (token.start_pos or 0) > (bracket.start_pos or 0)
            if inside and before.type == "_NL" and token.type == "NAME" and token.column == 1:
                return bracket
    return opened[-1]


def _span(token: Token) -> Span:
    return Span(token.start_pos or 0, token.end_pos or 0)


class _Parser:
    """Feeds tokens one by one; after an error drops the broken statement and goes on behind it."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.interactive: InteractiveParser = load_grammar().parse_interactive("")

    def parse(self, tokens: list[Token]) -> Body:
        brackets_broken = self.report.has_errors
        stream = iter(tokens)
        for token in stream:
            if not self._feed(token, quiet=brackets_broken) and not self._recover(token, stream):
                return Body()
        end = Token("$END", "", *_end_position(tokens))
        end.end_pos = end.start_pos
        try:
            return self.interactive.feed_eof(tokens[-1]) if tokens else self.interactive.feed_eof()
        except UnexpectedToken:
            if not self.report.has_errors:
                self.report.error("E0001", f"the spec ends where {describe(self.interactive.accepts())} is due", _span(end))
            return Body()

    def _feed(self, token: Token, quiet: bool) -> bool:
        try:
            self.interactive.feed_token(token)
        except UnexpectedToken:
            if not (quiet and token.type in SYMBOLS):
                self._report(token)
            return False
        return True

    def _report(self, token: Token) -> None:
        accepts = self.interactive.accepts()
        found = "the line ends" if token.type == "_NL" else f"`{token}` stands"
        message = f"{found} where {describe(accepts)} is due"
        self.report.error("E0001", message, _span(token), help=_advice(token, accepts))

    def _recover(self, token: Token, stream: Iterator[Token]) -> bool:
        """Skips to the end of the line, then unwinds to where a statement may end there."""
        depth = 0
        while token.type != "_NL" or depth > 0:
            depth += (token.type == "LBRACE") - (token.type == "RBRACE")
            if depth < 0 and self._unwind_and_feed(token):
                return True
            following = next(stream, None)
            if following is None:
                return False
            token = following
        return self._unwind_and_feed(token)

    def _unwind_and_feed(self, token: Token) -> bool:
        state = self.interactive.parser_state
        while len(state.state_stack) > 1:
            statement_is_open = token.type in self.interactive.choices()
            if statement_is_open and self._complete(token):
                return True
            state.state_stack.pop()
            state.value_stack.pop()
        return self._complete(token) if token.type == "_NL" else False

    def _complete(self, token: Token) -> bool:
        trial = self.interactive.copy()
        try:
            trial.feed_token(token)
        except UnexpectedToken:
            return False
        # `(` and `[` accept a new line too; only between statements does a name or `}` with a body follow.
        if "SEMICOLON" not in trial.choices():
            return False
        self.interactive = trial
        return True


def _advice(token: Token, accepts: set[str]) -> str:
    if token.type == "EQUAL":
        return "a setting is `key = value`; a part is `kind name(…) { … }`"
    if token.type == "NAME" and "COMMA" in accepts:
        return "put a `,` between arguments"
    if token.type == "NAME" and "_NL" in accepts:
        return "begin each statement on a line of its own, or put `;` between them"
    if token.type == "_NL" and "NUMBER" in accepts:
        return "a line may break inside `( )` and `[ ]` only, after a comma or the opening bracket"
    return ""


def _end_position(tokens: list[Token]) -> tuple[int]:
    return (tokens[-1].end_pos or 0,) if tokens else (0,)
