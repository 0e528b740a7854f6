"""What is measured of a variational autoencoder: the bound and its two terms, the units of its code in use, its likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from specc.composites import end_of
from specc.ir import Phase, Spec
from specc.memory import rows_at_once
from specc.observing import elbo_of
from specc.training.composites.elbo import Code, Likelihood
from specc.training.composites.importance import Estimates, log_likelihood
from specc.training.composites.parts import Parts, made_tensor
from specc.training.evaluate import in_use
from specc.training.rows import Batch, Rows
from specc.training.streams import new_generator
from specc.vocabulary.metrics import LogLikelihood

MOST_ROWS = 10_000
"""Rows whose likelihood is estimated, spread evenly over those that there are."""
ACTIVE = 0.01
"""The variance over rows of a latent dimension's mean, above which it says something (Burda, Grosse and Salakhutdinov 2016)."""
Measures = dict[str, Any]


class Bound:
    """The two halves of a variational autoencoder as the bound sees them, and its measures.

    What is estimated by lot begins anew each time from a seed of its own: the same weights give the same numbers.
    """

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        self.spec, self.rows, self.parts, self.made = spec, rows, Parts(spec), made_tensor(spec)
        self.likelihood = Likelihood(spec, elbo_of(phase))
        self.latent = end_of(spec.graphs["encoder"])
        self.metric = next((m for m in phase.settings.metrics if isinstance(m, LogLikelihood)), None)

    def code(self, module: nn.Module, batch: Batch) -> Code:
        """q(z | x) of each row."""
        given = self.parts(module, "encoder", batch.inputs)
        return Code(given[self.latent], given[f"{self.latent}.log_variance"])

    def likely(self, module: nn.Module, columns: Mapping[str, Tensor], z: Tensor) -> Tensor:
        """ln p(x | z) of rows by their tensors of the door, `[rows]`; codes `[rows, latent]`."""
        made = self.parts(module, "decoder", columns, {self.latent: z})[self.parts.ends["decoder"]]
        return self.likelihood(made, columns[self.made.name])

    @torch.no_grad()
    def of_rows(self, module: nn.Module, numbers: np.ndarray) -> Measures:
        """The measures of many rows in use, one draw of each code."""
        lots = new_generator(0, "evaluation")
        likely = divergence = 0.0
        means, squares = 0.0, 0.0
        with in_use(module):
            for chunk in torch.as_tensor(numbers).split(rows_at_once(self.spec)):
                batch = self.rows.batch(chunk)
                code = self.code(module, batch)
                noise = torch.randn(code.mean.shape, generator=lots).to(code.mean.device)
                likely += float(self.likely(module, batch.inputs, code.drawn(noise)).double().sum())
                divergence += float(code.divergence().double().sum())
                means = means + code.mean.double().sum(0)
                squares = squares + code.mean.double().square().sum(0)
        count = len(numbers)
        reconstruction, kl = -likely / count, divergence / count
        variance = squares / count - (means / count) ** 2
        measured = {"loss": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
        return measured | {"active_units": int((torch.as_tensor(variance) > ACTIVE).sum())}

    def log_likelihood(self, module: nn.Module, numbers: np.ndarray, epoch: int | None) -> Measures:
        """Its estimate where the phase asks for it now (None: at the end), in nats a row, and the standard error of that."""
        if self.metric is None or (epoch is not None and epoch % self.metric.every):
            return {}
        chosen = numbers[np.linspace(0, len(numbers) - 1, min(MOST_ROWS, len(numbers))).round().astype(np.int64)]
        samples = self.metric.samples if epoch is not None else self.metric.final_samples
        found = self.estimates(module, chosen, samples)
        return {"log_likelihood": float(found.values.mean()), "log_likelihood_error": found.error}

    @torch.no_grad()
    def estimates(self, module: nn.Module, numbers: np.ndarray, samples: int) -> Estimates:
        """The likelihood of each row, by so many codes of each."""
        room = rows_at_once(self.spec)
        at_once = min(samples, room)
        lots: Generator = new_generator(0, "likelihood")
        found = []
        with in_use(module):
            for chunk in torch.as_tensor(numbers).split(max(1, room // at_once)):
                batch = self.rows.batch(chunk)
                decoded = partial(self._decoded, module, batch)
                found.append(log_likelihood(decoded, self.code(module, batch), samples, at_once, lots))
        return Estimates(*map(torch.cat, zip(*found)))

    def _decoded(self, module: nn.Module, batch: Batch, z: Tensor) -> Tensor:
        """ln p(x | z) `[samples, rows]` of codes `[samples, rows, latent]`: every row stands there once for each of its codes."""
        samples = len(z)
        columns = {n: x.expand(samples, *x.shape).flatten(0, 1) for n, x in batch.inputs.items()}
        return self.likely(module, columns, z.flatten(0, 1)).unflatten(0, (samples, -1))
