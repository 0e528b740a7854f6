"""Ratings on the device of a run, and the ratings of some cases as tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from specc.data.dataset import Dataset
from specc.data.ratings import Cases, RatingsDataset
from specc.data.table import SETS
from specc.ir import RatingsFit, Spec
from specc.training.rows import Batch, Rows
from specc.training.streams import Streams


@dataclass
class RatingsBatch(Batch):
    """The training ratings of some cases: `inputs["ratings"]`, int64 `[ratings, 3]`; a case without any is a row all the same."""

    rows: int = 0

    def __len__(self) -> int:
        return self.rows


class _Held:
    """The ratings of one set, on the device."""

    def __init__(self, cases: Cases, device: torch.device) -> None:
        self.starts, self.units, self.levels = (
            torch.from_numpy(values).to(device) for values in (cases.starts, cases.units, cases.levels)
        )

    def of(self, cases: Tensor) -> Tensor:
        """The ratings of some cases, `[ratings, 3]`: the place of the case among them, the unit, the level."""
        counts = self.starts[cases + 1] - self.starts[cases]
        row = torch.repeat_interleave(counts)
        before = counts.cumsum(0) - counts
        place = torch.arange(len(row), device=row.device) - before[row] + self.starts[cases][row]
        return torch.stack([row, self.units[place].long(), self.levels[place].long()], 1)


class RatingsRows(Rows):
    """All ratings of a run. A row is a case in a set (see `RatingsDataset`): known by its training ratings, asked for its own."""

    def __init__(self, spec: Spec, dataset: Dataset, device: torch.device) -> None:
        assert spec.bound is not None and isinstance(dataset, RatingsDataset)
        self.spec, self.dataset, self.device = spec, dataset, device
        self.inputs, self.targets, self.images, self.intensities, self.augment, self.door = {}, {}, {}, {}, (), ()
        self.cases = len(dataset.names)
        self.held = {name: _Held(cases, device) for name, cases in dataset.sets.items()}
        fit = spec.bound.fits["ratings"]
        assert isinstance(fit, RatingsFit)
        self.values = torch.tensor(fit.levels, dtype=torch.float32, device=device)

    def ratings(self, name: str) -> Cases:
        """The ratings of one set, by case."""
        assert isinstance(self.dataset, RatingsDataset)
        return self.dataset.sets[name]

    def batch(self, rows: Tensor, streams: Streams | None = None) -> RatingsBatch:
        """What is known of some cases: their training ratings."""
        return RatingsBatch({"ratings": self.held["train"].of(rows.to(self.device) % self.cases)}, {}, len(rows))

    def asked(self, rows: Tensor) -> Tensor:
        """The ratings that some rows, all of one set, are asked for, `[ratings, 3]`."""
        rows = rows.to(self.device)
        places = (rows // self.cases).unique()
        assert len(places) <= 1, "the rows are of one set"
        return self.held[SETS[int(places[0])]].of(rows % self.cases) if len(places) else torch.empty(0, 3, dtype=torch.int64)

    def answers(self, numbers: np.ndarray) -> tuple[dict[str, Tensor], dict[str, np.ndarray]]:
        return {}, {}
