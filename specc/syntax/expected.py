"""What may stand where: the parser's terminals in the user's words."""

from __future__ import annotations

from collections.abc import Iterable

WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "_NL": "a new line",
    "$END": "the end of the file",
    "_DOTS": "`..`",
    "EQUAL": "`=`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "SEMICOLON": "`;`",
    "DOT": "`.`",
    "DOLLAR": "`$`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "STAR": "`*`",
    "SLASH": "`/`",
}
VALUE = {"NUMBER", "STRING", "DOLLAR", "LSQB", "MINUS", "NAME"}
ARITHMETIC = {"PLUS", "MINUS", "STAR", "SLASH", "_DOTS", "DOT"}


def describe(terminals: Iterable[str]) -> str:
    """`a value or `)``: what the parser could have taken, the likely things first and no more than four."""
    accepted = set(terminals)
    words = []
    if accepted >= VALUE:
        accepted -= VALUE | {"LPAR"}
        words.append("a value")
    closing = [t for t in ("RPAR", "RSQB", "RBRACE", "COMMA") if t in accepted]
    rest = sorted(accepted - ARITHMETIC - set(closing), key=lambda t: list(WORDS).index(t) if t in WORDS else 99)
    words += [WORDS[t] for t in closing] + [WORDS.get(t, t.lower()) for t in rest if t not in ("SEMICOLON",)]
    words = words[:4]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1] if words else "something else"
