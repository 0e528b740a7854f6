"""The rows of a run as tensors on its device, and batches of them: permuted once an epoch and sliced."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from specc.data.binarize import drawn_once
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

    def __init__(self, spec: Spec, dataset: Dataset, device: torch.device, as_in_use: bool = False) -> None:
        """`as_in_use`: pictures whose pixels are drawn for training keep their intensities."""
        assert spec.bound is not None and spec.data is not None
        self.spec, self.dataset = spec, dataset
        self.door: tuple[DoorTensor, ...] = door(spec)
        self.images = {t.name: spec.bound.fits[t.columns[0]] for t in self.door if t.kind == "image"}
        drawn = {} if as_in_use else {name: drawn_once(dataset.inputs[name]) for name in self.images if self._binarize(name)}
        self.inputs = {t.name: torch.from_numpy(drawn.get(t.name, dataset.inputs[t.name])).to(device) for t in self.door}
        stochastic = {} if as_in_use else {name: dataset.inputs[name] for name in drawn if self._binarize(name) == "stochastic"}
        self.intensities = {name: torch.from_numpy(values).to(device) for name, values in stochastic.items()}
        """Pictures that are drawn anew for every batch that is trained on."""
        self.targets = {name: torch.from_numpy(values).to(device) for name, values in dataset.targets.items()}
        self.augment: tuple[Augmentation, ...] = spec.data.augment
        self.device = device

    def _binarize(self, name: str) -> str | None:
        """How the pixels of a picture are drawn, if they are."""
        how = getattr(self.images[name], "binarize", None)
        return how if isinstance(how, str) else None

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
            drawn = streams is not None and name in self.intensities
            chosen = (self.intensities[name] if drawn else values)[rows]
            fit = self.images.get(name)
            if isinstance(fit, ImageFit):
                chosen = chosen.to(torch.float32)
                if streams is not None and self.augment:
                    chosen = augment(self.augment, chosen, streams["augmentation"])
                if streams is not None and drawn:
                    lots = torch.rand(chosen.shape, generator=streams["augmentation"]).to(chosen.device)
                    chosen = chosen.gt_(lots.mul_(255.0)).mul_(255.0)
                chosen = scaled(chosen, fit)
            inputs[name] = chosen
        return Batch(inputs, {name: values[rows] for name, values in self.targets.items()})


def rows_of(spec: Spec, dataset: Dataset, device: torch.device, as_in_use: bool = False) -> Rows:
    """The rows of a data set, whatever they are made of."""
    if spec.is_of_ratings:
        from specc.training.ratings.rows import RatingsRows

        return RatingsRows(spec, dataset, device)
    return Rows(spec, dataset, device, as_in_use)


def scaled_inputs(spec: Spec, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of the door with images as the network sees them."""
    assert spec.bound is not None
    images = {t.name: spec.bound.fits[t.columns[0]] for t in door(spec) if t.kind == "image"}
    return {n: scaled(x.to(torch.float32), fit) if isinstance(fit := images.get(n), ImageFit) else x for n, x in inputs.items()}


def scaled(images: Tensor, fit: ImageFit) -> Tensor:
    """`x · scale[c] + shift[c]` of pictures 0…255, `[batch, channels, height, width]`."""
    shape = (1, -1, 1, 1)
    if isinstance(fit.binarize, float):
        images = images.gt(255.0 * fit.binarize).to(torch.float32).mul_(255.0)
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
