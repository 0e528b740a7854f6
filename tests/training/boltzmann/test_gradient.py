"""The gradient that a step takes, with every state of the model in the place of its samples: that of the likelihood itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from specc.pytorch.nn import RestrictedBoltzmann
from specc.training.boltzmann.ascent import Ascent
from specc.training.boltzmann.centring import Offsets
from specc.training.boltzmann.sides import Sides
from specc.training.procedures.contrastive_divergence import ContrastiveDivergence
from specc.training.procedures.parallel_tempering import ParallelTempering
from specc.training.procedures.persistent_contrastive_divergence import PersistentContrastiveDivergence
from specc.vocabulary import procedures as words
from specc.vocabulary.optimizers import Adam, Sgd
from specc.vocabulary.regularizers import Sparsity
from tests.training.boltzmann.enumeration import both_sides
from tests.training.boltzmann.machines import Alone, bars_and_stripes, every_state, exact_means, log_likelihood, machine

KINDS = {
    "bernoulli": ([("bernoulli", 4)], 3, "bernoulli"),
    "gaussian": ([("gaussian", 2)], 3, "bernoulli"),
    "softmax": ([("softmax", 3), ("bernoulli", 2)], 3, "bernoulli"),
    "counts": ([("replicated_softmax", 4)], 3, "bernoulli"),
    "relu": ([("bernoulli", 3)], 2, "relu"),
    "gaussian hidden": ([("bernoulli", 3)], 2, "gaussian"),
}


def rows_of(made: RestrictedBoltzmann, count: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(11)
    h = torch.zeros(count, len(made.weight), dtype=torch.float64)
    return made.sample_visible(h, generator, torch.full((count,), 3.0, dtype=torch.float64))


def log_p(made: RestrictedBoltzmann, states: Tensor, counts: Tensor) -> Tensor:
    """ln of the share of every visible state."""
    return torch.log_softmax(counts - made.free_energy(states), 0)


def step_with(made: RestrictedBoltzmann, alone: Alone, rows: Tensor, states: Tensor, shares: Tensor, offsets: Offsets | None):
    """What a step adds to each parameter where the samples are `states` that count by `shares`."""
    conditionals = alone.procedure.conditionals
    conditionals.settle()
    sides = Sides(conditionals, len(rows), len(states), offsets is not None)
    sides.shares[len(rows) :] = -shares
    both = torch.cat([rows, states])
    totals = made.totals(both)
    sides.totals = totals
    sides.both_visible.copy_(both if conditionals.precision is None else both * conditionals.precision)
    sides.both_hidden.copy_(made.hidden_mean(both))
    before = {name: p.detach().clone() for name, p in made.named_parameters()}
    ascent = Ascent(alone.phase, alone.state, conditionals)
    ascent.prepare(sides, offsets, alone.clock)
    ascent.climb(sides, offsets, alone.clock)
    return {name: p.detach() - before[name] for name, p in made.named_parameters()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("learned", [False, True])
@torch.enable_grad()
def test_it_is_that_of_the_exact_likelihood(kind: str, learned: bool) -> None:
    visible, hidden, units = KINDS[kind]
    made = machine(visible, hidden, units, scale=0.4, learned_variance=learned)
    rows = rows_of(made)
    (states, counts), _ = both_sides(made)
    log_shares = log_p(made, states, counts)
    log_z = torch.logsumexp(counts - made.free_energy(states), 0)
    likelihood = (-made.free_energy(rows)).mean() - log_z
    exact = torch.autograd.grad(likelihood, list(made.parameters()))
    word = words.ContrastiveDivergence(centered=False)
    alone = Alone(made, word, ContrastiveDivergence, rows, Sgd(learning_rate=1.0))
    with torch.no_grad():
        moved = step_with(made, alone, rows, states, log_shares.exp(), None)
    for gradient, change in zip(exact, moved.values()):
        assert torch.allclose(change, gradient, atol=1e-10)


def test_the_variance_has_the_slope_of_finite_differences() -> None:
    made = machine([("gaussian", 2)], 3, scale=0.4, learned_variance=True)
    rows = rows_of(made)
    (states, counts), _ = both_sides(made)

    def likelihood() -> float:
        log_z = torch.logsumexp(counts - made.free_energy(states), 0)
        return (-made.free_energy(rows).mean() - log_z).item()

    slopes = []
    for index in range(2):
        values = []
        for change in (1e-5, -2e-5):
            made.log_variance.data[index] += change  # type: ignore[union-attr]
            values.append(likelihood())
        made.log_variance.data[index] += 1e-5  # type: ignore[union-attr]
        slopes.append((values[0] - values[1]) / 2e-5)
    alone = Alone(made, words.ContrastiveDivergence(centered=False), ContrastiveDivergence, rows, Sgd(learning_rate=1.0))
    with torch.no_grad():
        moved = step_with(made, alone, rows, states, log_p(made, states, counts).exp(), None)
    assert torch.allclose(moved["log_variance"], torch.tensor(slopes, dtype=torch.float64), atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("learned", [False, True])
@torch.no_grad()
def test_the_centred_one_is_what_its_definition_says(kind: str, learned: bool) -> None:
    """`ΔW = ⟨(h−λ)(v−μ)ᵀ⟩` of data less model, `Δb −= ΔWᵀλ`, `Δc −= ΔW μ`; v over its variance, μ for each draw of a row."""
    visible, hidden, units = KINDS[kind]
    made = machine(visible, hidden, units, scale=0.4, learned_variance=learned)
    rows = rows_of(made)
    (states, counts), _ = both_sides(made)
    shares = log_p(made, states, counts).exp()
    alone = Alone(made, words.ContrastiveDivergence(centered=True), ContrastiveDivergence, rows, Sgd(learning_rate=1.0))
    offsets = Offsets(torch.rand(rows.shape[1]).double(), torch.rand(hidden).double())
    moved = step_with(made, alone, rows, states, shares, offsets)  # which moves the offsets before it uses them
    fresh = machine(visible, hidden, units, scale=0.4, learned_variance=learned)  # the machine has moved
    precision = fresh.precision()
    precision = torch.ones(rows.shape[1]).double() if precision is None else precision
    mean, rate, both = offsets.visible * precision, offsets.hidden, torch.cat([rows, states])
    weights = torch.cat([torch.full((len(rows),), 1 / len(rows), dtype=torch.float64), -shares])
    draws = fresh.totals(both)
    draws = torch.ones(len(both)).double() if draws is None else draws
    h = fresh.hidden_mean(both)
    scaled = both * precision
    weight = ((h - rate) * weights.unsqueeze(1)).t() @ (scaled - draws.unsqueeze(1) * mean)
    assert torch.allclose(moved["weight"], weight, atol=1e-12)
    assert torch.allclose(moved["visible_bias"], weights @ scaled - rate @ weight, atol=1e-12)
    assert torch.allclose(moved["hidden_bias"], (weights * draws) @ h - weight @ mean, atol=1e-12)


@torch.enable_grad()
def test_sparsity_has_the_slope_of_its_divergence() -> None:
    """By finite differences of `cost · Σ KL(target ‖ mean)`, taken from the step without it."""
    rows = rows_of(machine([("bernoulli", 4)], 3))
    target, cost = 0.15, 0.7

    def penalty(one: RestrictedBoltzmann) -> Tensor:
        q = one(rows).mean(0)
        return cost * (target * (target / q).log() + (1 - target) * ((1 - target) / (1 - q)).log()).sum()

    moved = []
    for regularize in ((), (Sparsity(target=target, cost=cost),)):
        made = machine([("bernoulli", 4)], 3)
        word = words.ContrastiveDivergence(centered=False)
        moved.append(Alone(made, word, ContrastiveDivergence, rows, Sgd(learning_rate=1.0), regularize).gradient())
    made = machine([("bernoulli", 4)], 3)
    for name, parameter in made.named_parameters():
        flat, slopes = parameter.data.view(-1), []
        for index in range(flat.numel()):
            flat[index] += 1e-5
            above = penalty(made).item()
            flat[index] -= 2e-5
            slopes.append((above - penalty(made).item()) / 2e-5)
            flat[index] += 1e-5
        taken = (moved[0][name] - moved[1][name]).flatten()
        assert torch.allclose(taken, torch.tensor(slopes, dtype=torch.float64), atol=1e-8)


CASES = [
    (words.ContrastiveDivergence(steps=1, centered=False), ContrastiveDivergence, 0.95),
    (words.ContrastiveDivergence(steps=100, centered=False), ContrastiveDivergence, 0.999),
    (words.PersistentContrastiveDivergence(steps=100, chains=8_000, centered=False), PersistentContrastiveDivergence, 0.999),
    (words.ParallelTempering(steps=30, chains=4_000, temperatures=5, centered=False), ParallelTempering, 0.999),
]


@pytest.mark.parametrize(("word", "runs", "least"), CASES, ids=[f"{word.word}-{word.steps}" for word, _, _ in CASES])
@torch.enable_grad()
def test_with_more_steps_it_comes_near_to_that_of_the_likelihood(word, runs, least: float) -> None:
    made, rows = machine([("bernoulli", 9)], 8, scale=1.0), bars_and_stripes(3)
    exact = torch.cat([g.flatten() for g in torch.autograd.grad(log_likelihood(made, rows), list(made.parameters()))])
    moved = Alone(made, word, runs, rows, Sgd(learning_rate=1.0)).gradient(rows.repeat(500, 1))
    found = torch.cat([change.flatten() for change in moved.values()])
    assert torch.cosine_similarity(exact, found, 0) > least
    assert abs(found.norm() / exact.norm() - 1) < (0.2 if word.steps == 1 else 0.03)


def test_tempered_chains_are_samples_of_the_machine() -> None:
    """Where a single chain stays in one of two modes: E[v], E[h] and E[h vᵀ] by enumeration, within 4 standard errors."""
    made = machine([("bernoulli", 6)], 2, scale=0.1)
    with torch.no_grad():
        made.weight.copy_(torch.tensor([[4.0] * 6, [0.5] * 6], dtype=torch.float64))
        made.visible_bias.fill_(-2.0)
        made.hidden_bias.copy_(torch.tensor([-11.5, -1.0], dtype=torch.float64))
    rows = torch.zeros(1, 6, dtype=torch.float64)
    chains = 6_000
    means = {}
    for word, runs in (
        (words.ParallelTempering(chains=chains, temperatures=8, centered=False), ParallelTempering),
        (words.PersistentContrastiveDivergence(chains=chains, centered=False), PersistentContrastiveDivergence),
    ):
        alone = Alone(made, word, runs, rows, Sgd(learning_rate=1e-30))
        for _ in range(40):
            alone.step()
        sides = alone.procedure.sides[1]
        means[runs] = sides.model_visible.mean(0), -sides.model_hidden.sum(0), -sides.model_hidden.t() @ sides.model_visible
        deviation = sides.model_visible.std(0).max()
    v, h, hv = exact_means(made)
    error = 4 * float(deviation) / chains**0.5
    tempered = means[ParallelTempering]
    assert (tempered[0] - v).abs().max() < error
    assert (tempered[1] - h).abs().max() < error
    assert (tempered[2] - hv).abs().max() < error
    assert (means[PersistentContrastiveDivergence][0] - v).abs().max() > 5 * error


@pytest.mark.parametrize("centered", [False, True])
def test_every_optimizer_is_given_the_gradient_that_plain_descent_takes(centered: bool) -> None:
    """The first step of adam goes by the sign of the gradient."""
    rows, moved = every_state(4)[3:9], []
    for optimizer in (Sgd(learning_rate=1.0), Adam(learning_rate=1.0, epsilon=1e-12)):
        made = machine([("bernoulli", 4)], 3)
        word = words.ContrastiveDivergence(centered=centered)
        moved.append(Alone(made, word, ContrastiveDivergence, rows, optimizer).gradient())
    for name, plain in moved[0].items():
        is_moved = plain.abs() > 1e-9
        assert torch.allclose(moved[1][name][is_moved], plain.sign()[is_moved], atol=1e-2)
