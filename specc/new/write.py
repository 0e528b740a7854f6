"""Writes the first spec of a table: every column typed, the path of its numbers chosen, a small network and its training."""

from __future__ import annotations

import re

import numpy as np

from specc.diagnostics import Source
from specc.diagnostics.render import visible
from specc.new.guess import Guess, guess_columns, guess_target, without_vectors
from specc.new.table import RawColumn, RawTable, quoted
from specc.syntax.format import format_text

MOST_OF_A_CODE = 8
USES = {
    "autoencoder": "specc predict {run} {table} -o scores.csv    # the last column: how badly a row comes back",
    "vae": "specc sample {run} -n 100 -o made.csv    # rows like these",
}
"""What each kind that makes rows again is for."""


def spec_of(table: RawTable, path: str, target: str) -> str:
    """The canonical text of a first spec of a network. `path` is the table's, from the spec's folder."""
    answer = guess_target(table.columns[target])
    guesses = guess_columns(table, target)
    return _text(
        path, "", _hyper(table.rows), _data(table, path, guesses, answer), _network(table, answer, guesses), _train(table.rows)
    )


def spec_of_rows(table: RawTable, path: str, kind: str, name: str) -> str:
    """The canonical text of a first spec of a kind that makes rows again, an autoencoder or a vae, called `name`."""
    guesses = [without_vectors(guess) for guess in guess_columns(table)]
    columns = sum(not guess.reason for guess in guesses)
    code = max(1, min(MOST_OF_A_CODE, columns // 2))
    comment = f"#   {USES[kind].format(run=f'runs/{visible(name)}', table=visible(path))}\n"
    numbers = any(guess.declaration.startswith("number") for guess in guesses)
    loss = "loss = elbo(variance = 0.1)    # of the numbers around what a code stands for\n" if kind == "vae" and numbers else ""
    code_line = f"code = int({code}, 1 .. {max(2, columns)}, log)\n"
    return _text(
        path,
        comment,
        _hyper(table.rows, code_line),
        _data(table, path, guesses),
        _rows(table, kind, guesses),
        _train(table.rows, loss),
    )


def _text(path: str, comment: str, *sections: str) -> str:
    first = f"# A first spec for {visible(path)}: what each column is was guessed from its values. Change what you know better.\n"
    return format_text(Source(path, "\n\n".join([first + comment, *sections])))


def name_of(name: str) -> str:
    """A column's name as a spec writes it: in quotes unless it is a plain word."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else quoted(name)


def _hyper(rows: int, more: str = "") -> str:
    width, rate = _by_rows(rows, 32, 64, 128, 256), _by_rows(rows, "3e-3", "2e-3", "1e-3", "1e-3")
    return f"hyper {{\nwidth = int({width}, 8 .. 512, log)\n{more}rate = float({rate}, 1e-5 .. 1e-1, log)\n}}"


def _data(table: RawTable, path: str, guesses: list[Guess], answer: Guess | None = None) -> str:
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
    return f"network {{\ninput({_taken(table, guesses)})\n{layers}\noutput({name_of(answer.name)})\n}}"


def _rows(table: RawTable, kind: str, guesses: list[Guess]) -> str:
    layers = f"input({_taken(table, guesses)})\ndense($width, relu)"
    if kind == "vae":
        return f"vae {{\nencoder {{\n{layers}\n}}\nlatent($code)\ndecoder = mirror\n}}"
    return f"autoencoder {{\nencoder {{\n{layers}\ndense code($code)\n}}\ndecoder = mirror\n}}"


def _taken(table: RawTable, guesses: list[Guess]) -> str:
    """What `input` names: all columns, or those that can be learnt from where the others have to be declared."""
    if table.has_header or not any(guess.reason for guess in guesses):
        return "features"
    return ", ".join(name_of(guess.name) for guess in guesses if not guess.reason)


def _train(rows: int, loss: str = "") -> str:
    epochs, batch = _by_rows(rows, 200, 100, 60, 30), _by_rows(rows, 16, 32, 128, 512)
    stop = "stop = early(validation.loss, patience = 10)"
    return f"train {{\n{loss}optimizer = adamw($rate)\n{stop}\nepochs = {epochs}\nbatch = {batch}\n}}"


def _by_rows(rows: int, small: object, medium: object, large: object, huge: object) -> object:
    """A choice by the size of the table: below 1,000 rows, 10,000, 100,000, and above."""
    return (small, medium, large, huge)[int(np.searchsorted([1_000, 10_000, 100_000], rows, side="right"))]
