"""What machines looked like at a few moments of their training, and what generators made: small files of a run, drawn at its end.

A snapshot is written before any checkpoint that has passed its moment, and is a function of weights and rows alone (its draws
have a seed of their own): a run that was resumed has the same ones.
"""

from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor

from specc.composites import making_part
from specc.data.dataset import Dataset
from specc.ir import Phase, Spec
from specc.runs.folder import RunFolder
from specc.runs.generated import Generated
from specc.stored import read_regular
from specc.training.boltzmann.procedure import BoltzmannProcedure
from specc.training.boltzmann.views import Stack, down, dreamt, given_back, projected_filters, shuffled
from specc.training.loop import Course
from specc.training.streams import new_generator
from specc.vocabulary.remedies import Every

FOLDER = "snapshots"
START, END = "start", "end"
FILTERS = 64
HEAT_ROWS, HEAT_UNITS = 100, 200
MEAN_ROWS = 1_000
GIVEN_BACK = 16
DREAMS = 100
OF_EACH_LABEL = 12
TABLE_ROWS = 1_000
"""Rows of a table that are given back and dreamt of: their distributions are drawn, not each of them."""
GIBBS_STEPS = 300

Snapshot = dict[str, np.ndarray]


class Snapshots:
    """Looks at the phases that train one machine, or what makes rows of noise: at their start, after an epoch, a quarter and a
    half, and at their end; with `sample = every(…)` after so many epochs each.
    """

    def __init__(self, folder: RunFolder, spec: Spec, dataset: Dataset) -> None:
        self.folder, self.spec, self.dataset = folder, spec, dataset
        names = (name for name in ("test", "validation", "train") if len(dataset.rows.get(name, ())))
        self.shown = dataset.rows[next(names)]
        self.generated = Generated(spec, dataset) if making_part(spec) is not None else None

    def look(self, course: Course, epoch: int | None) -> None:
        """Writes what is to be seen of a phase's machine where this is one of its moments."""
        procedure, moment = course.procedure, _moment(course, epoch)
        if moment is None or not course.phase.is_run:
            return
        if not isinstance(procedure, BoltzmannProcedure):
            self._look_at_rows(course, moment)
            return
        stack = [copy.deepcopy(machine).cpu() for machine in (*procedure.seen.below, procedure.machine)]
        snapshot = view(stack, procedure.seen.some(course.numbers, MEAN_ROWS).cpu())
        if moment == END:
            snapshot |= self._at_the_end(course, procedure, stack)
        self.folder.write_bytes(f"{FOLDER}/{file_name(course.phase, moment)}", save(_plain(snapshot)))

    def _look_at_rows(self, course: Course, moment: str) -> None:
        """Writes what is made of noise now."""
        if self.generated is None:
            return
        sample = course.phase.settings.sample
        seen = self.generated.view(course.state.module, course.procedure.rows, getattr(sample, "count", None), moment == END)
        self.folder.write_bytes(f"{FOLDER}/{file_name(course.phase, moment)}", save(seen))

    def _at_the_end(self, course: Course, procedure: BoltzmannProcedure, stack: Stack) -> dict[str, Tensor]:
        """Rows given back and rows dreamt of. Pictures are means, which show more; a table's rows are draws, to be counted."""
        top = stack[-1]
        generator = new_generator(0, "snapshots")
        is_picture = any(len(x.shape) == 4 for x in self.dataset.inputs.values())
        shown = procedure.seen.some(self.shown, GIVEN_BACK if is_picture else TABLE_ROWS).cpu()
        seen = {"data": self._data(procedure, self.shown, len(shown)), "given_back": given_back(stack, shown)}
        if not is_picture:
            seen["training"] = self._data(procedure, course.numbers, TABLE_ROWS)
        count = DREAMS if is_picture else TABLE_ROWS
        given = torch.eye(top.labels).repeat_interleave(OF_EACH_LABEL, 0) if top.labels and is_picture else None
        chains = course.state.own.get("chains") if given is None else None
        if chains is not None:
            chains = chains[: min(count, getattr(course.phase.settings.procedure, "chains", count))].cpu()
            totals = course.state.own.get("totals")
            totals = None if totals is None else totals[: len(chains)].cpu()
        else:
            rows = procedure.seen.some(course.numbers, MEAN_ROWS).cpu()
            start = shuffled(top, rows, len(given) if given is not None else count, generator)
            if given is not None:
                start[:, -top.labels :] = given
            chains, totals = dreamt(top, start, GIBBS_STEPS, generator, given), top.totals(start)
            seen["gibbs_steps"] = torch.tensor([GIBBS_STEPS])
        if is_picture:
            return seen | {"dreams": down(stack, top.visible_mean(chains, totals))}
        return seen | {"dreams": down(stack, top.sample_visible(chains, generator, totals), generator)}

    def _data(self, procedure: BoltzmannProcedure, numbers: np.ndarray, count: int) -> Tensor:
        """Some rows as the lowest machine sees them."""
        if len(procedure.seen.below) == 0:
            return procedure.seen.some(numbers, count).cpu()
        numbers = numbers[:: max(1, len(numbers) // count)][:count]
        return procedure.seen.lowest(procedure.seen.rows.batch(torch.from_numpy(numbers.copy()))).cpu()


def view(stack: Stack, rows: Tensor) -> dict[str, Tensor]:
    """The uppermost machine at one moment: filters, the hidden means of some rows, and each unit's mean over more of them."""
    means = stack[-1].hidden_mean(rows)
    return {
        "filters": projected_filters(stack, FILTERS),
        "activations": means[:: max(1, len(means) // HEAT_ROWS), :HEAT_UNITS][:HEAT_ROWS].clone(),
        "means": means.mean(0),
    }


def _moment(course: Course, epoch: int | None) -> str | None:
    """What a moment is called: `start`, `end`, `epoch_5`; None for those that are not kept."""
    if epoch is None:
        return END
    if epoch == 0:
        return START
    epochs, sample = math.ceil(course.clock.total_steps / course.clock.per_epoch), course.phase.settings.sample
    is_one = epoch % sample.epochs == 0 if isinstance(sample, Every) else epoch in (1, round(epochs / 4), round(epochs / 2))
    return f"epoch_{epoch}" if is_one and epoch < epochs else None


def file_name(phase: Phase, moment: str) -> str:
    return f"{phase.name}.{moment}.safetensors"


def _plain(tensors: dict[str, Tensor]) -> Snapshot:
    return {name: np.ascontiguousarray(tensor.detach().numpy()) for name, tensor in tensors.items()}


def snapshots_of(folder: Path, phase: Phase) -> dict[str, Snapshot]:
    """A phase's snapshots by moment, in order; those that are no longer there, or damaged, are left out."""
    found: list[tuple[int, str, Snapshot]] = []
    for path in (folder / FOLDER).glob(f"{phase.name}.*.safetensors"):
        moment = path.name.removeprefix(f"{phase.name}.").removesuffix(".safetensors")
        place = {START: -1, END: 1 << 60}.get(moment, int(moment[6:]) if moment[6:].isdecimal() else None)
        if place is None:
            continue
        try:
            found.append((place, moment, load(read_regular(path))))
        except (OSError, SafetensorError, ValueError):
            continue
    return {moment: snapshot for _, moment, snapshot in sorted(found, key=lambda one: one[0])}
