"""Variational autoencoders of made-up rows, bound to a file and trained where a test asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from specc.data.bind import Dataset
from specc.ir import Spec
from specc.pytorch.source import build_module
from specc.training.composites.bound import Bound
from specc.training.device import compute_with
from specc.training.loop import Training
from specc.training.rows import Rows
from specc.training.streams import Streams
from tests.data.binding import bound, npz_file

CPU = torch.device("cpu")
ALL = "; split = random(train = 1.0, validation = 0.0, test = 0.0)"


def text_of(size: tuple[int, ...], body: str, train: str, split: str = ALL, scale: str = "") -> str:
    """The text of a variational autoencoder of the array `row`."""
    column = f"array([{', '.join(map(str, size))}]{f', scale = {scale}' if scale else ''})"
    return f'data {{ source = npz("rows.npz"); columns {{ row = {column} }}{split} }}\nvae {{ {body} }}\ntrain {{ {train} }}\n'


class Model:
    """A bound spec with its module at the start, and the training that has not run yet."""

    def __init__(
        self,
        folder: Path,
        rows: np.ndarray,
        body: str,
        train: str = "epochs = 1",
        seed: int = 0,
        split: str = ALL,
        scale: str = "",
    ) -> None:
        text = text_of(rows.shape[1:], body, train, split, scale)
        found: tuple[Spec, Dataset] = bound(folder, text, {"rows.npz": npz_file(row=rows.astype(np.float32))})
        self._of(*found, seed)

    def _of(self, spec: Spec, dataset: Dataset, seed: int) -> None:
        self.spec, self.dataset = spec, dataset
        self.events: list[dict[str, Any]] = []
        self.streams = Streams(seed)
        self.module: Any = build_module(spec)
        self.module.start(self.streams["weights"])
        self.training = Training(spec, dataset, self.module, self.streams, CPU, self.events.append)
        self.bound = Bound(spec, spec.phases[-1], Rows(spec, dataset, CPU))

    @property
    def numbers(self) -> np.ndarray:
        """All rows that are trained on."""
        return self.dataset.rows["train"]

    def run(self) -> Model:
        with compute_with(CPU, threads=1):
            self.training.run()
        return self


class TableModel(Model):
    """Of the text of any spec and the files that it reads."""

    def __init__(self, folder: Path, text: str, files: dict[str, str | bytes], seed: int = 0) -> None:
        self._of(*bound(folder, text, files), seed)
