"""Finds and loads `grammar/dn.lark`, the whole concrete syntax."""

from __future__ import annotations

import functools
from pathlib import Path

from lark import Lark
from lark.lexer import Token

from specc.syntax.build import TreeBuilder

COMMENTS: list[Token] = []


def grammar_path() -> Path:
    """The grammar's file: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "grammar" / "dn.lark"
    return installed if installed.is_file() else package.parent / "grammar" / "dn.lark"


@functools.cache
def load_grammar() -> Lark:
    """The LALR(1) parser. No cache file: Lark's is a pickle, and building the tables takes 40 ms."""
    return Lark(
        grammar_path().read_text("utf-8"),
        parser="lalr",
        lexer="basic",
        transformer=TreeBuilder(),
        keep_all_tokens=True,
        lexer_callbacks={"COMMENT": COMMENTS.append},
    )
