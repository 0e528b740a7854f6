"""Text to canonical text, on the token stream: every token and comment stays, in its order; only the space between changes.

Lines stay as the user broke them, except that a body with a line break in it has its `{` at the end of a line and its
`}` at the beginning of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lark.lexer import Token

from specc.diagnostics import Report, Source
from specc.syntax.parse import parse_text, tokenize

INDENT = 2
COMMENT_COLUMN = 42

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING = set(OPENING.values())
ENDS_A_VALUE = {"NAME", "NUMBER", "STRING", "RPAR", "RSQB"}
SIGNS = {"EQUAL", "_DOTS", "PLUS", "MINUS", "STAR", "SLASH"}


def format_text(source: Source) -> str:
    """The canonical text of a spec. Raises `SpecError` where it has syntax errors."""
    report = Report(source)
    parse_text(source, report)
    report.raise_errors()
    tokens, comments = tokenize(source, report)
    layout = _Layout()
    for item in _without_empty_breaks(_items(tokens, comments)):
        layout.take(item)
    return _rendered(layout.finished())


@dataclass(slots=True)
class _Item:
    """A token, a comment, or an end of line. `breaks` says of a `{` or `}` that its body holds an end of line."""

    type: str
    text: str
    breaks: bool = False


@dataclass(slots=True)
class _Line:
    """One line of the result: code up to a setting's `=`, code behind it, a comment. All empty: a blank line."""

    indent: int = 0
    items: list[_Item] = field(default_factory=list)
    code: str = ""
    key: str = ""
    comment: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.items and not self.comment

    def ends_with(self, kinds: set[str]) -> bool:
        return bool(self.items) and self.items[-1].type in kinds


def _items(tokens: list[Token], comments: list[Token]) -> list[_Item]:
    """Tokens and comments in order, ends of lines one by one, comment lines taken out of them, bodies marked."""
    items: list[_Item] = []
    opened: list[tuple[_Item, int]] = []
    breaks = 0
    for token in sorted([*tokens, *comments], key=lambda t: t.start_pos or 0):
        if token.type == "_NL":
            breaks += 1
            items.extend(_ends_of_lines(token))
            continue
        item = _Item(token.type, str(token).rstrip() if token.type == "COMMENT" else str(token))
        if token.type in OPENING:
            opened.append((item, breaks))
        elif token.type in CLOSING:
            partner, before = opened.pop()
            item.breaks = partner.breaks = breaks > before
        items.append(item)
    return items


def _ends_of_lines(token: Token) -> list[_Item]:
    """An end of line, and the blank lines and comment lines that the same token holds."""
    items = [_Item("END", "")]
    *between, last = token.split("\n")[1:]
    for piece in between:
        items.append(_Item("COMMENT", piece.strip()) if piece.strip() else _Item("BLANK", ""))
        items.append(_Item("END", ""))
    return [*items, _Item("COMMENT", last.strip())] if last.strip() else items


def _without_empty_breaks(items: list[_Item]) -> list[_Item]:
    """`{`, blank lines and lonely semicolons, `}` becomes `{ }`; the same in `( )` and `[ ]`."""
    kept: list[_Item] = []
    for item in items:
        if item.type in CLOSING:
            first = len(kept)
            while first and kept[first - 1].type in ("END", "BLANK", "SEMICOLON"):
                first -= 1
            if first and kept[first - 1].type in OPENING:
                del kept[first:]
                item.breaks = kept[-1].breaks = False
        kept.append(item)
    return kept


class _Layout:
    """Collects the lines. A separator waits for what follows it: before a closing sign on its line it is left out."""

    def __init__(self) -> None:
        self.lines: list[_Line] = []
        self.line = _Line()
        self.waiting: _Item | None = None
        self.opened: list[tuple[_Item, int]] = []
        self.break_due = False

    def take(self, item: _Item) -> None:
        match item.type:
            case "END":
                self._end_line()
            case "BLANK":
                if self.lines and not self.lines[-1].is_blank and not self.lines[-1].ends_with(set(OPENING)):
                    self.lines.append(_Line())
            case "COMMENT":
                self._comment(item)
            case "SEMICOLON":
                self.waiting = item if self.line.items and not self.line.ends_with({"LBRACE"}) else None
            case "COMMA":
                self.waiting = item
            case _:
                self._code(item)

    def finished(self) -> list[_Line]:
        self._end_line()
        while self.lines and self.lines[-1].is_blank:
            self.lines.pop()
        return self.lines

    def _comment(self, item: _Item) -> None:
        self._write_waiting(before_code=False)
        if not self.line.items:
            self.line.indent = self._inner_indent()
        self.line.comment = item.text

    def _code(self, item: _Item) -> None:
        if self.break_due or (item.type == "RBRACE" and item.breaks and self.line.items):
            self._end_line()
        if item.type in CLOSING:
            self.waiting = None
            indent = self.opened.pop()[1]
            if not self.line.items and self.lines and self.lines[-1].is_blank:
                self.lines.pop()
        else:
            self._write_waiting(before_code=True)
            indent = self._inner_indent()
        if not self.line.items:
            self.line.indent = indent
        self._append(item)
        if item.type in OPENING:
            self.opened.append((item, self.line.indent))
            self.break_due = item.type == "LBRACE" and item.breaks

    def _write_waiting(self, before_code: bool) -> None:
        """A comma always stands at the end of a line, a semicolon only between two statements of one."""
        if self.waiting is not None and (before_code or self.waiting.type == "COMMA"):
            self._append(self.waiting)
        self.waiting = None

    def _append(self, item: _Item) -> None:
        line = self.line
        if line.items:
            line.code += _space_between(line.items, item)
        if item.type == "EQUAL" and self._is_key(line.items):
            line.key, line.code = line.code.rstrip(), ""
        line.code += item.text
        line.items.append(item)

    def _is_key(self, items: list[_Item]) -> bool:
        """Whether the line so far is a setting's key, not the name of an argument."""
        between_statements = not self.opened or self.opened[-1][0].type == "LBRACE"
        return between_statements and all(item.type in ("NAME", "DOT", "STRING") for item in items)

    def _end_line(self) -> None:
        self._write_waiting(before_code=False)
        self.break_due = False
        if not self.line.is_blank:
            self.lines.append(self.line)
        self.line = _Line()

    def _inner_indent(self) -> int:
        return self.opened[-1][1] + INDENT if self.opened else 0


def _space_between(before: list[_Item], item: _Item) -> str:
    """What stands between the last item of a line and the next one."""
    last = before[-1].type
    if item.type in ("COMMA", "SEMICOLON", "RPAR", "RSQB", "DOT") or last in ("LPAR", "LSQB", "DOT", "DOLLAR"):
        return ""
    if item.type == "LPAR" and last == "NAME":
        return ""
    is_sign_of_a_number = last == "MINUS" and (len(before) == 1 or before[-2].type not in ENDS_A_VALUE)
    return "" if is_sign_of_a_number else " "


def _is_setting(line: _Line) -> bool:
    """Whether a line is one setting, whole: those stand with their `=` under each other."""
    depth = sum((item.type in OPENING) - (item.type in CLOSING) for item in line.items)
    return bool(line.key) and depth == 0 and all(item.type != "SEMICOLON" for item in line.items)


def _rendered(lines: list[_Line]) -> str:
    width = {}
    run: list[int] = []
    for number, line in enumerate([*lines, _Line()]):
        if _is_setting(line):
            run.append(number)
            continue
        widest = max((len(lines[i].key) for i in run), default=0)
        width.update(dict.fromkeys(run, widest))
        run = []
    return "".join(_text(line, width.get(number, 0)) + "\n" for number, line in enumerate(lines))


def _text(line: _Line, key_width: int) -> str:
    code = f"{line.key:<{key_width}} {line.code}" if line.key else line.code
    code = " " * line.indent + code if code or line.comment else ""
    if not line.comment or not line.items:
        return code + line.comment
    return f"{code:<{max(COMMENT_COLUMN - 1, len(code) + 2)}}{line.comment}"
