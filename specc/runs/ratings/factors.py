"""What the hidden units of a machine of ratings are about: the items whose ratings each of them raises or lowers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.data.ratings import RatingsDataset
from specc.door import state_key
from specc.ir import RatingsFit
from specc.machines import machines
from specc.onnx.ratings import SHARE, ratings_fit

if TYPE_CHECKING:
    from specc.runs.run import Run

FILE = "factors.txt"
ITEMS = 8
"""Items of each end of a factor."""
RATED = 20
"""Ratings that an item has at the least to be named, where enough items have so many."""
PRINTED = 5
"""Factors that are printed after training; the file has all of them."""


def write_factors(run: Run, dataset: RatingsDataset) -> None:
    """Writes `factors.txt`: each hidden unit with its items, those that tell most first."""
    run.folder.write_bytes(FILE, "\n".join(factors(run, dataset)).encode())


def factors(run: Run, dataset: RatingsDataset) -> list[str]:
    """A text for each hidden unit, with the items that it raises and those that it lowers."""
    fit, (node,) = ratings_fit(run.spec), machines(run.spec)
    weights = {name: run.weights[state_key(node, name)] for name in ("weight", "shared_weight", "hidden_bias", "visible_bias")}
    effects, names = _by_units(fit, weights) if fit.by == "user" else _by_cases(weights, dataset)
    counts = _counts(fit, dataset)
    named = np.flatnonzero(counts >= RATED) if (counts >= RATED).sum() >= 2 * ITEMS else np.arange(len(counts))
    effects, names = effects[named], tuple(names[i] for i in named)
    effects = effects - effects.mean(0)  # what a factor raises everywhere says nothing of an item
    strength = np.abs(effects).mean(0)
    titles = dataset.titles
    blocks = []
    for factor in np.argsort(-strength, kind="stable"):
        order = np.argsort(-effects[:, factor], kind="stable")
        ends = (("more", order[:ITEMS], 1), ("less", order[::-1][:ITEMS], -1))
        lines = [f"factor {factor + 1}"]
        for word, chosen, sign in ends:
            shown = [
                f"{titles.get(names[i]) or names[i]} {effects[i, factor]:+.2f}" for i in chosen if effects[i, factor] * sign > 0
            ]
            lines += [f"  {word}: {'; '.join(shown)}"] if shown else []
        blocks.append("\n".join(lines) + "\n")
    return blocks


def _counts(fit: RatingsFit, dataset: RatingsDataset) -> np.ndarray:
    """How many training ratings each item has."""
    ratings = dataset.sets["train"]
    return np.bincount(ratings.units, minlength=len(fit.units)) if fit.by == "user" else ratings.counts


def _by_units(fit: RatingsFit, weights: dict[str, np.ndarray]) -> tuple[np.ndarray, tuple[str, ...]]:
    """By how much a hidden unit that is on raises the expected rating of an item, to the first order, in the ratings' unit.

    `Σ_k p[i, k] (v_k − v̄_i) w[i, k, j]`, p being the item's own shares: the covariance of level and weight.
    """
    bias = weights["visible_bias"].astype(np.float64)
    chances = np.exp(bias - bias.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    values = np.array(fit.levels)
    off = chances * (values - (chances @ values)[:, None])
    shared = np.einsum("ik,kj->ij", off, weights["shared_weight"].astype(np.float64)) * SHARE
    return np.einsum("ik,ikj->ij", off.astype(np.float32), weights["weight"]).astype(np.float64) + shared, fit.units


def _by_cases(weights: dict[str, np.ndarray], dataset: RatingsDataset) -> tuple[np.ndarray, tuple[str, ...]]:
    """Where the items are the cases: what the ratings of an item give a hidden unit, on average of its ratings."""
    ratings = dataset.sets["train"]
    together = weights["weight"] + np.float32(SHARE) * weights["shared_weight"]
    sums = np.zeros((len(dataset.names), together.shape[2]))
    case = np.repeat(np.arange(len(dataset.names)), ratings.counts)
    step = 1 << 16
    for start in range(0, len(case), step):
        stretch = slice(start, start + step)
        np.add.at(sums, case[stretch], together[ratings.units[stretch], ratings.levels[stretch]])
    return sums / np.sqrt(np.maximum(ratings.counts, 1))[:, None], dataset.names


def printed(text: str) -> str:
    """The first factors of the file, and how many more it has."""
    blocks = text.split("factor ")[1:]
    shown = "\n".join(f"factor {block.rstrip()}" for block in blocks[:PRINTED])
    more = len(blocks) - PRINTED
    return shown + (f"\n{more:,} more factors in {FILE}" if more > 0 else "")
