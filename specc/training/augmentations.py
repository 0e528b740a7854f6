"""Augmentations of pictures `[batch, channels, height, width]`, 0…255 as floats, each row by its own draw."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from specc.vocabulary.augmentations import Crop, Cutout, Flip, Rotate, Shift
from specc.vocabulary.families import Augmentation

Function = Callable[[Any, Tensor, torch.Generator], Tensor]
AUGMENTATIONS: dict[type[Augmentation], Function] = {}


def changes(part: type[Augmentation]) -> Callable[[Function], Function]:
    """Registers what an augmentation does to a batch."""

    def register(function: Function) -> Function:
        AUGMENTATIONS[part] = function
        return function

    return register


def augment(parts: tuple[Augmentation, ...], images: Tensor, generator: torch.Generator) -> Tensor:
    """The changes one after the other."""
    for part in parts:
        images = AUGMENTATIONS[type(part)](part, images, generator)
    return images


def _whole(low: int, high: int, rows: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """A whole number of `low … high` for each row, drawn on the CPU so that every device draws the same."""
    return torch.randint(low, high + 1, (rows,), generator=generator).to(device)


def _window(images: Tensor, top: Tensor, left: Tensor, height: int, width: int) -> Tensor:
    """For each row the window that begins at its own top and left."""
    rows = torch.arange(len(images), device=images.device)[:, None, None, None]
    channels = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    y = (top[:, None] + torch.arange(height, device=images.device))[:, None, :, None]
    x = (left[:, None] + torch.arange(width, device=images.device))[:, None, None, :]
    return images[rows, channels, y, x]


@changes(Crop)
def crop(part: Crop, images: Tensor, generator: torch.Generator) -> Tensor:
    padded = F.pad(images, [part.padding] * 4)
    top = _whole(0, padded.shape[2] - part.size, len(images), generator, images.device)
    left = _whole(0, padded.shape[3] - part.size, len(images), generator, images.device)
    return _window(padded, top, left, part.size, part.size)


@changes(Shift)
def shift(part: Shift, images: Tensor, generator: torch.Generator) -> Tensor:
    height, width = images.shape[2:]
    padded = F.pad(images, [part.pixels] * 4)
    top = _whole(0, 2 * part.pixels, len(images), generator, images.device)
    left = _whole(0, 2 * part.pixels, len(images), generator, images.device)
    return _window(padded, top, left, height, width)


@changes(Flip)
def flip(part: Flip, images: Tensor, generator: torch.Generator) -> Tensor:
    chosen = (torch.rand(len(images), generator=generator) < part.probability).to(images.device)
    mirrored = images.flip(3 if part.direction == "horizontal" else 2)
    return torch.where(chosen[:, None, None, None], mirrored, images)


@changes(Rotate)
def rotate(part: Rotate, images: Tensor, generator: torch.Generator) -> Tensor:
    height, width = images.shape[2:]
    angle = (torch.rand(len(images), generator=generator) * 2 - 1).mul_(math.radians(part.degrees)).to(images.device)
    cosine, sine = angle.cos(), angle.sin()
    zero = torch.zeros_like(angle)
    # affine_grid works in -1 … 1 along each side, so that a turn of a picture that is not square must be stretched.
    matrix = torch.stack(
        [torch.stack([cosine, -sine * height / width, zero], 1), torch.stack([sine * width / height, cosine, zero], 1)], 1
    )
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


@changes(Cutout)
def cutout(part: Cutout, images: Tensor, generator: torch.Generator) -> Tensor:
    height, width = images.shape[2:]
    y = _whole(0, height - 1, len(images), generator, images.device)[:, None] - part.size // 2
    x = _whole(0, width - 1, len(images), generator, images.device)[:, None] - part.size // 2
    row, column = torch.arange(height, device=images.device)[None], torch.arange(width, device=images.device)[None]
    hidden = ((row >= y) & (row < y + part.size))[:, None, :, None] & ((column >= x) & (column < x + part.size))[:, None, None, :]
    return images.masked_fill(hidden, 0.0)
