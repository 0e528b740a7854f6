"""What the data looks like, as plain data: rows, sets, and each column's missing values, range or labels."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from specc.data.dataset import Dataset
from specc.data.fit import channel_statistics
from specc.ir import CategoryFit, Spec
from specc.vocabulary.columns import Category, Image


def profile(dataset: Dataset, spec: Spec) -> dict[str, Any]:
    """`rows` in all, `sets` the rows of each, `dropped`, `unlabelled`, `unused`; `columns` by name; `left_out` of the file.

    A number has `minimum`, `mean`, `maximum` and `missing`; a category `labels` with their counts, in the fit's order,
    and `missing`; an image `size` and the `mean` of each channel. All rows count, not those of training only.
    """
    table = dataset.table
    return {
        "rows": table.rows,
        "sets": {name: len(rows) for name, rows in dataset.rows.items()},
        "dropped": {name: count for name, count in dataset.dropped.items() if count},
        "unlabelled": len(dataset.unlabelled),
        "unused": dataset.unused,
        "columns": {name: _column(name, dataset, spec) for name in table.declared},
        "left_out": list(table.left_out),
    }


def _column(name: str, dataset: Dataset, spec: Spec) -> dict[str, Any]:
    assert spec.data is not None and spec.bound is not None
    table, column = dataset.table, dataset.table.declared[name]
    values = table.columns[name]
    facts: dict[str, Any] = {"type": column.word, "target": name in spec.data.target}
    if isinstance(column, Image):
        means, _ = channel_statistics(values, np.arange(table.rows))
        return facts | {"size": list(column.size), "mean": means}
    facts["missing"] = int(table.is_missing(name).sum())
    if isinstance(column, Category):
        counts = Counter(label for label in values if label)
        fit = spec.bound.fits[name]
        known = fit.labels if isinstance(fit, CategoryFit) else ()
        others = sorted(set(counts) - set(known))
        return facts | {"labels": {label: counts[label] for label in (*known, *others)}}
    present = values[~np.isnan(values)].astype(np.float64)
    if not present.size:
        return facts
    return facts | {"minimum": float(present.min()), "mean": float(present.mean()), "maximum": float(present.max())}
