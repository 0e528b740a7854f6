"""Supervised training: one step of gradient descent on the losses of a batch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from specc.door import answers
from specc.ir import Phase, Spec
from specc.training.clock import Clock
from specc.training.descent import descend
from specc.training.evaluate import Evaluation, evaluate, forward, logits_of, measure_all, total_loss
from specc.training.faults import NotFinite, bad_output
from specc.training.procedures.procedure import Measures, Procedure, Step
from specc.training.rows import Batch, Rows
from specc.training.state import State


class Supervised(Procedure):
    """Forward, loss, backward and update; over several batches the gradient is that of all their rows together."""

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        super().__init__(spec, phase, rows)
        self.outputs = answers(spec.graph)

    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        state.parameters.clear_gradient()
        whole = {name: torch.cat([batch.targets[name] for batch in batches]) for name in batches[0].targets}
        logits: list[dict[str, Tensor]] = []
        for batch in batches:
            logits.append(forward(state.module, batch.inputs, self.outputs))
            loss = total_loss(self.spec, self.phase, logits[-1], batch.targets, whole if len(batches) > 1 else None)
            if not math.isfinite(loss.detach()):
                raise NotFinite("loss", bad_output(state.module, batch.inputs))
            loss.backward()
        descend(self.phase, state, clock)
        return {a.column: torch.cat([values[a.column].detach() for values in logits]) for a in self.outputs}

    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        return self._measured(measured, numbers, epoch)

    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        return self._measured(logits_of(state.module, self.rows, numbers, self.outputs), numbers, epoch)

    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        return evaluate(self.spec, module, self.rows, numbers)

    def _measured(self, logits: dict[str, Tensor], numbers: np.ndarray, epoch: int) -> Measures:
        targets, truth = self.rows.answers(numbers)
        return measure_all(self.spec, self.phase, logits, targets, truth, epoch)
