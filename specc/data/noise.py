"""Wrong labels, by lot: how robust a network is can be asked of it."""

from __future__ import annotations

import dataclasses
import zlib

import numpy as np

from specc.data.dataset import Dataset
from specc.data.lots import shuffled
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
        seed = dataset.seed << 32 | zlib.crc32(name.encode())
        training = dataset.rows["train"]  # all of them, so that a row that is wrong is so in every phase
        lot = training[shuffled(len(training), seed)]
        turns = np.random.PCG64(seed + 1).random_raw(len(lot)) % (len(fit.labels) - 1) + 1
        wrong = np.flatnonzero(np.isin(lot, rows))[: round(share * len(rows))]
        labels = targets[name].copy()
        labels[lot[wrong]] = (labels[lot[wrong]] + turns[wrong].astype(labels.dtype)) % len(fit.labels)
        targets[name] = labels
        truth[name] = labels.astype(truth[name].dtype)
    return dataclasses.replace(dataset, targets=targets, truth=truth)
