"""Writes the first spec of a table: every column typed, the path of its numbers chosen, a small network and its training."""

from __future__ import annotations

import re

import numpy as np

from specc.diagnostics import Source
from specc.diagnostics.render import visible
from specc.new.guess import Guess, guess_columns, guess_target
from specc.new.table import RawColumn, RawTable, quoted
from specc.syntax.format import format_text


def spec_of(table: RawTable, path: str, target: str) -> str:
    """The canonical text of a first spec of a network. `path` is the table's, from the spec's folder."""
    answer = guess_target(table.columns[target])
    guesses = guess_columns(table, target)
    hyper = hyper_of(by_rows(table.rows, 32, 64, 128, 256), by_rows(table.rows, "3e-3", "2e-3", "1e-3", "1e-3"))
    data = data_of(table, path, guesses, answer)
    return written(path, [hyper, data, _network(table, answer, guesses), train_of(table.rows)])


def written(path: str, sections: list[str], comment: str = "") -> str:
    """The canonical text of the sections, below a comment of what they are."""
    first = f"# A first spec for {visible(path)}: what each column is was guessed from its values. Change what you know better.\n"
    return format_text(Source(path, "\n\n".join([first + comment, *sections])))


def name_of(name: str) -> str:
    """A column's name as a spec writes it: in quotes unless it is a plain word."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else quoted(name)


def hyper_of(width: object, rate: object, more: str = "") -> str:
    return f"hyper {{\nwidth = int({width}, 8 .. 512, log)\n{more}rate = float({rate}, 1e-5 .. 1e-1, log)\n}}"


def data_of(table: RawTable, path: str, guesses: list[Guess], answer: Guess | None = None) -> str:
    source = ", ".join([quoted(path), *(f"{name} = {value}" for name, value in table.options.items())])
    declared = {guess.name: guess for guess in guesses if not guess.reason or not table.has_header}
    lines = [] if table.has_header else ["# the file has no header: rename these as you like, and keep their order"]
    for name in table.columns:
        guess = answer if answer is not None and name == answer.name else declared.get(name)
        if guess is not None:
            # Without a header the columns are those declared, in order, so that none can be left out of them.
            lines.append(f"{name_of(name)} = {guess.declaration or _unread(table.columns[name])}")
    left_out = [guess for guess in guesses if guess.reason]
    if left_out:
        lines.append("# not read:" if table.has_header else "# not taken by `input` below:")
        lines += [f"#   {visible(guess.name) or '(no name)'}: {visible(guess.reason)}" for guess in left_out]
    columns = "\n".join(lines)
    target = f"target = {name_of(answer.name)}\n" if answer is not None else ""
    stratify = f", stratify = {name_of(answer.name)}" if answer is not None and answer.labels else ""
    split = f"split = random(train = 0.7, validation = 0.15, test = 0.15{stratify})"
    return f"data {{\nsource = {table.word}({source})\ncolumns {{\n{columns}\n}}\n{target}{split}\n}}"


def _unread(column: RawColumn) -> str:
    """The declaration of a column that only holds its place: it may lack values, and needs none."""
    return 'category(impute = constant("missing"))' if column.missing.any() else "category"


def _network(table: RawTable, answer: Guess, guesses: list[Guess]) -> str:
    layers = "repeat(2) { dense($width, relu, init = he_normal); dropout(0.1) }"
    return f"network {{\ninput({taken_columns(table, guesses)})\n{layers}\noutput({name_of(answer.name)})\n}}"


def taken_columns(table: RawTable, guesses: list[Guess]) -> str:
    """What `input` names: all columns, or those that can be learnt from where the others have to be declared."""
    if table.has_header or not any(guess.reason for guess in guesses):
        return "features"
    return ", ".join(name_of(guess.name) for guess in guesses if not guess.reason)


def train_of(rows: int, loss: str = "") -> str:
    epochs, batch = by_rows(rows, 200, 100, 60, 30), by_rows(rows, 16, 32, 128, 512)
    stop = "stop = early(validation.loss, patience = 10)"
    return f"train {{\n{loss}optimizer = adamw($rate)\n{stop}\nepochs = {epochs}\nbatch = {batch}\n}}"


def by_rows(rows: int, small: object, medium: object, large: object, huge: object) -> object:
    """A choice by the size of the table: below 1,000 rows, 10,000, 100,000, and above."""
    return (small, medium, large, huge)[int(np.searchsorted([1_000, 10_000, 100_000], rows, side="right"))]
