"""Lots: rows divided by share, strata kept in proportion or groups kept whole; the same on every machine."""

from __future__ import annotations

import numpy as np


def shuffled(count: int, seed: int) -> np.ndarray:
    """A permutation by lot. It sorts raw bits, whose stream numpy keeps for ever, which it does not promise of its own."""
    return np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable") if count else np.empty(0, dtype=np.int64)


def stratified(strata: np.ndarray, shares: tuple[float, ...], seed: int) -> list[np.ndarray]:
    """The rows of each share by lot. Of every stratum each share gets its part, rounded down or up; so does the whole.

    A share greater than 0 gets a row where there are enough.
    """
    order = shuffled(len(strata), seed)
    by_stratum = np.split(order[np.argsort(strata[order], kind="stable")], np.cumsum(np.bincount(strata))[:-1])
    counts = _apportioned(np.array([len(rows) for rows in by_stratum]), np.array(shares))
    sets: list[list[np.ndarray]] = [[] for _ in shares]
    for rows, count in zip(by_stratum, counts):
        for chosen, part in zip(sets, np.split(rows, np.cumsum(count)[:-1])):
            chosen.append(part)
    return [np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64) for parts in sets]


def _apportioned(sizes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Whole numbers near `sizes × shares`, each row summing to its size: what rounding takes from a share is owed to it."""
    counts = np.zeros((len(sizes), len(shares)), dtype=np.int64)
    owed = np.zeros(len(shares))
    for index, size in enumerate(sizes):
        parts = size * shares
        whole = np.floor(parts + 1e-9).astype(np.int64)
        owed += parts - whole
        rest = int(size - whole.sum())
        # Only a share with a fraction may be rounded up, so that none is a whole row away from its part.
        open_shares = np.flatnonzero(parts - whole > 1e-9)
        chosen = open_shares[np.argsort(-owed[open_shares], kind="stable")][:rest]
        whole[chosen] += 1
        owed[chosen] -= 1
        counts[index] = whole
    for empty in np.flatnonzero((counts.sum(axis=0) == 0) & (shares > 0)):
        stratum, donor = np.unravel_index(int(np.argmax(counts)), counts.shape)
        if counts[stratum, donor] > 1:
            counts[stratum, donor] -= 1
            counts[stratum, empty] += 1
    return counts


def grouped(members: np.ndarray, shares: tuple[float, ...], seed: int) -> list[np.ndarray]:
    """The rows of each share by lot, every group whole; `members` holds the number of each row's group.

    Each group goes, in the order of the lot, to the share that lacks most; none stays empty where there are enough groups.
    """
    sizes, wanted = np.bincount(members), np.array(shares)
    lacking, empty = wanted * len(members), wanted > 0
    chosen = np.zeros(len(sizes), dtype=np.int64)
    for place, group in enumerate(shuffled(len(sizes), seed)):
        open_shares = empty if len(sizes) - place <= empty.sum() else wanted > 0
        best = int(np.argmax(np.where(open_shares, lacking, -np.inf)))
        chosen[group] = best
        lacking[best] -= sizes[group]
        empty[best] = False
    return [np.flatnonzero(chosen[members] == index) for index in range(len(shares))]
