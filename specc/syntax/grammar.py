"""Loads the parser of `grammar/dn.lark`, the whole concrete syntax.

Building Lark's tables would add about half to what a check costs, so they lie beside the grammar, in `dn.tables.json`.
`UPDATE_GOLDEN=1 pytest tests/test_house.py` writes them; until then a changed grammar is built anew each time.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import lark
from lark.grammar import Rule
from lark.lexer import TerminalDef, Token

from specc.syntax.build import TreeBuilder

COMMENTS: list[Token] = []


def grammar_folder() -> Path:
    """Where the grammar lies: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "grammar"
    return installed if installed.is_dir() else package.parent / "grammar"


@functools.cache
def load_grammar() -> lark.Lark:
    """The LALR(1) parser. Its tables are plain JSON: nothing is unpickled, and nothing is written."""
    text = (grammar_folder() / "dn.lark").read_text("utf-8")
    file = grammar_folder() / "dn.tables.json"
    tables = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    if (tables.get("lark"), tables.get("grammar")) != (lark.__version__, text):
        tables = json.loads(build_tables(text))
    automaton = tables["data"]["parser"]["parser"]
    automaton["states"] = _numbered(automaton["states"])
    callbacks = {"COMMENT": COMMENTS.append}
    return lark.Lark._load_from_dict(
        tables["data"], _numbered(tables["memo"]), transformer=TreeBuilder(), lexer_callbacks=callbacks
    )


def build_tables(text: str) -> str:
    """What `dn.tables.json` holds: the tables of a grammar, the grammar, and the version of Lark whose tables they are."""
    grammar = lark.Lark(text, parser="lalr", lexer="basic", keep_all_tokens=True)
    data, memo = grammar.memo_serialize([TerminalDef, Rule])
    return json.dumps({"lark": lark.__version__, "grammar": text, "data": data, "memo": memo}, separators=(",", ":")) + "\n"


def _numbered(entries: dict[str, Any]) -> dict[int, Any]:
    """JSON's keys are texts; the automaton's states have numbers."""
    return {int(number): entry for number, entry in entries.items()}
