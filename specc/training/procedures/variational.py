"""Training of a variational autoencoder: one step of gradient descent on the negative evidence lower bound of a batch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from specc.ir import Phase, Spec
from specc.training.changing import at_moment
from specc.training.clock import Clock
from specc.training.composites.bound import Bound
from specc.training.composites.elbo import objective
from specc.training.composites.hybrid import game_of
from specc.training.composites.posterior_collapse import collapse_alarm, nothing_told
from specc.training.evaluate import Evaluation
from specc.training.faults import NotFinite, bad_output
from specc.training.procedures.procedure import Alarm, Measures, Procedure, Step
from specc.training.rows import Batch, Rows
from specc.training.state import State
from specc.vocabulary.variational import Elbo


class Variational(Procedure):
    """Encoder, one draw of each code, decoder, bound, backward and update."""

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        super().__init__(spec, phase, rows)
        self.bound = Bound(spec, phase, rows)
        self.terms = [(term.weight, term.loss) for term in phase.settings.loss if isinstance(term.loss, Elbo)]
        self.game = game_of(spec, phase, self.bound.parts)

    def begin(self, state: State) -> None:
        state.own["silence"] = nothing_told()

    def step(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        return self.game.play(state, batches, clock, lambda: self._descended(state, batches, clock))

    def _descended(self, state: State, batches: Sequence[Batch], clock: Clock) -> Step:
        """The gradient of all rows of a step, and what was measured of them."""
        total = sum(map(len, batches))
        terms = [(weight, at_moment(loss, clock)) for weight, loss in self.terms]
        steps: list[Step] = []
        for batch in batches:
            likely, divergence = self._forward(state, batch)
            wanted = torch.stack([weight * objective(loss, likely, divergence) for weight, loss in terms]).sum(0)
            loss = wanted.sum() / total
            if not math.isfinite(loss.detach()):
                raise NotFinite("loss", bad_output(state.module, batch.inputs))
            if loss.requires_grad:  # not where a hybrid freezes both
                loss.backward()
            measured = {"objective": wanted, "reconstruction": -likely, "kl": divergence.sum(1)}
            steps.append({name: values.detach() for name, values in measured.items()})
        return {name: torch.cat([step[name] for step in steps]) for name in steps[0]}

    def _forward(self, state: State, batch: Batch) -> tuple[Tensor, Tensor]:
        """ln p(x | z) `[rows]` of one code drawn of each row, and the KL term of each latent dimension `[rows, latent]`."""
        code = self.bound.code(state.module, batch)
        noise = torch.randn(code.mean.shape, generator=state.streams["noise"]).to(code.mean.device)
        return self.bound.likely(state.module, batch.inputs, code.drawn(noise)), code.divergence()

    def summary(self, state: State, measured: Step, numbers: np.ndarray, epoch: int) -> Measures:
        found = {name: float(values.double().mean()) for name, values in measured.items()}
        wanted, found["loss"] = found.pop("objective"), found["reconstruction"] + found["kl"]
        if any(weight != 1.0 or loss.beta != 1.0 or loss.free_bits for weight, loss in self.terms):
            found["objective"] = wanted
        if not len(self.rows.dataset.rows.get("validation", ())):
            found |= self.bound.log_likelihood(state.module, np.sort(numbers), epoch)
        return found

    def measures(self, state: State, numbers: np.ndarray, epoch: int) -> Measures:
        return self.bound.of_rows(state.module, numbers) | self.bound.log_likelihood(state.module, numbers, epoch)

    def alarms(self, state: State, event: dict[str, Any]) -> Iterable[Alarm]:
        return collapse_alarm(state.own["silence"], event, self.phase)

    def evaluate(self, module: nn.Module, numbers: np.ndarray) -> Evaluation:
        return Evaluation(self.bound.of_rows(module, numbers) | self.bound.log_likelihood(module, numbers, None), {}, {})
