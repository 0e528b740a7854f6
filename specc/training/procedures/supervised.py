"""Supervised training: one step of gradient descent on the losses of a batch."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor, nn

from specc.door import answers
from specc.ir import Phase, Spec
from specc.training.evaluate import forward, total_loss
from specc.training.faults import NotFinite, bad_gradient, bad_output
from specc.training.optimizers import State, update
from specc.training.parameters import FlatParameters
from specc.training.rows import Batch


class Step(NamedTuple):
    """What a step measured: its loss (a scalar tensor) and the logits of its rows, detached."""

    loss: Tensor
    logits: dict[str, Tensor]


class Supervised:
    """The state of a phase, and the step that changes it. Everything that a step depends on is in `tensors()`."""

    def __init__(self, spec: Spec, phase: Phase, module: nn.Module) -> None:
        self.spec, self.phase, self.module = spec, phase, module
        self.outputs = answers(spec.graph)
        self.parameters = FlatParameters(module, spec, phase.settings.regularize)
        self.optimizer: State = {}

    def step(self, batch: Batch, rate: float, number: int) -> Step:
        """Forward, loss, backward, update; `number` counts the phase's steps from 1. Raises `NotFinite` before the update."""
        self.parameters.clear_gradient()
        logits = forward(self.module, batch.inputs, self.outputs)
        loss = total_loss(self.spec, self.phase, logits, batch.targets)
        if not math.isfinite(loss.detach()):
            raise NotFinite("loss", bad_output(self.module, batch.inputs))
        loss.backward()
        # A sum is one pass and no memory; only where it is not finite the numbers are looked at one by one.
        if not math.isfinite(self.parameters.gradient.sum()) and (layer := bad_gradient(self.module)) is not None:
            raise NotFinite("gradient", layer)
        assert self.phase.settings.optimizer is not None
        update(self.phase.settings.optimizer, self.parameters, self.optimizer, rate, number)
        return Step(loss.detach(), {column: values.detach() for column, values in logits.items()})

    def tensors(self) -> dict[str, Tensor]:
        """The weights, the running statistics and the optimizer's state, by name."""
        named = {f"module/{name}": tensor for name, tensor in self.module.state_dict().items()}
        return named | {f"optimizer/{name}": tensor for name, tensor in self.optimizer.items()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Takes over what `tensors` gave; the module's own tensors stay where they are."""
        module = {name.removeprefix("module/"): t for name, t in tensors.items() if name.startswith("module/")}
        self.module.load_state_dict(module)
        device = self.parameters.weights.device
        self.optimizer = {
            name.removeprefix("optimizer/"): t.to(device).clone() for name, t in tensors.items() if name.startswith("optimizer/")
        }


PROCEDURES = {"supervised": Supervised}
"""What runs the steps of each procedure of the vocabulary."""
