"""Rows that a generator or decoder makes while it is trained, always of the same noise and for the same conditions."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from specc.composites import entering, making_part
from specc.data.dataset import Dataset
from specc.data.entering import noise_for
from specc.data.visible import Seat, in_own_unit, made_seats
from specc.door import entries
from specc.ir import CategoryFit, ImageFit, Spec
from specc.memory import rows_at_once
from specc.parts import part_of
from specc.training.composites.parts import Parts
from specc.training.composites.reconstruction import activated
from specc.training.evaluate import in_use
from specc.training.rows import Rows
from specc.vocabulary.layers.composite import Condition, Made

PICTURES, TABLE_ROWS = 64, 1_000
"""Pictures, and rows of a table, that are made where it is not said how many. Of the latter the distributions are drawn."""
MOST_LABELS, OF_EACH = 20, 8
"""Of so many labels that are conditions each has rows of its own."""


class Generated:
    """What stands in a snapshot: `rows`, the real rows whose conditions are given, and what was made for them by column."""

    def __init__(self, spec: Spec, dataset: Dataset) -> None:
        part = making_part(spec)
        assert part is not None
        self.spec, self.dataset, self.part = spec, dataset, part
        self.parts, self.seats = Parts(spec), made_seats(spec)
        self.is_picture = any(isinstance(seat.fit, ImageFit) for seat in self.seats)

    def view(self, module: nn.Module, rows: Rows, count: int | None, is_end: bool) -> dict[str, np.ndarray]:
        """What the module makes; at the end of a phase as many rows of a table as its distributions take."""
        label = condition_label(self.spec) if self.is_picture else None
        pictures = PICTURES if label is None else OF_EACH * len(labels_of(self.spec, label))
        count = count or (pictures if self.is_picture else TABLE_ROWS)
        if is_end and not self.is_picture:
            count = max(count, TABLE_ROWS)
        numbers = real_rows(self.dataset, count, label, labels_of(self.spec, label))
        made = self.made(module, rows, numbers)
        return {"rows": numbers} | {f"made/{seat.column}": stored(seat, made[:, seat.place]) for seat in self.seats}

    @torch.no_grad()
    def made(self, module: nn.Module, rows: Rows, numbers: np.ndarray, seed: int = 0) -> np.ndarray:
        """`[rows, numbers]` in the network's scale for the conditions of these rows; nothing else is drawn from or changed."""
        noise = noise_for(part_of(self.spec, self.part), len(numbers), seed)
        takes = [one for one in entering(self.spec, self.spec.graphs[self.part]) if one.tensor is None]
        head = next(node.layer.head for node in self.spec.nodes if isinstance(node.layer, Made))
        found: list[Tensor] = []
        device, size = rows.device, rows_at_once(self.spec)
        with in_use(module), torch.random.fork_rng():
            torch.manual_seed(seed)
            for start in range(0, len(numbers), size):
                stretch = slice(start, start + size)
                columns = rows.batch(torch.from_numpy(numbers[stretch])).inputs
                given = {one.reference or one.name: torch.from_numpy(noise[one.name][stretch]).to(device) for one in takes}
                end = self.parts(module, self.part, columns, given)[self.parts.ends[self.part]]
                found.append(activated(end, head).flatten(1).cpu())
        return torch.cat(found).double().numpy()


def stored(seat: Seat, units: np.ndarray) -> np.ndarray:
    """A column's values in its own unit: pictures as bytes, labels by their number."""
    if isinstance(seat.fit, CategoryFit):
        return units.argmax(axis=1)
    values = in_own_unit(seat, units)
    return np.ascontiguousarray(values.round().astype(np.uint8) if isinstance(seat.fit, ImageFit) else values)


def real_rows(dataset: Dataset, count: int, column: str | None = None, all_labels: tuple[str, ...] = ()) -> np.ndarray:
    """So many training rows by lot, always the same; with a column as many of each of its labels, one after the other."""
    rows = dataset.rows["train"]
    mixed = rows[np.random.default_rng(0).permutation(len(rows))]
    if column is None:
        return mixed[np.arange(count) % len(mixed)]
    values = dataset.table.columns[column][mixed]
    labels = [label for label in all_labels if (values == label).any()]
    each = max(1, count // len(labels))
    of_label = [mixed[np.flatnonzero(values == label)] for label in labels]
    return np.concatenate([own[np.arange(each) % len(own)] for own in of_label])


def condition_label(spec: Spec) -> str | None:
    """The category that rows are made for, where it is the only condition and has few labels."""
    assert spec.bound is not None
    names = {name for n in spec.nodes if isinstance(n.layer, Condition) for tensor in entries(spec, n) for name in tensor.columns}
    fit = spec.bound.fits[next(iter(names))] if len(names) == 1 else None
    return next(iter(names)) if isinstance(fit, CategoryFit) and len(fit.labels) <= MOST_LABELS else None


def labels_of(spec: Spec, column: str | None) -> tuple[str, ...]:
    """The labels of a category; of anything else none."""
    assert spec.bound is not None
    fit = spec.bound.fits.get(column or "")
    return tuple(fit.labels) if isinstance(fit, CategoryFit) else ()
