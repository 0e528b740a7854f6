"""Autoencoders of made-up rows: bound to nothing but sizes, or to a file of numbers and trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from specc.checking import check_text
from specc.data.bind import Dataset
from specc.defaults import with_defaults
from specc.diagnostics import Report, Source
from specc.infer import infer_shapes
from specc.ir import ArrayFit, Bound, Spec
from specc.pytorch.source import build_module
from specc.training.device import compute_with
from specc.training.loop import Training
from specc.training.streams import Streams
from tests.data.binding import bound, npz_file

CPU = torch.device("cpu")


def text_of(
    encoder: str, decoder: str, size: tuple[int, ...], train: str = "epochs = 1", scale: str = "", split: str = ""
) -> str:
    """The text of an autoencoder of the array `row`; `decoder` is a body or, without braces, a `mirror`."""
    column = f"array([{', '.join(map(str, size))}]{f', scale = {scale}' if scale else ''})"
    decoder = f"decoder {{ {decoder} }}" if not decoder.startswith("mirror") else f"decoder = {decoder}"
    return (
        f'data {{ source = npz("rows.npz"); columns {{ row = {column} }}{split} }}\n'
        f"autoencoder {{ encoder {{ input(row); {encoder} }}\n {decoder} }}\ntrain {{ {train} }}\n"
    )


def bound_autoencoder(encoder: str, decoder: str, size: tuple[int, ...], train: str = "epochs = 1") -> Spec:
    """A spec bound to a size alone. Raises `SpecError`."""
    source = Source("rows.dn", text_of(encoder, decoder, size, train))
    spec, report = check_text(source), Report(source)
    spec = spec.model_copy(update={"bound": Bound(fits={"row": ArrayFit(size=size)}, sizes={}, rows={"train": 8})})
    spec = infer_shapes(spec, report, {})
    report.raise_errors()
    return with_defaults(spec)


def started(spec: Spec, seed: int = 1, biases: bool = True) -> Any:
    """Its module in use, with biases that are not zero unless they are to be."""
    module = build_module(spec)
    generator = torch.Generator().manual_seed(seed)
    module.start(generator)  # type: ignore[operator]
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name.endswith("bias") and biases:
                parameter.uniform_(-0.5, 0.5, generator=generator)
    return module.eval()


class Trained:
    """The training of an autoencoder of some rows, all of which are trained on where there is no `split`."""

    def __init__(
        self,
        folder: Path,
        rows: np.ndarray,
        encoder: str,
        decoder: str,
        train: str,
        seed: int = 0,
        scale: str = "",
        split: str = "",
    ) -> None:
        split = split or "; split = random(train = 1.0, validation = 0.0, test = 0.0)"
        text = text_of(encoder, decoder, rows.shape[1:], train, scale, split)
        found: tuple[Spec, Dataset] = bound(folder, text, {"rows.npz": npz_file(row=rows.astype(np.float32))})
        self.spec, self.dataset = found
        self.events: list[dict[str, Any]] = []
        self.streams = Streams(seed)
        self.module: Any = build_module(self.spec)
        self.module.start(self.streams["weights"])
        self.training = Training(self.spec, self.dataset, self.module, self.streams, CPU, self.events.append)

    def run(self) -> Trained:
        with compute_with(CPU, threads=1):
            self.training.run()
        return self

    @torch.no_grad()
    def rebuilt(self, rows: np.ndarray) -> Tensor:
        """What the module makes of rows, in use."""
        return self.module.eval()(torch.from_numpy(rows.astype(np.float32)))
