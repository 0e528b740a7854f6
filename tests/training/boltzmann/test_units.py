"""Every kind of visible unit with every kind of hidden unit: draws, means and free energy against sums over all states."""

from __future__ import annotations

import pytest
import torch

from specc.pytorch.nn import RestrictedBoltzmann
from specc.pytorch.nn.units import HIDDEN, Relu
from tests.training.boltzmann.enumeration import WORDS, both_sides, log_joint
from tests.training.boltzmann.machines import machine

VISIBLE = {
    "bernoulli": [("bernoulli", 3)],
    "gaussian": [("gaussian", 2)],
    "learned variance": [("gaussian", 2)],
    "softmax": [("softmax", 2), ("softmax", 2), ("softmax", 3)],
    "replicated softmax": [("replicated_softmax", 3)],
    "relu": [("relu", 2)],
    "mixed": [("gaussian", 1), ("bernoulli", 2), ("softmax", 3)],
    "counts beside others": [("bernoulli", 1), ("replicated_softmax", 3)],
}
PAIRS = [(kind, units) for kind in VISIBLE for units in HIDDEN]
DRAWS = 100_000


def made(kind: str, units: str) -> RestrictedBoltzmann:
    return machine(VISIBLE[kind], 2, units, seed=3, scale=0.35, learned_variance=kind in ("learned variance", "mixed"))


@pytest.mark.parametrize(("kind", "units"), PAIRS)
def test_draws_have_the_means_of_the_joint_distribution(kind: str, units: str) -> None:
    one, generator = made(kind, units), torch.Generator().manual_seed(7)
    v_states, h_states, weights = log_joint(one)
    p = torch.softmax(weights.flatten(), 0).view_as(weights)
    totals = torch.full((DRAWS,), float(WORDS), dtype=torch.float64)
    v = one.sample_visible(torch.zeros(DRAWS, 2, dtype=torch.float64), generator, totals)
    for _ in range(8 if units == "gaussian" else 4):
        h = one.sample_hidden(v, generator)
        v = one.sample_visible(h, generator, totals)
    h = one.sample_hidden(v, generator)
    found = torch.cat([v, h, (h.unsqueeze(2) * v.unsqueeze(1)).flatten(1)], 1)
    exact = torch.cat([p.sum(1) @ v_states, p.sum(0) @ h_states, (h_states.t() @ p.t() @ v_states).flatten()])
    error = found.std(0) / DRAWS**0.5
    assert ((found.mean(0) - exact).abs() <= 4 * error).all()


@pytest.mark.parametrize(("kind", "units"), PAIRS)
def test_the_free_energy_is_the_sum_over_hidden_states(kind: str, units: str) -> None:
    one = made(kind, units)
    v, h, weights = log_joint(one)
    (_, v_counts), _ = both_sides(one)
    near = v.abs().amax(1) < 4  # further out a continuous hidden unit leaves the stretch that is summed over
    assert torch.allclose((v_counts - weights.logsumexp(1))[near], one.free_energy(v[near]), atol=1e-6)
    means = torch.softmax(weights, 1) @ h
    assert torch.allclose(one.hidden_mean(v[near]), means[near], atol=1e-6)


@pytest.mark.parametrize("kind", VISIBLE)
def test_the_means_of_visible_units_are_sums_over_their_states(kind: str) -> None:
    one = made(kind, "bernoulli")
    v, h, weights = log_joint(one)
    totals = torch.full((len(h),), float(WORDS), dtype=torch.float64)
    assert torch.allclose(one.visible_mean(h, totals), torch.softmax(weights, 0).t() @ v, atol=1e-6)


def test_the_variance_of_gaussian_units_is_the_learned_one() -> None:
    one = machine([("gaussian", 2)], 3, learned_variance=True)
    h = torch.tensor([[1.0, 0.0, 1.0]], dtype=torch.float64).expand(DRAWS, -1)
    v = one.sample_visible(h, torch.Generator().manual_seed(2))
    variance = one.log_variance.exp()  # type: ignore[union-attr]
    assert ((v.var(0) - variance).abs() <= 4 * variance * (2 / DRAWS) ** 0.5).all()
    assert ((v.mean(0) - one.visible_input(h[:1])[0]).abs() <= 4 * (variance / DRAWS).sqrt()).all()


def test_a_document_of_one_word_is_a_softmax() -> None:
    counts, one = machine([("replicated_softmax", 4)], 3), machine([("softmax", 4)], 3)
    v = torch.eye(4, dtype=torch.float64)
    assert torch.equal(counts.free_energy(v), one.free_energy(v))
    assert torch.equal(counts.hidden_mean(v), one.hidden_mean(v))


def test_documents_keep_their_lengths() -> None:
    one = machine([("replicated_softmax", 5)], 3)
    totals = torch.tensor([0.0, 1.0, 7.0, 250.0], dtype=torch.float64)
    v = one.sample_visible(torch.ones(4, 3, dtype=torch.float64), torch.Generator().manual_seed(1), totals)
    assert torch.equal(v.sum(1), totals)


@pytest.mark.parametrize("x", [-300.0, -25.0, -19.0, -11.9, -3.0, 0.0, 4.0, 9.0])
def test_truncated_normal_units_far_from_zero(x: float) -> None:
    """Mean and ln of the integral against quadrature scaled to the unit's own width, and draws against the mean."""
    scale = 1 / max(1.0, -x)
    grid = torch.linspace(0, 40 * scale + max(0.0, x), 400_001, dtype=torch.float64)
    weights = grid * x - grid.square() / 2
    log_integral = torch.logsumexp(weights, 0) + (grid[1] - grid[0]).log()
    log_integral = log_integral + torch.log1p(-(weights[0] - torch.logsumexp(weights, 0)).exp() / 2)
    p = weights.exp() if x < 30 else weights
    p = p / (p.sum() - p[0] / 2)
    units, given = Relu(), torch.full((200_000,), x, dtype=torch.float64)
    mean = units.mean_(given[:1].clone())
    assert torch.allclose(mean, (p * grid).sum(), rtol=2e-6)
    assert torch.allclose(units.log_partition(given[:1]), log_integral, rtol=1e-8, atol=1e-8)
    draws = units.draw_(given.clone(), torch.Generator().manual_seed(4))
    assert (draws.mean() - mean).abs() <= 4 * draws.std() / len(draws) ** 0.5
    assert torch.allclose(units.mean_(given[:1].float()).double(), mean, rtol=1e-4)


def test_labels_are_what_free_energies_say() -> None:
    one = machine([("bernoulli", 3), ("softmax", 4)], 5, labels=4)
    v = torch.rand(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).round()
    full = torch.cat([v.repeat_interleave(4, 0), torch.eye(4, dtype=torch.float64).repeat(6, 1)], 1)
    p = torch.softmax(-one.free_energy(full).view(6, 4), 1)
    assert torch.allclose(torch.softmax(one.label_logits(v), 1), p, atol=1e-12)
    means = one.hidden_mean(full).view(6, 4, 5)
    assert torch.allclose(one(v), (means * p.unsqueeze(2)).sum(1), atol=1e-12)


@pytest.mark.parametrize(
    ("visible", "more", "message"),
    [
        ([("bernouli", 3)], {}, "units are one of"),
        ([("replicated_softmax", 3), ("replicated_softmax", 2)], {}, "one block of counts"),
        ([("bernoulli", 3)], {"labels": 3}, "the last visible block"),
    ],
)
def test_what_no_machine_can_be(visible: list, more: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RestrictedBoltzmann(visible, 2, **more)
