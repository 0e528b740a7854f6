"""Penalties on the slope of a discriminator: known values, at every row by itself, and their own gradients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from specc.training.composites import discriminator
from specc.training.composites.adversarial import gradient_penalty, r1_penalty, slopes
from tests.training.composites import gans


def rows(count: int, *sizes: int, seed: int = 0) -> Tensor:
    return torch.randn(count, *sizes, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def linear(slope: float, width: int = 6) -> Callable[[Tensor], Tensor]:
    """A critic `slope · a·x` with |a| = 1."""
    direction = torch.nn.functional.normalize(rows(1, width, seed=9), dim=1)
    return lambda x: slope * (x.flatten(1) @ direction.T)


@pytest.mark.parametrize("count", [1, 4, 64])
def test_a_slope_of_one_costs_nothing_at_any_batch_size(count: int) -> None:
    """torchgan takes the norm over the whole batch: 0, 1.0 and 49.0 for these three."""
    penalty = gradient_penalty(linear(1.0), rows(count, 6), rows(count, 6, seed=1), torch.rand(count, dtype=torch.float64))
    assert float(penalty) == pytest.approx(0.0, abs=1e-24)


@pytest.mark.parametrize("count", [1, 4, 64])
@pytest.mark.parametrize("slope", [0.0, 0.5, 3.0])
def test_another_slope_costs_its_square_distance_to_one(slope: float, count: int) -> None:
    x, y = rows(count, 1, 2, 3), rows(count, 1, 2, 3, seed=1)
    penalty = gradient_penalty(linear(slope), x, y, torch.rand(count, dtype=torch.float64))
    assert float(penalty) == pytest.approx((slope - 1) ** 2, abs=1e-12)


def test_every_row_has_a_place_of_its_own_between_real_and_generated() -> None:
    """Of `½ ‖x‖²` the slope at z is ‖z‖: each row's share of the real row can be read off."""
    x, y, shares = rows(5, 3), rows(5, 3, seed=1), torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0], dtype=torch.float64)
    between = shares[:, None] * x + (1 - shares[:, None]) * y
    penalty = gradient_penalty(lambda z: z.square().sum(1, keepdim=True) / 2, x, y, shares)
    torch.testing.assert_close(penalty, (between.norm(dim=1) - 1).square().mean())


def test_training_draws_a_share_for_each_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One share a batch is what torchgan draws."""
    drawn: list[Tensor] = []

    def watched(score: Callable[[Tensor], Tensor], real: Tensor, made: Tensor, shares: Tensor) -> Tensor:
        drawn.append(shares)
        return gradient_penalty(score, real, made, shares)

    monkeypatch.setattr(discriminator, "gradient_penalty", watched)
    game = gans.Game(tmp_path, train="loss = wasserstein; batch = 32; discriminator.updates = 2", row=gans.rows_of(64)).begin()
    game.step()
    assert [len(shares) for shares in drawn] == [32, 32]
    assert len(torch.cat(drawn).unique()) == 64
    assert 0 <= float(torch.cat(drawn).min()) < 0.2 < 0.8 < float(torch.cat(drawn).max()) < 1


def test_the_usual_penalty_of_wasserstein_counts_ten_times(tmp_path: Path) -> None:
    """Loss and penalty of a linear critic of slope 3: `d(y) − d(x) + 10 · (3 − 1)²`."""
    body = gans.PLAIN.replace("dense(8); leaky_relu(0.2); dense(1)", "dense(1)")
    game = gans.Game(tmp_path, body, "loss = wasserstein; batch = 32").begin()
    with torch.no_grad():
        game.module.discriminator_dense_1.weight.copy_(torch.tensor([[3.0, 0.0]]))
    (batch,) = game.batches()
    made = torch.zeros(32, 2)
    loss, measured = game.discriminator.loss(game.state, batch, {}, made, game.clock)
    assert float(measured["gradient_penalty"]) == pytest.approx(4.0, rel=1e-5)
    assert float(loss.detach()) == pytest.approx(-3 * float(batch.inputs["row"][:, 0].mean()) + 40, rel=1e-5)


def test_a_written_penalty_takes_the_place_of_the_usual_one(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, train="loss = wasserstein; penalty = r1(2); batch = 32").begin()
    measured = game.step()
    assert "r1" in measured and "gradient_penalty" not in measured


def test_r1_of_a_linear_critic_is_half_the_square_of_its_slope() -> None:
    x = rows(7, 6).requires_grad_(True)
    assert float(r1_penalty(linear(3.0)(x), x).detach()) == pytest.approx(4.5)


def test_r1_of_a_quadratic_critic_is_half_the_mean_square_of_the_rows() -> None:
    x = rows(7, 6).requires_grad_(True)
    torch.testing.assert_close(r1_penalty(x.square().sum(1, keepdim=True) / 2, x), x.square().sum(1).mean() / 2)


def test_r1_counts_at_real_rows_alone(tmp_path: Path) -> None:
    """`d(x) = x₁²`, made by hand of one layer that is as steep as the row: here a linear critic of slope (3, 0)."""
    body = gans.PLAIN.replace("dense(8); leaky_relu(0.2); dense(1)", "dense(1)")
    game = gans.Game(tmp_path, body, "loss = hinge; penalty = r1(10, every = 4); batch = 32").begin()
    with torch.no_grad():
        game.module.discriminator_dense_1.weight.copy_(torch.tensor([[3.0, 0.0]]))
    (batch,) = game.batches()
    losses = []
    for step in range(5):
        game.clock.step = step
        losses.append(float(game.discriminator.loss(game.state, batch, {}, torch.zeros(32, 2), game.clock)[0].detach()))
    # Every fourth time, and then four times as large: 10 · 4 · 9/2.
    assert [loss - losses[1] for loss in losses] == pytest.approx([180, 0, 0, 0, 180], rel=1e-5, abs=1e-5)


def test_a_patch_discriminator_is_as_steep_as_the_mean_of_its_scores() -> None:
    x = rows(3, 1, 4, 4).requires_grad_(True)
    torch.testing.assert_close(slopes(lambda z: 16 * z, x), torch.full((3,), 4.0, dtype=torch.float64))


@pytest.mark.parametrize("kind", ["gradient_penalty", "r1"])
def test_a_penalty_has_the_right_gradient_and_the_right_one_of_that(kind: str) -> None:
    x, y, shares = rows(4, 3), rows(4, 3, seed=1), torch.rand(4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))

    def penalty(first: Tensor, second: Tensor) -> Tensor:
        def score(rows: Tensor) -> Tensor:
            return torch.tanh(rows @ first) @ second

        if kind == "gradient_penalty":
            return gradient_penalty(score, x, y, shares)
        real = x.clone().requires_grad_(True)
        return r1_penalty(score(real), real)

    weights = rows(3, 5, seed=3).requires_grad_(True), rows(5, 1, seed=4).requires_grad_(True)
    assert torch.autograd.gradcheck(penalty, weights)
    assert torch.autograd.gradgradcheck(penalty, weights)


def test_a_flat_critic_has_a_penalty_and_no_gradient_that_is_not_a_number() -> None:
    weight = torch.zeros(6, 1, dtype=torch.float64, requires_grad=True)
    penalty = gradient_penalty(lambda z: z @ weight, rows(4, 6), rows(4, 6, seed=1), torch.rand(4, dtype=torch.float64))
    penalty.backward()
    assert float(penalty.detach()) == 1.0 and weight.grad is not None and weight.grad.eq(0).all()
