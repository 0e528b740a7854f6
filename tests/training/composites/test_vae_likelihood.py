"""The importance-weighted likelihood against models whose likelihood is known: linear ones, and one code by quadrature."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from specc.training.composites.elbo import Code
from tests.training.composites.variational import Model

VARIANCE = 0.25
WEIGHT = torch.tensor([[1.2, 0.5], [0.9, -0.8], [0.4, 0.3]], dtype=torch.float64)
WEIGHT[:, 1] -= WEIGHT[:, 0] * (WEIGHT[:, 0] @ WEIGHT[:, 1]) / WEIGHT[:, 0].square().sum()
"""Orthogonal columns: the exact posterior of the code has no correlations, and an encoder can say it."""
BIAS = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
MARGINAL = MultivariateNormal(BIAS, WEIGHT @ WEIGHT.T + VARIANCE * torch.eye(3, dtype=torch.float64))
LINEAR = "encoder { input(row) }; latent(2); decoder { dense(3) }"
BOUND = f"elbo(reconstruction = mean_squared_error, variance = {VARIANCE})"


@torch.no_grad()
def linear_model(folder: Path, away: float) -> tuple[Model, Tensor]:
    """A linear decoder and an encoder that is the exact posterior, its mean and spread `away` from it; ln p(x) of each row."""
    generator = torch.Generator().manual_seed(3)
    z = torch.randn(300, 2, generator=generator, dtype=torch.float64)
    noise = torch.randn(300, 3, generator=generator, dtype=torch.float64)
    rows = z @ WEIGHT.T + BIAS + VARIANCE**0.5 * noise
    metrics = "metrics = [log_likelihood(samples = 5, final = 40)]"
    model = Model(folder, rows.numpy(), LINEAR, f"loss = {BOUND}; epochs = 1; {metrics}")
    spread = 1 / (1 + WEIGHT.square().sum(0) / VARIANCE)
    heads = model.module.encoder_latent
    heads["mean"].weight.copy_(spread[:, None] * WEIGHT.T / VARIANCE)
    heads["mean"].bias.copy_(-spread * (WEIGHT.T @ BIAS) / VARIANCE + away)
    heads["log_variance"].weight.zero_()
    heads["log_variance"].bias.copy_(spread.log() + 2 * away)
    model.module.decoder_dense_1.weight.copy_(WEIGHT)
    model.module.decoder_dense_1.bias.copy_(BIAS)
    return model, MARGINAL.log_prob(torch.from_numpy(model.dataset.inputs["row"]).double())


def exact_bound(model: Model) -> float:
    """The bound of the linear model in closed form, the mean over rows."""
    x = torch.from_numpy(model.dataset.inputs["row"]).double()
    with torch.no_grad():
        code = Code(*(t.double() for t in model.module.encoder(x.float())))
    squares = (x - code.mean @ WEIGHT.T - BIAS).square().sum(1) + (WEIGHT.square() * code.log_variance.exp()[:, None]).sum((1, 2))
    likely = -0.5 * (squares / VARIANCE + 3 * math.log(2 * math.pi * VARIANCE))
    return float((likely - code.divergence().sum(1)).mean())


def test_with_the_exact_posterior_every_weight_is_the_likelihood(tmp_path: Path) -> None:
    model, exact = linear_model(tmp_path, away=0.0)
    for samples in (1, 7):
        found = model.bound.estimates(model.module, model.numbers, samples).values
        torch.testing.assert_close(found, exact, rtol=1e-4, atol=1e-4)
    assert exact_bound(model) == pytest.approx(float(exact.mean()), abs=1e-4)


def test_the_bound_the_estimates_and_the_likelihood_stand_in_their_order(tmp_path: Path) -> None:
    """ELBO ≤ IWAE-2 ≤ IWAE-8 ≤ IWAE-64 ≤ ln p(x), each further than three errors from the next; the last is near."""
    model, exact = linear_model(tmp_path, away=0.4)
    repeats = [np.repeat(model.numbers, 10)] * 3  # ten estimates of each row, so that the errors are small
    found = [model.bound.estimates(model.module, rows, k).values for rows, k in zip(repeats, (2, 8, 64))]
    by_row = [estimates.unflatten(0, (-1, 10)).mean(1) for estimates in found]
    errors = [float(estimates.unflatten(0, (-1, 10)).var(1).mean() / (10 * len(exact))) ** 0.5 for estimates in found]
    means = [float(estimates.mean()) for estimates in by_row]
    assert exact_bound(model) < means[0] - 3 * errors[0]
    assert means[0] < means[1] - 3 * errors[1] and means[1] < means[2] - 3 * errors[2]
    assert means[2] < float(exact.mean()) + 3 * errors[2]
    assert means[2] == pytest.approx(float(exact.mean()), abs=0.1)


def test_the_errors_are_the_spread_of_estimates_by_other_codes(tmp_path: Path) -> None:
    """Of the same rows again and again: the mean of the variances that are told is the variance that is seen."""
    model, _ = linear_model(tmp_path, away=0.4)
    found = model.bound.estimates(model.module, np.repeat(model.numbers, 40), 256)
    seen, told = found.values.unflatten(0, (-1, 40)).var(1).mean(), found.variances.mean()
    assert float(told) == pytest.approx(float(seen), rel=0.1)
    assert found.error == pytest.approx((float(seen) / len(found.values)) ** 0.5, rel=0.05)


def test_the_measured_bound_is_the_exact_one(tmp_path: Path) -> None:
    """By one draw a row of ten times the rows: within five errors of the closed form, on either side."""
    model, _ = linear_model(tmp_path, away=0.4)
    rows = np.repeat(model.numbers, 100)
    assert -model.bound.of_rows(model.module, rows)["loss"] == pytest.approx(exact_bound(model), abs=0.05)


def test_estimates_do_not_depend_on_how_many_codes_are_decoded_at_once_but_for_the_draw(tmp_path: Path, monkeypatch) -> None:
    """In small chunks the weights are joined as they are in one: with the exact posterior to the last digits."""
    model, exact = linear_model(tmp_path, away=0.0)
    monkeypatch.setattr("specc.training.composites.bound.rows_at_once", lambda spec: 16)
    torch.testing.assert_close(model.bound.estimates(model.module, model.numbers[:9], 50).values, exact[:9], rtol=1e-4, atol=1e-4)


def test_the_same_weights_give_the_same_numbers(tmp_path: Path) -> None:
    model, _ = linear_model(tmp_path, away=0.4)
    torch.rand(5)  # what others draw changes nothing
    for epoch in (1, None):
        first = model.bound.log_likelihood(model.module, model.numbers, epoch)
        assert first == model.bound.log_likelihood(model.module, model.numbers, epoch) and first["log_likelihood"] < 0
    assert model.bound.of_rows(model.module, model.numbers) == model.bound.of_rows(model.module, model.numbers)


def test_bits_of_one_code_have_the_likelihood_that_quadrature_finds(tmp_path: Path) -> None:
    """p(x) = ∫ Π Bernoulli(xᵢ; σ(f(z)ᵢ)) N(z) dz on a fine grid, for every row."""
    rows = np.random.default_rng(2).integers(0, 2, (8, 4))
    body = "encoder { input(row); dense(3, tanh) }; latent(1); decoder { dense(5, tanh); dense(4, sigmoid) }"
    model = Model(tmp_path, rows, body, "loss = elbo(reconstruction = binary_cross_entropy); epochs = 1")
    with torch.no_grad():
        model.module.decoder_dense_1.weight.mul_(2)
        model.module.encoder_latent["log_variance"].bias.fill_(1.0)  # wider than what it stands for: no weight is large
        grid = torch.linspace(-8, 8, 2001)
        logits = model.module.decoder(grid[:, None]).double()
        x = torch.from_numpy(model.dataset.inputs["row"]).double()
        joint = x @ logits.T - torch.nn.functional.softplus(logits).sum(1) + Normal(0.0, 1.0).log_prob(grid).double()
        exact = torch.logsumexp(joint, 1) + math.log(16 / 2000)
    found = model.bound.estimates(model.module, model.numbers, 20_000).values
    torch.testing.assert_close(found, exact, rtol=0, atol=0.02)


def test_a_linear_model_learns_the_likelihood_of_probabilistic_principal_components(tmp_path: Path) -> None:
    """The largest bound of a linear model is the likelihood of W = U (Λ − σ²)^½ (Tipping and Bishop 1999; Lucas et al. 2019)."""
    draw = np.random.default_rng(5)
    rows = draw.normal(size=(400, 2)) @ np.array([[1.5, 1.0, -0.5], [0.2, -0.6, 0.4]]) + 0.5 * draw.normal(size=(400, 3)) + 1.0
    body = "encoder { input(row) }; latent(1); decoder { dense(3) }"
    train = f"loss = {BOUND}; optimizer = adam(0.03); schedule = linear(to = 0); batch = all; epochs = 800"
    model = Model(tmp_path, rows, body, train).run()
    x = torch.from_numpy(rows.astype(np.float32)).double()
    values, vectors = torch.linalg.eigh(torch.cov(x.T, correction=0))
    weight = vectors[:, -1:] * (values[-1] - VARIANCE).sqrt()
    best = MultivariateNormal(x.mean(0), weight @ weight.T + VARIANCE * torch.eye(3, dtype=torch.float64)).log_prob(x).mean()
    found = -model.bound.of_rows(model.module, np.repeat(model.numbers, 50))["loss"]
    assert found == pytest.approx(float(best), abs=0.02)
    assert float(model.bound.estimates(model.module, model.numbers, 50).values.mean()) == pytest.approx(float(best), abs=0.01)
