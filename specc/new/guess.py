"""What each column of a table is: a number, a category, or nothing to learn from; and how it should reach the network."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from specc.new.table import RawColumn, RawTable, quoted

FEW_WHOLE_NUMBERS = 5
"""Whole numbers of so few values are taken as codes."""
FEW_CLASSES = 10
"""A target of whole numbers with so few values is taken as classes."""
ONEHOT_LABELS = 12
"""A category with more labels gets a trained vector a label."""
RARELY_KNOWN = 0.6
"""A number that is missing in a larger share of the rows is left out."""
OFTEN_MISSING = 0.05
"""A category that is missing in a larger share of the rows gets a label for it."""
HEAVY_SKEW = 2.0
WORDS_OF_A_TEXT = 4
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}([ ,].*)?")
IDENTIFIER = re.compile(r"(?i)(.*[_ .-])?(id|uuid|guid|index|rownum|row|no|nr|key)|.*(Id|ID)|unnamed.*")


@dataclass(frozen=True)
class Guess:
    """How a column is declared; or, with `reason`, why it is left out."""

    name: str
    declaration: str = ""
    reason: str = ""
    labels: int | None = None
    """Of a category, how many."""


def guess_columns(table: RawTable, target: str = "") -> list[Guess]:
    """A guess for every column but the target, in the order of the file."""
    guesses = [Guess(name, reason=reason) for name, reason in table.unreadable.items()]
    for name, column in table.columns.items():
        if name == target:
            continue
        guess = guess_column(column)
        if target and not guess.reason and _gives_the_target_away(column, table.columns[target]):
            guess = Guess(name, reason=f"where it is missing almost tells `{target}`: is it known before?")
        guesses.append(guess)
    return guesses


def guess_column(column: RawColumn) -> Guess:
    """What a column that is not the target is."""
    known = column.texts[~column.missing]
    labels = len(set(known.tolist()))
    rows = len(column.texts)
    share = 1 - len(known) / rows
    if labels == 0:
        return Guess(column.name, reason="it has no values")
    if labels == 1 and share == 0:
        return Guess(column.name, reason=f"it is {quoted(known[0])} in every row")
    if column.numbers is None:
        return _texts(column, known.tolist(), labels, share)
    if _counts_the_rows(column, labels, rows):
        return Guess(column.name, reason="it is another whole number in every row")
    if column.is_whole and labels <= FEW_WHOLE_NUMBERS < rows / 4:
        return _category(column.name, labels, share)
    if share > RARELY_KNOWN:
        return Guess(column.name, reason=f"it is missing in {share:.0%} of the rows")
    arguments = [] if not has_heavy_tail(column.numbers) else ["transform = log1p"]
    arguments += ["impute = median"] if share > 0 else []
    return Guess(column.name, f"number({', '.join([*arguments, 'scale = standard'])})")


def guess_target(column: RawColumn) -> Guess:
    """What the target is, or why it can be none."""
    known = column.texts[~column.missing]
    labels = len(set(known.tolist()))
    drop = ["missing = drop"] if column.missing.any() else []
    if labels < 2:
        what = f"it is {quoted(known[0])} in every row" if labels else "it has no values"
        return Guess(column.name, reason=f"there is nothing to learn: {what}")
    rarest = min(Counter(known.tolist()).values(), default=0)
    is_class = column.numbers is None or (column.is_whole and labels <= min(FEW_CLASSES, len(known) / 4) and rarest > 1)
    if is_class and labels > max(2, len(known) / 2):
        reason = f"it has {labels:,} different texts in {len(known):,} rows: no label comes often enough to be learnt"
        return Guess(column.name, reason=reason)
    if is_class:
        return Guess(column.name, f"category({', '.join(drop)})" if drop else "category", labels=labels)
    assert column.numbers is not None
    transform = ["transform = log1p"] if has_heavy_tail(column.numbers) else []
    return Guess(column.name, f"number({', '.join([*transform, 'scale = standard', *drop])})")


def has_heavy_tail(numbers: np.ndarray) -> bool:
    """Whether non-negative numbers have a long right tail that their logarithm would shorten."""
    known = numbers[~np.isnan(numbers)]
    if not len(known) or known.min() < 0:
        return False
    skew = _skewness(known)
    return skew > HEAVY_SKEW and abs(_skewness(np.log1p(known))) < skew / 2


def _skewness(values: np.ndarray) -> float:
    centred = values - values.mean()
    deviation = np.sqrt(np.mean(centred**2))
    return float(np.mean((centred / deviation) ** 3)) if deviation > 0 else 0.0


def _texts(column: RawColumn, known: list[str], labels: int, share: float) -> Guess:
    if all(DATE.fullmatch(text) for text in known):
        return Guess(column.name, reason="dates are not read yet: write what matters of them as numbers")
    words = sum(len(text.split()) for text in known) / len(known)
    many = labels > max(20, len(known) / 5)
    if many and words >= WORDS_OF_A_TEXT:
        return Guess(column.name, reason=f"it is free text ({words:.0f} words a row)")
    if many or labels > max(20, len(known) / 2):
        return Guess(column.name, reason=f"{labels:,} different texts in {len(known):,} rows")
    return _category(column.name, labels, share)


def _category(name: str, labels: int, share: float) -> Guess:
    """One-hot for few labels, a trained vector for many; a label of its own for what is often missing."""
    encode = "onehot" if labels <= ONEHOT_LABELS else f"embedding({min(16, round(labels**0.5) + 1)})"
    impute = ', impute = constant("missing")' if share > OFTEN_MISSING else ", impute = mode" if share > 0 else ""
    return Guess(name, f"category(encode = {encode}{impute})", labels=labels)


def without_vectors(guess: Guess) -> Guess:
    """The guess of a column that is to be made again: one number a label, and no trained vector."""
    return replace(guess, declaration=re.sub(r"embedding\(\d+\)", "onehot", guess.declaration))


def _counts_the_rows(column: RawColumn, labels: int, rows: int) -> bool:
    """Whether a column of numbers is a key: another whole number in each row, in one run or under a key's name."""
    assert column.numbers is not None
    if not column.is_whole or labels < rows or rows < 10:
        return False
    low, high = column.numbers.min(), column.numbers.max()
    return high - low == rows - 1 or IDENTIFIER.fullmatch(column.name) is not None


def _gives_the_target_away(column: RawColumn, target: RawColumn) -> bool:
    """Whether a column is filled in only where the target is one label, as the number of a lifeboat is."""
    missing, known = column.missing, ~target.missing
    share = missing.mean()
    if not OFTEN_MISSING < share < 1 - OFTEN_MISSING:
        return False
    labels, codes = np.unique(target.texts[known].astype(str), return_inverse=True)
    if len(labels) > FEW_CLASSES:
        return False
    errors = 1 - np.bincount(codes).max() / len(codes)
    right = sum(np.bincount(codes[missing[known] == side]).max(initial=0) for side in (False, True))
    return 1 - right / len(codes) < 0.3 * errors
