"""The rows of a bound spec as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from specc.data.table import Table


@dataclass
class Dataset:
    """What training and evaluation take.

    `inputs`: the door's tensors by name (see `specc.door`), images still bytes. `targets`: a category's label index, a
    number transformed and scaled, float32. `truth`: a category's label index, a number in its own unit, float64.
    `rows`: the row numbers of each set that has any. `strata`: the label index by which fewer rows are taken, if any.
    """

    inputs: dict[str, np.ndarray]
    targets: dict[str, np.ndarray]
    truth: dict[str, np.ndarray]
    rows: dict[str, np.ndarray]
    table: Table
    strata: np.ndarray | None = None
    seed: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    """Rows left out by `missing = drop`, by the column that lacks a value."""
    unlabelled: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Rows without a target, kept by `missing = keep`; they are in no set."""
    pretrained: dict[str, np.ndarray] = field(default_factory=dict)
    """Weights that parts of other runs bring, by their key in the state dict."""
    unused: int = 0
    """Rows that the split puts into no set."""
