"""Gans of made-up rows, bound to a file: taken step by step, or trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from specc.data.bind import Dataset
from specc.ir import Spec
from specc.pytorch.source import build_module
from specc.training.composites.discriminator import Discriminator
from specc.training.device import compute_with
from specc.training.loop import Training
from specc.training.procedures.adversarial import Adversarial
from specc.training.procedures.procedure import Step
from specc.training.rows import Batch
from specc.training.streams import Streams
from tests.data.binding import bound, npz_file

CPU = torch.device("cpu")
ALL = "; split = random(train = 1.0, validation = 0.0, test = 0.0)"
PLAIN = "latent(3); generator { dense(8, tanh); dense(2) }; discriminator { input(row); dense(8); leaky_relu(0.2); dense(1) }"


def rows_of(count: int, width: int = 2, seed: int = 0) -> np.ndarray:
    """Normal numbers."""
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


class Game:
    """A bound gan at its start. Every array is a column: `row` what is made, others as `columns` declares them."""

    def __init__(
        self,
        folder: Path,
        body: str = PLAIN,
        train: str = "",
        columns: str = "row = array([2])",
        split: str = ALL,
        seed: int = 0,
        target: str = "",
        **arrays: np.ndarray,
    ) -> None:
        arrays = arrays or {"row": rows_of(32)}
        target = f"; target = {target}" if target else ""
        train = train if " epochs = " in f" {train}" or "phase" in train else f"epochs = 1; {train}"
        data = f'data {{ source = npz("rows.npz"); columns {{ {columns} }}{target}{split} }}'
        text = f"{data}\ngan {{ {body} }}\ntrain {{ {train} }}\n"
        found: tuple[Spec, Dataset] = bound(folder, text, {"rows.npz": npz_file(**arrays)})
        self.spec, self.dataset = found
        self.start(seed)

    def start(self, seed: int) -> None:
        """The module with its first weights, and a training that has not run yet."""
        self.events: list[dict[str, Any]] = []
        self.streams = Streams(seed)
        self.module: Any = build_module(self.spec)
        self.module.start(self.streams["weights"])
        self.training = Training(self.spec, self.dataset, self.module, self.streams, CPU, self.events.append)

    def begin(self) -> Game:
        """The first phase, before its first step."""
        self.course = self.training._course(self.spec.phases[0])
        self.state, self.clock = self.course.state, self.course.clock
        assert isinstance(self.course.procedure, Adversarial)
        self.procedure: Adversarial = self.course.procedure
        self.discriminator: Discriminator = self.procedure.discriminator
        self.order = torch.from_numpy(self.course.numbers)
        return self

    def batches(self, index: int = 0) -> list[Batch]:
        """The batches of a step, the rows in their own order."""
        return [self.procedure.batch(self.order, stretch, self.streams) for stretch in self.course.steps[index]]

    def step(self, index: int = 0) -> Step:
        self.module.train()
        self.state.settle(self.clock)
        measured = self.procedure.step(self.state, self.batches(index), self.clock)
        self.clock.step += 1
        return measured

    def run(self) -> Game:
        with compute_with(CPU, threads=1):
            self.training.run()
        return self

    def tensors(self, part: str) -> dict[str, Tensor]:
        """Copies of the weights and buffers of a part."""
        return {name: t.clone() for name, t in self.module.state_dict().items() if name.startswith(part)}

    def gradients(self, part: str) -> list[Tensor]:
        return [p.grad for name, p in self.module.named_parameters() if name.startswith(part) and p.grad is not None]


def same(before: dict[str, Tensor], after: dict[str, Tensor]) -> bool:
    """Whether tensors are equal to the last bit."""
    return all(torch.equal(before[name], after[name]) for name in before)
