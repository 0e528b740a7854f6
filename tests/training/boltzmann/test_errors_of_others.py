"""Errors that other libraries of Boltzmann machines have or had, each by the name of the library and of the error."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from specc.training.boltzmann.sparsity import add_sparsity_slope
from specc.training.procedures.contrastive_divergence import ContrastiveDivergence
from specc.training.procedures.persistent_contrastive_divergence import PersistentContrastiveDivergence
from specc.vocabulary import procedures as words
from specc.vocabulary.optimizers import Sgd
from specc.vocabulary.regularizers import L2, Sparsity
from tests.training.boltzmann.machines import Alone, every_state, machine

CD = words.ContrastiveDivergence(centered=False)
MANY = 50_000


def gaussian(**more: bool):
    return machine([("gaussian", 2)], 2, scale=0.4, **more)


def test_learnergy_gives_the_squares_of_gaussian_units_the_wrong_sign() -> None:
    """Its density cannot be normalized: the free energy must rise without bound with the distance of v."""
    one = gaussian(learned_variance=True)
    far = torch.tensor([[1.0, -1.0]], dtype=torch.float64) * torch.tensor([[10.0], [100.0], [1000.0]], dtype=torch.float64)
    energies = one.free_energy(far)
    assert energies[0] < energies[1] < energies[2]
    variance = one.log_variance.exp()  # type: ignore[union-attr]
    assert torch.allclose(energies[2], (far[2].square() / (2 * variance)).sum(), rtol=0.01)


def test_learnergy_takes_the_variance_for_the_standard_deviation() -> None:
    one = gaussian(learned_variance=True)
    with torch.no_grad():
        one.log_variance.copy_(torch.tensor([4.0, 0.25]).log())  # type: ignore[union-attr]
    v = one.sample_visible(torch.zeros(MANY, 2, dtype=torch.float64), torch.Generator().manual_seed(1))
    assert torch.allclose(v.std(0), torch.tensor([2.0, 0.5], dtype=torch.float64), rtol=0.02)


def test_learnergy_draws_gaussian_units_without_noise() -> None:
    v = gaussian().sample_visible(torch.zeros(MANY, 2, dtype=torch.float64), torch.Generator().manual_seed(1))
    assert torch.allclose(v.var(0), torch.ones(2, dtype=torch.float64), rtol=0.03)


@pytest.mark.parametrize("momentum", [None, 0.5])
def test_learnergy_decays_the_biases_too(momentum: float | None) -> None:
    """Steps with and without `l2` differ by `rate · l2 · w` in the weights, and in nothing else."""
    rows, changes = every_state(4)[2:8], []
    optimizer = Sgd(learning_rate=0.5) if momentum is None else Sgd(learning_rate=0.5, momentum=momentum)
    for regularize in ((), (L2(cost=0.3),)):
        changes.append(Alone(machine([("bernoulli", 4)], 3), CD, ContrastiveDivergence, rows, optimizer, regularize).gradient())
    weight = machine([("bernoulli", 4)], 3).weight.detach()
    assert torch.allclose(changes[0]["weight"] - changes[1]["weight"], 0.5 * 0.3 * weight, atol=1e-12)
    assert torch.equal(changes[0]["hidden_bias"], changes[1]["hidden_bias"])
    assert torch.equal(changes[0]["visible_bias"], changes[1]["visible_bias"])


def test_yell_multiplies_the_momentum_by_the_rate() -> None:
    """Under a constant gradient g the second step is `g (1 + momentum)`: here on weights of zero, where g is the data's alone."""
    rate, momentum = 0.05, 0.9
    one = machine([("gaussian", 3)], 2, "gaussian", scale=0.0)
    rows = torch.zeros(4, 3, dtype=torch.float64)
    alone = Alone(one, CD, ContrastiveDivergence, rows, Sgd(learning_rate=rate, momentum=momentum))
    slope = torch.linspace(-1, 1, 5, dtype=torch.float64)

    def constant(stack, offsets, clock) -> None:
        alone.procedure.ascent.slope.copy_(slope)
        stack.hidden.zero_()

    alone.procedure.ascent.prepare = constant
    places = []
    for _ in range(3):
        alone.step()
        places.append(torch.cat([one.visible_bias, one.hidden_bias]).detach().clone())
    assert torch.allclose(places[0], rate * slope)
    assert torch.allclose(places[1] - places[0], rate * slope * (1 + momentum))
    assert torch.allclose(places[2] - places[1], rate * slope * (1 + momentum + momentum**2))


def test_yell_sums_the_sparsity_over_the_batch() -> None:
    """Twice the same rows have the same mean, so the same pull; and each row pulls by its own `v`."""
    hidden = torch.rand(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    part = Sparsity(target=0.1, cost=0.5)
    once, twice = hidden.clone(), hidden.repeat(2, 1)
    add_sparsity_slope(part, once)
    add_sparsity_slope(part, twice)
    assert torch.allclose(once.repeat(2, 1), twice)
    v = every_state(3)[1:7]
    slope = (once - hidden).t() @ v / 6
    assert not torch.allclose(slope, (once - hidden).mean(0).unsqueeze(1).expand(3, 3), atol=1e-3)


@pytest.mark.parametrize("centered", [False, True])
def test_scikit_learn_counts_a_short_last_batch_too_much(centered: bool) -> None:
    """The means of 1000 chains are compared with those of the batch, whether that has one row or a thousand."""
    moved = []
    row = every_state(4)[6:7]
    for count in (1, 1000):
        word = words.PersistentContrastiveDivergence(chains=1000, centered=centered)
        alone = Alone(machine([("bernoulli", 4)], 3), word, PersistentContrastiveDivergence, row, Sgd(learning_rate=1.0))
        moved.append(alone.gradient(row.expand(count, -1)))
    for name, change in moved[0].items():
        assert torch.allclose(change, moved[1][name], atol=1e-9)


def test_scikit_learn_starts_its_chains_from_zeros() -> None:
    """Ours start as hidden states of rows of the data."""
    one = machine([("bernoulli", 4)], 3)
    with torch.no_grad():
        one.weight.fill_(5.0)
        one.hidden_bias.fill_(-10.0)
    rows = torch.tensor([[1.0, 1, 1, 1]] * 3 + [[0.0, 0, 0, 0]], dtype=torch.float64)
    alone = Alone(one, words.PersistentContrastiveDivergence(chains=4000, centered=True), PersistentContrastiveDivergence, rows)
    share = float(alone.state.own["chains"].mean())
    assert abs(share - 0.75) < 0.03


def test_dsysdml_took_the_hidden_units_of_the_visible_state_before() -> None:
    """Each sample stands beside the hidden means of that very sample: `⟨h vᵀ⟩` of the samples is that of their visible states."""
    for word, runs in (
        (CD, ContrastiveDivergence),
        (words.PersistentContrastiveDivergence(chains=50, steps=3, centered=False), PersistentContrastiveDivergence),
    ):
        one, rows = machine([("bernoulli", 4)], 3, scale=2.0), every_state(4)[3:10]
        before = {name: p.detach().clone() for name, p in one.named_parameters()}
        alone = Alone(one, word, runs, rows, Sgd(learning_rate=1.0))
        moved = alone.gradient()
        sides = alone.procedure.sides[7]
        assert all(torch.equal(p, before[name]) for name, p in one.named_parameters())
        samples: Tensor = sides.model_visible
        model = one.hidden_mean(samples).t() @ samples / len(samples)
        assert torch.allclose(moved["weight"], one.hidden_mean(rows).t() @ rows / 7 - model, atol=1e-12)


def test_recommenders_compares_with_the_same_numbers_in_every_step() -> None:
    one, generator = machine([("bernoulli", 4)], 3, scale=0.0), torch.Generator().manual_seed(0)
    v = torch.zeros(1, 4, dtype=torch.float64)
    first, second = (torch.stack([one.sample_hidden(v, generator)[0] for _ in range(64)]) for _ in range(2))
    assert not torch.equal(first, second)
    assert (first.std(0) > 0).all()


@pytest.mark.parametrize("kind", ["bernoulli", "softmax", "replicated_softmax"])
def test_recommenders_shares_one_number_between_all_rows(kind: str) -> None:
    """Equal rows are drawn independently: the share of equal pairs of neighbors is that of independent draws."""
    one = machine([(kind, 2)], 2, scale=0.0)
    v = one.sample_visible(torch.zeros(MANY, 2, dtype=torch.float64), torch.Generator().manual_seed(5))
    equal = (v[1:] == v[:-1]).all(1).double().mean()
    expected = 0.25 if kind == "bernoulli" else 0.5
    assert abs(float(equal) - expected) < 4 * (expected * (1 - expected) * 2 / MANY) ** 0.5
