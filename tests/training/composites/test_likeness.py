"""Measures of two sets of rows: known values where both are of one distribution, of two, and where one is a point."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from specc.training.composites.likeness import (
    mean_distance,
    modes_of,
    nearest_modes,
    repeated,
    squared_distances,
    told_apart,
)

ROWS = 1_000


def normal(seed: int, *sizes: int) -> Tensor:
    return torch.randn(*sizes, generator=torch.Generator().manual_seed(seed))


def one_group(rows: Tensor) -> Tensor:
    return torch.zeros(len(rows), dtype=torch.int64)


def test_the_mean_distance_of_normal_numbers_is_known() -> None:
    """Two numbers of N(0, σ²) are 2σ/√π apart; within groups the distance between them does not count."""
    rows = 3 * normal(1, ROWS, 1)
    expected = 2 * 3 / math.sqrt(math.pi)
    assert mean_distance(squared_distances(rows, rows), one_group(rows)) == pytest.approx(expected, rel=0.03)
    groups = torch.arange(ROWS) % 2
    apart = rows + 1_000 * groups[:, None]
    assert mean_distance(squared_distances(apart, apart), groups) == pytest.approx(expected, rel=0.03)


def test_distances_far_from_zero_keep_their_digits() -> None:
    rows = 0.001 * normal(1, 50, 8) + 1_000
    exact = (rows.double()[:, None] - rows.double()).square().sum(2)
    torch.testing.assert_close(squared_distances(rows, rows), exact, rtol=1e-9, atol=1e-15)


def test_rows_that_are_drawn_again_repeat_and_fresh_ones_do_not() -> None:
    real, fresh = normal(1, ROWS, 2), normal(2, ROWS, 2)
    few = fresh[torch.arange(ROWS) % 100]
    half = torch.cat([few[: ROWS // 2], fresh[ROWS // 2 :]])
    squares = squared_distances(real, real)
    assert repeated(squared_distances(few, few), squares) == pytest.approx(1, abs=0.02)
    # the other half repeats some of the hundred by chance
    assert repeated(squared_distances(half, half), squares) == pytest.approx(0.5, abs=0.06)
    assert repeated(squared_distances(fresh, fresh), squares) < 0.02


def test_data_that_repeat_themselves_make_no_duplicates_of_what_is_made_like_them() -> None:
    real, made = (torch.randint(3, (ROWS, 2), generator=torch.Generator().manual_seed(seed)).float() for seed in (1, 2))
    assert repeated(squared_distances(made, made), squared_distances(real, real)) == 0


@pytest.mark.parametrize("width", [2, 50])
def test_rows_of_one_distribution_are_told_apart_half_the_time(width: int) -> None:
    """Of 1 000 held-out rows: within three standard errors of a fair coin."""
    assert abs(told_apart(normal(1, ROWS, width), normal(2, ROWS, width)) - 0.5) < 3 * 0.5 / math.sqrt(ROWS)


def test_two_normals_are_told_apart_as_well_as_can_be() -> None:
    """Means at ±δ along one of two directions: the best classifier is right Φ(δ) of the time."""
    step = torch.tensor([2.0, 0.0])
    best = 0.5 * (1 + math.erf(1 / math.sqrt(2)))
    found = told_apart(normal(1, ROWS, 2), normal(2, ROWS, 2) + step)
    assert best - 0.03 < found < best + 0.03


def test_a_point_is_told_from_anything() -> None:
    assert told_apart(normal(1, ROWS, 2), torch.zeros(ROWS, 2)) > 0.98
    assert told_apart(torch.zeros(ROWS, 2), torch.ones(ROWS, 2)) == 1
    assert told_apart(torch.zeros(ROWS, 2), torch.zeros(ROWS, 2)) == 0.5


def test_a_tight_ring_and_what_fills_it_are_told_apart() -> None:
    """Structure a hundredth of the data's width is seen: eight modes of deviation 0.01, beside such of 0.1."""
    turns = torch.arange(ROWS) % 8 * (2 * math.pi / 8)
    ring = torch.stack([turns.cos(), turns.sin()], dim=1)
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(3))
    real, again, wide = ring + 0.01 * normal(1, ROWS, 2), ring[order] + 0.01 * normal(2, ROWS, 2), ring + 0.1 * normal(3, ROWS, 2)
    assert told_apart(real[order], wide[order]) > 0.85
    assert abs(told_apart(real[order], again) - 0.5) < 0.05


def test_modes_are_the_means_of_labels_and_reach_three_deviations_of_a_normal() -> None:
    """In two dimensions 1 − e^(−9/2) = 0.9889 of a normal lies within three deviations."""
    labels = torch.arange(20_000) % 2
    places = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    rows = places[labels] + 0.5 * normal(1, 20_000, 2)
    centers, reach = modes_of(rows, labels, 3, 1 - math.exp(-4.5))
    torch.testing.assert_close(centers[:2].float(), places, atol=0.03, rtol=0)
    torch.testing.assert_close(reach[:2], torch.full((2,), 1.5, dtype=torch.float64), atol=0.05, rtol=0)
    made = torch.tensor([[0.0, 1.0], [11.0, 0.0], [5.0, 0.0], [0.0, 2.0]])
    assert nearest_modes(made, centers, reach).tolist() == [0, 1, -1, -1]
    assert reach[2] == -1, "nothing is near a label without rows"
