"""The Dirac-GAN (Mescheder, Geiger and Nowozin 2018): data at 0, a generator of one number θ, a discriminator d(x) = ψ x.

Its only equilibrium is (0, 0). Without a remedy (θ, ψ) goes around it for ever; R1 and instance noise draw it in.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.composites import gans

# Noise of which nothing depends: the condition is 0, and so is the gradient of the weight that it meets.
BODY = "condition(nothing); generator { dense(1) }; discriminator { input(row); concat(it, condition); dense(1, bias = false) }"
COLUMNS = "row = array([1]); nothing = array([1])"


def distances(folder: Path, train: str, rows: int, steps: int) -> np.ndarray:
    """√(θ² + ψ²) after each step of descent at a rate of 0.1, from (1, 1)."""
    zeros = np.zeros((rows, 1), np.float32)
    train = f"optimizer = sgd(0.1); batch = all; epochs = {steps}; {train}"
    game = gans.Game(folder, BODY, train, COLUMNS, row=zeros, nothing=zeros).begin()
    theta, psi = game.module.generator_dense_1.bias, game.module.discriminator_dense_1.weight
    with torch.no_grad():
        theta.fill_(1.0)
        psi.copy_(torch.tensor([[1.0, 0.0]]))
    found = []
    for _ in range(steps):
        game.step()
        found.append(math.hypot(float(theta.detach()), float(psi.detach()[0, 0])))
    assert float(psi.detach()[0, 1]) == 0.0
    return np.array(found)


def test_without_a_remedy_it_goes_around_for_ever(tmp_path: Path) -> None:
    """The path of alternating steps is a closed one: after four turns it is as far away as in the first."""
    found = distances(tmp_path, "loss = minimax", rows=2, steps=560)  # a turn takes 2π/(0.1 · ½) ≈ 126 steps near 0
    first, last = found[:200], found[-200:]
    assert first.min() > 1.0
    assert last.min() == pytest.approx(first.min(), rel=0.05) and last.max() == pytest.approx(first.max(), rel=0.05)


def test_the_modified_loss_comes_nearer_ever_more_slowly(tmp_path: Path) -> None:
    """Its linear part turns as well; what draws it in is of the third order (their section 3.1), so that 1/r² grows evenly."""
    found = distances(tmp_path, "loss = non_saturating", rows=2, steps=780)
    turns = [found[start : start + 130].mean() ** -2 for start in (130, 390, 650)]
    assert turns[2] - turns[1] == pytest.approx(turns[1] - turns[0], rel=0.15)
    assert found[-1] > 0.2


def test_r1_draws_it_in(tmp_path: Path) -> None:
    """The linear part has eigenvalues with the real part −γ/2 (their theorem 4.1): e^(−0.1 · 600 · γ/2) = e^(−30) for γ = 1."""
    found = distances(tmp_path, "loss = minimax; penalty = r1(1)", rows=2, steps=600)
    assert found[-1] < 1e-6


def test_a_slope_of_one_is_no_equilibrium_of_its_own(tmp_path: Path) -> None:
    """The gradient penalty of Gulrajani et al. does not converge here (their figure 1): ψ is held near 1."""
    found = distances(tmp_path, "loss = wasserstein(gradient_penalty = 1)", rows=2, steps=300)
    assert found[-100:].min() > 0.5


def test_instance_noise_draws_it_in(tmp_path: Path) -> None:
    """The curvature that noise of deviation σ gives to ψ, σ²/2, draws as R1 does; the noise of 1024 rows is left over."""
    found = distances(tmp_path, "loss = minimax; instance_noise = gaussian(1.0)", rows=1024, steps=500)
    assert found[-100:].max() < 0.1


def test_instance_noise_that_has_faded_lets_it_go_around(tmp_path: Path) -> None:
    """Once the noise is gone the distance stays as it is then."""
    train = "loss = minimax; instance_noise = gaussian(1.0, decay = linear(epochs = 60))"
    found = distances(tmp_path, train, rows=1024, steps=330)
    assert 0.05 < found[60:190].max() < 1.3
    assert found[-130:].max() == pytest.approx(found[60:190].max(), rel=0.15)
