"""The rows of a run as tensors on its device, and batches of them: permuted once an epoch and sliced."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from specc.data.bind import Dataset
from specc.door import DoorTensor, door
from specc.ir import ImageFit, Spec
from specc.training.augmentations import augment
from specc.training.streams import Streams
from specc.vocabulary.families import Augmentation


@dataclass
class Batch:
    """The door tensors and targets of some rows. Images are scaled already."""

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))


class Rows:
    """All rows of the data on the device; images stay bytes until they are asked for."""

    def __init__(self, spec: Spec, dataset: Dataset, device: torch.device) -> None:
        assert spec.bound is not None and spec.data is not None
        self.spec, self.dataset = spec, dataset
        self.door: tuple[DoorTensor, ...] = door(spec)
        self.inputs = {t.name: torch.from_numpy(dataset.inputs[t.name]).to(device) for t in self.door}
        self.targets = {name: torch.from_numpy(values).to(device) for name, values in dataset.targets.items()}
        self.images = {t.name: spec.bound.fits[t.columns[0]] for t in self.door if t.kind == "image"}
        self.augment: tuple[Augmentation, ...] = spec.data.augment
        self.device = device

    def answering(self, dataset: Dataset) -> Rows:
        """The same rows with the targets of another data set."""
        other = copy.copy(self)
        other.dataset = dataset
        other.targets = {name: torch.from_numpy(values).to(self.device) for name, values in dataset.targets.items()}
        return other

    def answers(self, numbers: np.ndarray) -> tuple[dict[str, Tensor], dict[str, np.ndarray]]:
        """The targets of some rows as losses compare them, and their truth as metrics do."""
        chosen = torch.from_numpy(numbers).to(self.device)
        targets = {name: values[chosen] for name, values in self.targets.items()}
        return targets, {name: values[numbers] for name, values in self.dataset.truth.items()}

    def batch(self, rows: Tensor, streams: Streams | None = None) -> Batch:
        """Some rows by number; with `streams`, images are augmented as in training."""
        rows = rows.to(self.device)
        inputs = {}
        for name, values in self.inputs.items():
            chosen = values[rows]
            fit = self.images.get(name)
            if isinstance(fit, ImageFit):
                chosen = chosen.to(torch.float32)
                if streams is not None and self.augment:
                    chosen = augment(self.augment, chosen, streams["augmentation"])
                chosen = scaled(chosen, fit)
            inputs[name] = chosen
        return Batch(inputs, {name: values[rows] for name, values in self.targets.items()})


def scaled_inputs(spec: Spec, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of the door with images as the network sees them."""
    assert spec.bound is not None
    images = {t.name: spec.bound.fits[t.columns[0]] for t in door(spec) if t.kind == "image"}
    return {n: scaled(x.to(torch.float32), fit) if isinstance(fit := images.get(n), ImageFit) else x for n, x in inputs.items()}


def scaled(images: Tensor, fit: ImageFit) -> Tensor:
    """`x · scale[c] + shift[c]` of pictures 0…255, `[batch, channels, height, width]`."""
    shape = (1, -1, 1, 1)
    scale = torch.tensor(fit.scale, dtype=torch.float32, device=images.device).view(shape)
    shift = torch.tensor(fit.shift, dtype=torch.float32, device=images.device).view(shape)
    return images.mul(scale).add_(shift)


def slices(count: int, size: int, join_last: bool) -> Iterator[slice]:
    """Consecutive stretches of `size`; the last may be shorter. `join_last`: a single row left over joins the one before."""
    start = 0
    while start < count:
        end = min(count, start + size)
        if join_last and count - end == 1:
            end = count
        yield slice(start, end)
        start = end
