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
MAXIMUM_ERRORS = 20


ENCLOSING = {"LPAR": 1, "LSQB": 1, "RPAR": -1, "RSQB": -1}
OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING_QUOTES = {"'": "'", "“": "”", "”": "”", "„": "“", "‘": "’", "’": "’", "«": "»", "`": "`"}
SIGNS = {
    "%": "`.dn` has no percent and no remainder: write `0.5` for 50 %",
    ":": "a setting is written `key = value`",
    "&": "`.dn` has no conditions",
    "|": "`.dn` has no conditions",
    "<": "`.dn` has no conditions",
    ">": "`.dn` has no conditions",
    "!": "`.dn` has no conditions",
    "?": "`.dn` has no conditions",
    "@": "`.dn` has no annotations",
}
SYMBOLS = {"LPAR": "(", "LSQB": "[", "LBRACE": "{", "RPAR": ")", "RSQB": "]", "RBRACE": "}"}


def parse_text(source: Source, report: Report) -> Body:
    """The tree of a spec. Errors (E00xx, E06xx) go to the report; the tree then holds what could be read."""
    if len(source.text) > MAXIMUM_CHARACTERS:
        message = f"the spec has {len(source.text):,} characters; the limit is {MAXIMUM_CHARACTERS:,}"
        raise fail(source, Diagnostic("E0601", message))
    tokens, _ = tokenize(source, report)
    if report.has_errors and len(report.errors) >= MAXIMUM_BAD_CHARACTERS:
        return Body()
    broken = brackets_are_matched(tokens, source, report)
    return _Parser(report, broken).parse(tokens)


def tokenize(source: Source, report: Report) -> tuple[list[Token], list[Token]]:
    """The tokens and the comments of a text. A character that no token begins with is reported and skipped."""
    text = source.text
    for _ in range(MAXIMUM_BAD_CHARACTERS):
        COMMENTS.clear()
        interactive = load_grammar().parse_interactive(text)
        try:
            tokens = list(interactive.lexer_thread.lex(interactive.parser_state))
        except UnexpectedCharacters as error:
            text = _mend_character(text, error.pos_in_stream, report)
            continue
        if len(tokens) > MAXIMUM_TOKENS:
            message = f"the spec has {len(tokens):,} words and signs; the limit is {MAXIMUM_TOKENS:,}"
            raise fail(source, Diagnostic("E0601", message))
        return tokens, list(COMMENTS)
    return [], []


def _mend_character(text: str, position: int, report: Report) -> str:
    """Reports the character at `position`; the text, as long as before, with what was probably meant in its place."""
    character = text[position]
    if character == '"':
        return _mend_string(text, position, report)
    end = position + 1
    mended = " "
    if character in CLOSING_QUOTES:
        closing = text.find(CLOSING_QUOTES[character], end)
        line_end = text.find("\n", end)
        if 0 < closing < (line_end if line_end >= 0 else len(text)):
            end, mended = closing + 1, '"' + text[end:closing].replace("\\", "/").replace('"', " ") + '"'
        advice = 'strings are written in straight double quotes: `"…"`'
    elif character.isalpha():
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        start = position
        while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
            start -= 1
        word = text[start:end]
        message = f"the name `{word}` has letters other than a … z, A … Z"
        report.error("E0002", message, Span(start, end), help=f'a column of such a name is written in quotes: `"{word}"`')
        return text[:position] + "_" * (end - position) + text[end:]
    else:
        advice = SIGNS.get(character, "")
        mended = "=" if character == ":" else " "
        while end < len(text) and (text[end] == character or not (text[end].isprintable() or text[end].isspace())):
            end += 1
            mended += " "
    written = text[position:end]
    name = repr(written) if not written.isprintable() else f"`{written}`"
    what = "string" if mended.startswith('"') else "sign"
    report.error("E0002", f"the {what} {name} has no place in a spec", Span(position, end), help=advice)
    return text[:position] + mended + text[end:]


def _mend_string(text: str, position: int, report: Report) -> str:
    """Reports a string that has no end or holds an unknown escape, and ends it before the brackets that close its line."""
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    escape = next((i for i in range(position, end - 1) if text[i] == "\\" and text[i + 1] not in '"\\nt'), -1)
    if escape >= 0:
        message = 'a string knows the escapes `\\n`, `\\t`, `\\"` and `\\\\` only'
        report.error("E0003", message, Span(escape, escape + 2), help="write a backslash as `\\\\`, and folders with `/`")
        return text[:escape] + text[escape:end].replace("\\", "/") + text[end:]
    report.error("E0003", "this string is not closed on its line", Span(position, end), help='end it with `"`')
    inside = text[position:end].rstrip(" \t)]};,")
    mended = inside[:-1] + '"' if len(inside) > 1 else " "
    return text[:position] + mended + text[position + len(mended) :]


def brackets_are_matched(tokens: list[Token], source: Source, report: Report) -> Token | None:
    """Every bracket has its partner, and they nest no deeper than the limit; otherwise the one where that goes wrong."""
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
            return opened[-1] if opened else token
    if opened:
        token = _likely_unclosed(opened, tokens)
        closing = SYMBOLS[OPENING[token.type]]
        report.error("E0004", f"this `{token}` is never closed", _span(token), help=f"add a `{closing}`")
        return token
    return None


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

    def __init__(self, report: Report, broken: Token | None) -> None:
        self.report = report
        self.quiet = range(0)
        """Behind a bracket without its partner, up to the next section: what is wrong there is that bracket."""
        self.broken = broken
        self.around = 0
        """How many `(` and `[` are open."""
        self.reported = {report.source.place(d.span.start).line for d in report.diagnostics if d.span}
        self.interactive: InteractiveParser = load_grammar().parse_interactive("")

    def parse(self, tokens: list[Token]) -> Body:
        if self.broken is not None:
            start = self.broken.start_pos or 0
            reported = max(d.span.start for d in self.report.diagnostics if d.span)
            sections = (t.start_pos or 0 for t in tokens if t.type == "NAME" and t.column == 1)
            self.quiet = range(start, next((s for s in sections if s > max(start, reported)), len(self.report.source.text)))
        stream = iter(tokens)
        for token in stream:
            if not self._feed(token) and not self._recover(token, stream):
                return Body()
            if len(self.report.errors) >= MAXIMUM_ERRORS:
                self._give_up(token)
                return Body()
        end = Token("$END", "", *_end_position(tokens))
        end.end_pos = end.start_pos
        try:
            return self.interactive.feed_eof(tokens[-1]) if tokens else self.interactive.feed_eof()
        except UnexpectedToken:
            if not self.report.has_errors:
                self.report.error("E0001", f"the spec ends where {describe(self.interactive.accepts())} is due", _span(end))
            return Body()

    def _feed(self, token: Token) -> bool:
        try:
            self.interactive.feed_token(token)
            self.around += ENCLOSING.get(token.type, 0)
        except UnexpectedToken:
            if token.line not in self.reported and (token.start_pos or 0) not in self.quiet:
                self._report(token)
            return False
        return True

    def _report(self, token: Token) -> None:
        accepts = self.interactive.accepts()
        found = "the line ends" if token.type == "_NL" else f"`{token}` stands"
        message = f"{found} where {describe(accepts)} is due"
        self.report.error("E0001", message, _span(token), help=_advice(token, accepts, self.report.source.text))

    def _give_up(self, token: Token) -> None:
        message = f"more than {MAXIMUM_ERRORS} lines cannot be read: is this a spec?"
        way_out = "a table becomes one by `specc new network --from FILE --target COLUMN`"
        self.report.error("E0001", message, _span(token), help=way_out)

    def _recover(self, token: Token, stream: Iterator[Token]) -> bool:
        """Skips to the end of the line and of the brackets that it stands in, then unwinds to where a statement may end."""
        depth = 0
        around = self.around if self.broken is None else 0
        while token.type != "_NL" or depth > 0 or around > 0:
            depth += (token.type == "LBRACE") - (token.type == "RBRACE")
            around += ENCLOSING.get(token.type, 0)
            if depth < 0 and self._unwind_and_feed(token):
                return True
            following = next(stream, None)
            if following is None:
                return False
            token = following
        self.around = 0
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
        trial = self.interactive.copy(deepcopy_values=False)  # reducing makes new values of the old ones
        try:
            trial.feed_token(token)
        except UnexpectedToken:
            return False
        # `(` and `[` accept a new line too; only between statements does a name or `}` with a body follow.
        if "SEMICOLON" not in trial.choices():
            return False
        self.interactive = trial
        return True


def _advice(token: Token, accepts: set[str], text: str) -> str:
    """The way out of a syntax error, where one is likely."""
    start = token.start_pos or 0
    before = text[start - 1 : start]
    if text.startswith(("//", "--"), start):
        return "a comment begins with `#`"
    if token.type == "STAR" and before == "*":
        return "`.dn` has no powers, only `+ - * /`"
    if token.type == "DOT":
        return (
            "a range has two dots: `0.1 .. 0.5`"
            if before == "."
            else "a decimal number has digits on both sides of its point: `0.5`"
        )
    if token.type == "NAME" and before.isdigit():
        return "a number has no unit, and a name begins with a letter; `10_000` is a number"
    if token.type in ("LBRACE", "LPAR") and before in ("\n", " ", "\t") and "_NL" in accepts:
        return f"write the `{token}` on the line of its part"
    if token.type == "LBRACE" and "NUMBER" in accepts:
        return "a part has no `=`: `train { … }`"
    if token.type == "MINUS" and "LBRACE" in accepts:
        return "a name has letters, digits and `_`; other columns are written in quotes"
    if token.type == "EQUAL":
        return "a setting is `key = value`; a part is `kind name(…) { … }`"
    if accepts and accepts <= {"RPAR", "RSQB"} and token.type in ("NAME", "NUMBER", "STRING", "DOLLAR"):
        return "put a `,` at the end of the line before"
    if token.type == "NAME" and "COMMA" in accepts:
        return "put a `,` between arguments"
    if token.type == "NAME" and "_NL" in accepts:
        return "begin each statement on a line of its own, or put `;` between them"
    if token.type == "_NL" and "NUMBER" in accepts:
        return "a line may break inside `( )` and `[ ]` only, after a comma or the opening bracket"
    if "EQUAL" in accepts and token.type in ("NUMBER", "STRING"):
        words = re.findall(r'"[^"\n]*"|\w+', text[max(0, start - 80) : start])
        word = words[-1] if words else "key"
        way_out = f"a setting is `{word} = {token}`"
        return f"{way_out}; what a part takes stands in brackets: `{word}({token})`" if "LBRACE" in accepts else way_out
    return ""


def _end_position(tokens: list[Token]) -> tuple[int]:
    return (tokens[-1].end_pos or 0,) if tokens else (0,)
