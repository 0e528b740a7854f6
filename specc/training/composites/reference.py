"""The reference batch of virtual batch normalization: chosen once, shown to the layers again whenever weights have changed."""

from __future__ import annotations

import torch

from specc.composites import Entering
from specc.data.split import training_rows
from specc.ir import Phase, Spec
from specc.pytorch.nn.virtual import reference
from specc.training.composites.noise import drawn_noise
from specc.training.composites.parts import Parts
from specc.training.composites.resting import at_rest
from specc.training.rows import Rows
from specc.training.state import State
from specc.training.streams import new_generator
from specc.vocabulary.layers.normalization import VirtualBatchNorm


class Reference:
    """Which parts have such layers, and the rows and noise that they go by: `reference/…` in the state's own tensors."""

    def __init__(self, spec: Spec, parts: Parts, entries: tuple[Entering, ...]) -> None:
        self.spec, self.parts, self.entries = spec, parts, entries
        self.of = {name for name, graph in spec.graphs.items() if any(isinstance(n.layer, VirtualBatchNorm) for n in graph.nodes)}

    def begin(self, state: State, rows: Rows, phase: Phase) -> None:
        """Chooses a batch of the phase's training rows by lot, and noise for as many: of one seed the same in all phases."""
        if not self.of:
            return
        numbers = torch.from_numpy(training_rows(self.spec, rows.dataset, phase))
        count = phase.batch_of(len(numbers))
        lots = new_generator(state.streams["sampling"].initial_seed(), "reference")
        state.own["reference/rows"] = numbers[torch.randperm(len(numbers), generator=lots)[:count]]
        drawn = drawn_noise(self.spec, self.entries, count, lots, rows.device)
        state.own |= {f"reference/{name}": values for name, values in drawn.items()}

    def show(self, state: State, rows: Rows, part: str) -> None:
        """Runs the reference batch through a part."""
        if part not in self.of:
            return
        columns = rows.batch(state.own["reference/rows"]).inputs
        noise = {one.name: state.own[f"reference/{one.name}"] for one in self.entries}
        with reference(state.module), at_rest(state.module.children()):
            self.parts(state.module, part, columns, noise)
