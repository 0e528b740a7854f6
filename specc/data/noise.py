"""Wrong labels, by lot: how robust a network is can be asked of it."""

from __future__ import annotations

import dataclasses
import zlib

import numpy as np

from specc.data.dataset import Dataset
from specc.ir import CategoryFit, Spec


def with_wrong_labels(spec: Spec, dataset: Dataset, rows: np.ndarray, share: float | None) -> Dataset:
    """The data with another label, each of the others as likely, in that share of some rows of every category target.

    The lot is the split's seed's, so that another `--seed` learns from the same mistakes.
    """
    if not share:
        return dataset
    assert spec.bound is not None
    targets, truth = dict(dataset.targets), dict(dataset.truth)
    for name in targets:
        fit = spec.bound.fits[name]
        if not isinstance(fit, CategoryFit):
            continue
        draw = np.random.default_rng([dataset.seed, zlib.crc32(name.encode())])
        lot = draw.permutation(dataset.rows["train"])  # of all, so that a row that is wrong is so in every phase
        turns = draw.integers(1, len(fit.labels), len(lot))
        wrong = np.flatnonzero(np.isin(lot, rows))[: round(share * len(rows))]
        labels = targets[name].copy()
        labels[lot[wrong]] = (labels[lot[wrong]] + turns[wrong]) % len(fit.labels)
        targets[name] = labels
        truth[name] = labels.astype(truth[name].dtype)
    return dataclasses.replace(dataset, targets=targets, truth=truth)
