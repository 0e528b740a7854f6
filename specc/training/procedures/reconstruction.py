"""Training of an autoencoder: one step of gradient descent on the difference between a batch and what is rebuilt of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from specc.ir import Phase, Spec
from specc.memory import rows_at_once
from specc.training.clock import Clock
from specc.training.composites.contractive import Contraction
from specc.training.composites.hybrid import game_of
from specc.training.composites.parts import Parts, seen_by
from specc.training.composites.reconstruction import activated, loss_of_rows
from specc.training.composites.sparsity import Sparse
from specc.training.evaluate import Evaluation, in_use
from specc.training.faults import NotFinite, bad_output
from specc.training.procedures.procedure import Measures, Procedure, Step
from specc.training.rows import Batch, Rows
from specc.training.state import State
from specc.vocabulary.adversarial import AdversarialLoss, FeatureMatching
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.losses import Contractive

OWN = ("loss", "reconstruction_error", "sum_squared_error")
"""What is measured of every row, whether or not it is told."""


class Reconstruction(Procedure):
    """Encoder, decoder, loss, backward and update; the target is the row as the data has it, whatever noise the encoder adds."""

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        super().__init__(spec, phase, rows)
        self.parts, self.made, self.terms = Parts(spec), seen_by(spec), phase.settings.loss
        self.head = next(node.layer.head for node in spec.nodes if isinstance(node.layer, Made))
        self.contraction, self.sparse = Contraction(spec, self.parts), Sparse(spec, phase)
        self.game = game_of(spec, phase, self.parts)

    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        return self.game.play(state, batches, clock, lambda: self._descended(state, batches, clock))

    def _descended(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        """The gradient of all rows of a step, and what was measured of them."""
        total = sum(map(len, batches))
        steps = []
        for batch in batches:
            with self.sparse.watching(state.module) as seen:
                measured = self._measured(state.module, batch)
            loss = measured["loss"].sum() / total
            if (penalty := self.sparse.penalty(seen, clock)) is not None:
                loss = loss + penalty * (len(batch) / total)
            if not math.isfinite(loss.detach()):
                raise NotFinite("loss", bad_output(state.module, batch.inputs))
            if loss.requires_grad:  # not where a hybrid freezes both
                loss.backward()
            steps.append({name: values.detach() for name, values in measured.items()})
        return {name: torch.cat([step[name] for step in steps]) for name in steps[0]}

    def _measured(self, module: nn.Module, batch: Batch) -> Step:
        """What is measured of each row: the loss, and the mean square of the differences in the network's scale."""
        code = self.parts(module, "encoder", batch.inputs, batch.inputs)
        made = self.parts(module, "decoder", batch.inputs, code)[self.parts.ends["decoder"]]
        rows = batch.inputs[self.made]
        loss = torch.zeros(len(batch), device=made.device)
        for term in self.terms:
            if isinstance(term.loss, AdversarialLoss | FeatureMatching):
                continue  # the discriminator's
            if isinstance(term.loss, Contractive):
                loss = loss + term.weight * self.contraction(module, batch.inputs, self.made)
            else:
                loss = loss + term.weight * loss_of_rows(term.loss, made, self.head, rows)
        with torch.no_grad():
            squares = (activated(made, self.head) - rows).square().flatten(1)
        return {"loss": loss, "reconstruction_error": squares.mean(1), "sum_squared_error": squares.sum(1)}

    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        of_the_game = [name for name in measured if name not in OWN]
        return {name: float(measured[name].double().mean()) for name in (*self._names(epoch), *of_the_game)}

    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        return self._of(state.module, numbers, epoch)

    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        return Evaluation(self._of(module, numbers, None), {}, {})

    def _names(self, epoch: int | None) -> list[str]:
        """What is measured after an epoch; None: at the end, everything."""
        named = [m for m in self.phase.settings.metrics if epoch is None or epoch % getattr(m, "every", 1) == 0]
        return ["loss", "reconstruction_error", *sorted({metric.word for metric in named} & {"sum_squared_error"})]

    @torch.no_grad()
    def _of(self, module: nn.Module, numbers: np.ndarray, epoch: int | None) -> Measures:
        """The measures of many rows in use: no noise, running statistics."""
        with in_use(module):
            chunks = torch.as_tensor(numbers).split(rows_at_once(self.spec))
            parts: list[dict[str, Tensor]] = [self._measured(module, self.rows.batch(chunk)) for chunk in chunks]
        return {name: float(torch.cat([part[name] for part in parts]).double().mean()) for name in self._names(epoch)}
