"""The reference batch of virtual batch normalization: chosen once, shown to the layers again whenever weights have changed."""

from __future__ import annotations

import torch

from specc.composites import Entering
from specc.door import DoorTensor
from specc.ir import Phase, Spec
from specc.pytorch.nn.virtual import reference
from specc.training.composites.noise import drawn_noise
from specc.training.composites.parts import Parts
from specc.training.rows import Rows
from specc.training.state import State
from specc.vocabulary.layers.normalization import VirtualBatchNorm


class Reference:
    """Which parts have such layers, and the rows and noise that they go by: `reference/…` in the state's own tensors."""

    def __init__(self, spec: Spec, parts: Parts, made: DoorTensor, entries: tuple[Entering, ...]) -> None:
        self.spec, self.parts, self.made, self.entries = spec, parts, made, entries
        self.of = {name for name, graph in spec.graphs.items() if any(isinstance(n.layer, VirtualBatchNorm) for n in graph.nodes)}

    def begin(self, state: State, rows: Rows, phase: Phase) -> None:
        """Chooses a batch of training rows by lot, and noise for as many."""
        if not self.of:
            return
        numbers = torch.from_numpy(rows.dataset.rows["train"])
        count = phase.batch_of(len(numbers))
        order = torch.randperm(len(numbers), generator=state.streams["sampling"])[:count]
        state.own["reference/rows"] = numbers[order].clone()
        drawn = drawn_noise(self.spec, self.entries, count, state.streams["sampling"], rows.device)
        state.own |= {f"reference/{name}": values for name, values in drawn.items()}

    def show(self, state: State, rows: Rows, part: str) -> None:
        """Runs the reference batch through a part."""
        if part not in self.of:
            return
        columns = rows.batch(state.own["reference/rows"]).inputs
        noise = {one.name: state.own[f"reference/{one.name}"] for one in self.entries}
        with reference(state.module):
            self.parts(state.module, part, columns, noise)
