"""A denoising autoencoder learns the clean row from the noisy one: linear ones of gaussian rows have a closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.composites.autoencoders import Trained

WIDTH, DEVIATION, RATE = 4, 0.7, 0.4


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Rows of a gaussian with a mean of exactly zero: each has its opposite."""
    draw = np.random.default_rng(6)
    half = draw.normal(size=(1000, WIDTH)) @ draw.normal(size=(WIDTH, WIDTH))
    return np.concatenate([half, -half]) / half.std()


def wiener(noise: str, covariance: np.ndarray) -> np.ndarray:
    """`E[x x̃ᵀ] E[x̃ x̃ᵀ]⁻¹`, the linear filter with the least expected square of what it misses (Wiener 1949)."""
    if noise == "gaussian":
        return covariance @ np.linalg.inv(covariance + DEVIATION**2 * np.eye(WIDTH))
    kept = 1 - RATE
    return kept * covariance @ np.linalg.inv(kept**2 * covariance + kept * RATE * np.diag(np.diag(covariance)))


@pytest.mark.parametrize("noise, layer", [("gaussian", f"gaussian_noise({DEVIATION})"), ("masking", f"masking_noise({RATE})")])
def test_the_denoiser_of_a_gaussian_is_the_wiener_filter(tmp_path: Path, rows: np.ndarray, noise: str, layer: str) -> None:
    train = (
        "batch = 500; optimizer = sgd(0.1, momentum = 0.9); schedule = linear(to = 0); average = swa(start = 0.3); epochs = 250"
    )
    trained = Trained(tmp_path, rows, f"{layer}; dense({WIDTH})", f"dense({WIDTH})", train).run()
    up, down = (trained.module.state_dict()[f"{name}_dense_1.weight"].double().numpy() for name in ("encoder", "decoder"))
    expected = wiener(noise, np.cov(rows.T, bias=True))
    assert np.abs(expected - np.eye(WIDTH)).max() > 0.2, "noise must matter"
    np.testing.assert_allclose(down @ up, expected, atol=0.02)


def test_the_target_is_the_clean_row_and_in_use_nothing_is_noisy(tmp_path: Path, rows: np.ndarray) -> None:
    """A code as wide as the row could give it back exactly; what was trained against noise does not, and always says the same."""
    train = "batch = 500; optimizer = adam(0.02); epochs = 20"
    trained = Trained(tmp_path, rows, f"masking_noise(0.6); dense({WIDTH})", f"dense({WIDTH})", train).run()
    assert np.array_equal(trained.rebuilt(rows), trained.rebuilt(rows))
    last, noisy = trained.training.evaluate()["train"].metrics, trained.events[-1]["train"]
    clean = np.square(trained.rebuilt(rows).numpy() - rows.astype(np.float32)).mean()
    assert last["reconstruction_error"] == pytest.approx(clean, rel=1e-4)
    assert noisy["reconstruction_error"] > 2 * clean
