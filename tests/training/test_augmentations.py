"""Augmentations: what each can do to an image, and nothing else."""

from __future__ import annotations

import pytest
import torch

from specc.training.augmentations import AUGMENTATIONS, augment
from specc.vocabulary.augmentations import Crop, Cutout, Flip, Rotate, Shift
from specc.vocabulary.families import Augmentation
from specc.vocabulary.part import every_class


def images(rows: int = 400, side: int = 6) -> torch.Tensor:
    one = torch.arange(1.0, 2 * side * side + 1).reshape(1, 2, side, side)
    return one.repeat(rows, 1, 1, 1)


def apply(part: Augmentation, batch: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return augment((part,), batch, torch.Generator().manual_seed(seed))


def shifted(image: torch.Tensor, down: int, right: int) -> torch.Tensor:
    result = torch.zeros_like(image)
    side = image.shape[-1]
    rows, columns = slice(max(0, down), side + min(0, down)), slice(max(0, right), side + min(0, right))
    sources = slice(max(0, -down), side - max(0, down)), slice(max(0, -right), side - max(0, right))
    result[:, rows, columns] = image[:, sources[0], sources[1]]
    return result


@pytest.mark.parametrize("part", [Shift(pixels=2), Crop(size=6, padding=2)])
def test_shift_and_crop_give_every_shift_and_no_other(part: Augmentation) -> None:
    batch = images()
    possible = [shifted(batch[0], down, right) for down in range(-2, 3) for right in range(-2, 3)]
    found = {next(i for i, p in enumerate(possible) if torch.equal(row, p)) for row in apply(part, batch)}
    assert found == set(range(25))


@pytest.mark.parametrize(("direction", "axis"), [("horizontal", 2), ("vertical", 1)])
def test_flip_mirrors_with_its_probability(direction: str, axis: int) -> None:
    batch = images(2000)
    result = apply(Flip(direction=direction, probability=0.3), batch)  # type: ignore[arg-type]
    mirrored = torch.tensor([torch.equal(row, batch[0].flip(axis)) for row in result])
    same = torch.tensor([torch.equal(row, batch[0]) for row in result])
    assert bool((mirrored ^ same).all())
    assert float(mirrored.float().mean()) == pytest.approx(0.3, abs=4 * (0.21 / 2000) ** 0.5)


def test_cutout_blackens_one_square() -> None:
    batch = images()
    result = apply(Cutout(size=2), batch)
    for row in result:
        hidden = row == 0
        assert bool((hidden[0] == hidden[1]).all()) and bool((row[~hidden] == batch[0][~hidden]).all())
        rows, columns = hidden[0].any(1).nonzero().flatten(), hidden[0].any(0).nonzero().flatten()
        assert hidden[0].sum() == len(rows) * len(columns) <= 4 and len(rows) >= 1


def test_a_turn_by_a_right_angle_is_exact_and_turns_stay_in_range() -> None:
    part = Rotate(degrees=90.0)

    batch = images(64)
    quarter = torch.rot90(batch, 1, (2, 3)), torch.rot90(batch, -1, (2, 3))
    original = torch.rand
    try:
        torch.rand = lambda *sizes, **named: torch.ones(*sizes)  # type: ignore[assignment]  # the largest angle
        turned = apply(part, batch)
    finally:
        torch.rand = original
    assert any(torch.allclose(turned, q, atol=1e-3) for q in quarter)


def test_equal_seeds_give_equal_pictures() -> None:
    batch = images(16)
    for part in (Crop(size=6, padding=1), Flip(), Shift(pixels=1), Rotate(degrees=20.0), Cutout(size=3)):
        assert torch.equal(apply(part, batch, 7), apply(part, batch, 7))
        assert not torch.equal(apply(part, batch, 7), apply(part, batch, 8))


def test_every_augmentation_is_done() -> None:
    assert set(AUGMENTATIONS) == set(every_class("augmentation"))
