"""Suggestions for misspelt words."""

from __future__ import annotations

from collections.abc import Iterable

SAID_ELSEWHERE = {
    "lr": "learning_rate",
    "eps": "epsilon",
    "filters": "channels",
    "out_channels": "channels",
    "features": "units",
    "out_features": "units",
    "hidden": "units",
    "use_bias": "bias",
    "p": "rate",
    "alpha": "slope",
    "avg": "mean",
    "average": "mean",
    "fc": "dense",
    "conv": "conv2d",
    "maxpool": "max_pool2d",
    "avgpool": "average_pool2d",
    "int": "number int",
    "integer": "number int",
    "float": "number float",
    "double": "number float",
    "numeric": "number",
    "str": "category",
    "string": "category",
    "label": "category",
    "enum": "category choice",
    "factor": "category",
    "model": "network",
    "layers": "network",
    "training": "train",
    "params": "hyper",
    "hyperparameters": "hyper",
    "dataset": "data",
    "categorical_crossentropy": "cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "nll": "cross_entropy",
}
"""Words of other libraries and languages, and what `.dn` says instead: the first that is known at the place."""


def distance(a: str, b: str, limit: int) -> int:
    """Optimal string alignment distance (edits and swapped neighbours), `limit + 1` when farther."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before, row = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before = before, row
        row = [i] + [0] * len(b)
        for j, y in enumerate(b, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, or None when nothing is near enough to be meant.

    A word that begins with what was written, or the reverse (`learning` for `learning_rate`), counts as near.
    """
    lowered = word.lower()
    known = set(known)
    said = next((k for k in SAID_ELSEWHERE.get(lowered, "").split() if k in known), None)
    if said is not None:
        return said
    limit = 1 if len(word) < 4 else 2 if len(word) < 9 else 3
    candidates = sorted(known)
    scored = [(distance(lowered, k.lower(), limit), k) for k in candidates]
    best = min(scored, default=(limit + 1, ""))
    if best[0] <= limit:
        return best[1]
    if len(word) < 3:
        return None
    prefixed = [k for k in candidates if k.lower().startswith(lowered) or (len(k) > 3 and lowered.startswith(k.lower()))]
    return min(prefixed, key=len, default=None)


def listing(words: Iterable[str], joint: str = "or") -> str:
    """`a`, `b` or `c`, for messages."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}" if quoted else ""
