"""How good the rows of a generator are, beside real ones: various, not told apart, of every mode."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from specc.composites import entering
from specc.data.prepare import label_indices
from specc.data.split import training_rows
from specc.door import DoorTensor
from specc.ir import CategoryFit, Phase, Spec
from specc.memory import rows_at_once
from specc.training.composites.likeness import mean_distance, modes_of, nearest_modes, repeated, squared_distances, told_apart
from specc.training.composites.noise import drawn_noise, noise_entries
from specc.training.evaluate import in_use
from specc.training.procedures.procedure import Measures
from specc.training.rows import Rows
from specc.training.streams import new_generator
from specc.vocabulary.families import Metric
from specc.vocabulary.quality import ClassifierScore, ModesCovered, PairwiseDistance

ROWS, ROWS_AT_THE_END, ROWS_OF_MODES = 500, 1_000, 2_500
NUMBERS = 2_000_000
"""The most numbers that the rows compared with one another have together."""
MOST_OF_A_MODE = 10_000
"""Training rows by which modes are known, spread evenly."""
WITHIN = 0.99
"""The share of a mode's own rows that lie within its reach."""
Generate = Callable[[nn.Module, dict[str, Tensor], dict[str, Tensor]], Tensor]


class Quality:
    """Measures of one phase. `generate` makes rows of a module for the columns of some rows and for noise."""

    def __init__(self, spec: Spec, phase: Phase, rows: Rows, made: DoorTensor, generate: Generate) -> None:
        self.spec, self.phase, self.rows, self.made, self.generate = spec, phase, rows, made, generate
        self.entries = noise_entries(spec)
        takes = entering(spec, spec.graphs["generator"])
        self.conditions = [one.tensor.name for one in takes if one.tensor is not None]
        self.modes: dict[str, tuple[Tensor, Tensor]] = {}

    def while_training(self, module: nn.Module, numbers: np.ndarray, epoch: int, tracked: bool) -> Measures:
        """What the phase asks for in an epoch; `tracked`: all that failures are known by."""
        due = {type(m): m for m in self._named() if epoch % m.every == 0}  # type: ignore[attr-defined]
        if tracked:
            due |= {PairwiseDistance: PairwiseDistance(), ClassifierScore: ClassifierScore()}
        return self._of(module, numbers, due, ROWS)

    def at_the_end(self, module: nn.Module, numbers: np.ndarray) -> Measures:
        due = {PairwiseDistance: PairwiseDistance(), ClassifierScore: ClassifierScore()}
        return self._of(module, numbers, due | {type(m): m for m in self._named()}, ROWS_AT_THE_END)

    def _named(self) -> list[Metric]:
        return [m for m in self.phase.settings.metrics if isinstance(m, PairwiseDistance | ClassifierScore | ModesCovered)]

    @torch.no_grad()
    def _of(self, module: nn.Module, numbers: np.ndarray, due: dict[type[Metric], Metric], rows: int) -> Measures:
        measured: Measures = {}
        if PairwiseDistance in due or ClassifierScore in due:
            width = max(1, int(np.prod(self.rows.inputs[self.made.name].shape[1:])))
            some = spread(numbers, min(len(numbers), rows, max(2, NUMBERS // width)))
            measured = self._beside(module, some, due)
        metric = due.get(ModesCovered)
        if isinstance(metric, ModesCovered):
            measured |= self._modes(module, numbers, metric.labels)
        return measured

    def _beside(self, module: nn.Module, numbers: np.ndarray, due: dict[type[Metric], Metric]) -> Measures:
        if len(numbers) < 4:
            return {}
        real, generated, groups = self._pairs(module, numbers)
        if not bool(torch.isfinite(generated).all()):
            return {}
        measured: Measures = {}
        if PairwiseDistance in due:
            squares = squared_distances(generated, generated), squared_distances(real, real)
            own, usual = mean_distance(squares[0], groups), mean_distance(squares[1], groups)
            if usual > 0:
                measured = {"pairwise_distance": own / usual, "duplicates": repeated(*squares)}
        if ClassifierScore in due:
            measured["classifier_score"] = told_apart(real, generated)
        return measured

    def _pairs(self, module: nn.Module, numbers: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Real rows and those that are made for their conditions `[rows, numbers]`, and which rows have the same condition.

        Where most conditions are of one row alone, all rows are taken as one group.
        """
        noise = drawn_noise(self.spec, self.entries, len(numbers), new_generator(0, "quality"), self.rows.device)
        real, generated, given = [], [], []
        with in_use(module):
            for place in torch.arange(len(numbers)).split(rows_at_once(self.spec)):
                batch = self.rows.batch(torch.from_numpy(numbers)[place])
                made = self.generate(module, batch.inputs, {name: values[place] for name, values in noise.items()})
                real.append(batch.inputs[self.made.name].flatten(1))
                generated.append(made.flatten(1))
                given.append([batch.inputs[name].flatten(1).double() for name in self.conditions])
        groups = torch.zeros(len(numbers), dtype=torch.int64, device=self.rows.device)
        if self.conditions:
            conditions = torch.cat([torch.cat(one, dim=1) for one in given])
            kinds, found = torch.unique(conditions, dim=0, return_inverse=True)
            groups = found if 2 * len(kinds) <= len(numbers) else groups
        return torch.cat(real), torch.cat(generated), groups

    def _modes(self, module: nn.Module, numbers: np.ndarray, column: str) -> Measures:
        """How many labels have a generated row, and the share of rows that any has."""
        if column not in self.modes:
            self.modes[column] = self._known_modes(column)
        centers, reach = self.modes[column]
        _, generated, _ = self._pairs(module, spread(numbers, ROWS_OF_MODES))
        modes = nearest_modes(generated, centers, reach)
        return {"modes_covered": len(modes[modes >= 0].unique()), "high_quality": float((modes >= 0).double().mean())}

    def _known_modes(self, column: str) -> tuple[Tensor, Tensor]:
        """The center and the reach of each label, by training rows."""
        assert self.spec.bound is not None
        dataset, fit = self.rows.dataset, self.spec.bound.fits[column]
        assert isinstance(fit, CategoryFit)
        known = (
            training_rows(self.spec, dataset, self.phase) if "train" in dataset.rows else np.concatenate([*dataset.rows.values()])
        )
        some = spread(known, min(len(known), MOST_OF_A_MODE))
        labels = label_indices(dataset.table.columns[column][some], fit)
        chunks = torch.from_numpy(some).split(rows_at_once(self.spec))
        rows = torch.cat([self.rows.batch(chunk).inputs[self.made.name].flatten(1) for chunk in chunks])
        return modes_of(rows, torch.from_numpy(labels).to(rows.device), len(fit.labels), WITHIN)


def spread(numbers: np.ndarray, count: int) -> np.ndarray:
    """So many rows, spread evenly over those that there are; where these are fewer, some come several times."""
    return numbers[np.linspace(0, len(numbers) - 1, count).round().astype(np.int64)]
