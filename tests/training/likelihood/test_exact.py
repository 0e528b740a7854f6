"""ln Z and likelihoods of small machines against sums and integrals worked out another way."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann
from specc.training.likelihood.exact import (
    by_hidden_states,
    by_visible_states,
    can_be_exact,
    exact_log_likelihoods,
    exact_log_partition,
)
from specc.training.likelihood.terms import log_unnormalized, terms_of
from tests.training.likelihood.machines import drawn, random_machine

DISCRETE = [
    [("bernoulli", 9)],
    [("softmax", 4), ("bernoulli", 3)],
    [("bernoulli", 2), ("softmax", 3), ("softmax", 3), ("softmax", 2), ("bernoulli", 1)],
    [("softmax", 1), ("bernoulli", 4)],
]
ALL_KINDS = [*DISCRETE[:2], [("gaussian", 3), ("bernoulli", 2)], [("replicated_softmax", 4), ("bernoulli", 2)], [("relu", 3)]]


@pytest.mark.parametrize("visible", DISCRETE, ids=str)
def test_both_sides_agree(visible: list[tuple[str, int]]) -> None:
    machine = random_machine(visible, 8, spread=1.0)
    assert by_hidden_states(machine).item() == pytest.approx(by_visible_states(machine).item(), abs=1e-8)


def test_both_sides_agree_over_several_chunks() -> None:
    machine = random_machine([("bernoulli", 13)], 12, spread=0.7)
    assert by_hidden_states(machine).item() == pytest.approx(by_visible_states(machine).item(), abs=1e-8)


@pytest.mark.parametrize("units", ["bernoulli", "gaussian", "relu"])
@pytest.mark.parametrize("visible", ALL_KINDS, ids=str)
def test_unnormalized_is_the_machines_free_energy(visible: list[tuple[str, int]], units: str) -> None:
    machine = random_machine(visible, 5, units, spread=0.3, learned=True)
    rows = machine.sample_visible(torch.zeros(50, 5), torch.Generator().manual_seed(0), torch.full((50,), 3.0))
    found = log_unnormalized(terms_of(machine), rows)
    assert torch.allclose(found, -machine.free_energy(rows).double(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("units", ["gaussian", "relu"])
def test_real_hidden_units_are_integrated_out(units: str) -> None:
    """Of one hidden unit: the sum over visible states of its integral by the trapezoid rule."""
    machine = random_machine([("bernoulli", 4)], 1, units)
    lowest = -15.0 if units == "gaussian" else 0.0
    grid = torch.linspace(lowest, 15, 20001, dtype=torch.float64)
    weight, bias = machine.weight[0].detach().double(), machine.visible_bias.detach().double()
    total = 0.0
    for state in itertools.product([0.0, 1.0], repeat=4):
        visible = torch.tensor(state, dtype=torch.float64)
        exponent = visible @ bias + grid * (weight @ visible + machine.hidden_bias.detach().double()) - grid.square() / 2
        total += torch.trapezoid(exponent.exp(), grid).item()
    assert exact_log_partition(machine).item() == pytest.approx(math.log(total), abs=1e-6)


@pytest.mark.parametrize("kind", ["gaussian", "relu"])
def test_real_visible_units_have_a_density_of_mass_one(kind: str) -> None:
    machine = random_machine([(kind, 1)], 3, spread=0.8, learned=True)
    grid = torch.linspace(-25 if kind == "gaussian" else 0, 25, 20001, dtype=torch.float64)
    density = exact_log_likelihoods(machine, grid[:, None]).exp()
    assert torch.trapezoid(density, grid).item() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("words", [1, 2, 4])
def test_documents_of_a_length_have_probabilities_of_sum_one(words: int) -> None:
    machine = random_machine([("replicated_softmax", 3)], 4, spread=0.8)
    sequences = torch.tensor(list(itertools.product(range(3), repeat=words)))
    counts = torch.nn.functional.one_hot(sequences, 3).sum(dim=1).float()
    assert exact_log_likelihoods(machine, counts).exp().sum().item() == pytest.approx(1.0, abs=1e-9)


def test_a_document_of_one_word_is_a_softmax() -> None:
    document, softmax = random_machine([("replicated_softmax", 5)], 4), RestrictedBoltzmann([("softmax", 5)], 4)
    softmax.load_state_dict(document.state_dict())
    words = torch.eye(5)
    assert torch.equal(exact_log_likelihoods(document, words), exact_log_likelihoods(softmax, words))


def test_lengths_in_one_table_are_normalized_each_by_its_own() -> None:
    machine = random_machine([("replicated_softmax", 4), ("bernoulli", 2)], 5)
    rows = drawn(machine, 30, steps=3)
    together = exact_log_likelihoods(machine, rows)
    alone = torch.cat([exact_log_likelihoods(machine, row[None]) for row in rows])
    assert torch.allclose(together, alone, rtol=0, atol=1e-10)


def test_bars_and_stripes_of_two_by_two_comes_to_its_best_likelihood() -> None:
    """The exact gradient ends at the entropy of 8 rows, two of them twice over: 4/8 ln 8 + 4/8 ln 4 (PyDeep)."""
    patterns = torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]]).float()
    rows = patterns[[0, 0, 1, 1, 2, 3, 4, 5]]
    states = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4)))
    machine = random_machine([("bernoulli", 4)], 4, spread=1.0)
    optimizer = torch.optim.Adam(machine.parameters(), lr=0.3)
    for _ in range(300):
        optimizer.zero_grad()
        (machine.free_energy(rows).mean() + torch.logsumexp(-machine.free_energy(states), dim=0)).backward()
        optimizer.step()
    found = exact_log_likelihoods(machine, rows).mean().item()
    assert -1.732867951 - 0.01 < found < -1.732867951


def test_what_can_be_exact() -> None:
    assert can_be_exact(RestrictedBoltzmann([("gaussian", 100)], 20))
    assert not can_be_exact(RestrictedBoltzmann([("bernoulli", 100)], 21))
    assert can_be_exact(RestrictedBoltzmann([("bernoulli", 20)], 100, "relu"))
    assert not can_be_exact(RestrictedBoltzmann([("gaussian", 2)], 2, "gaussian"))
    assert can_be_exact(RestrictedBoltzmann([("softmax", 1024), ("softmax", 1024)], 21))
    assert not can_be_exact(RestrictedBoltzmann([("replicated_softmax", 3)], 21))
    assert can_be_exact(RestrictedBoltzmann([("bernoulli", 100)], 12), limit=12)
    assert not can_be_exact(RestrictedBoltzmann([("bernoulli", 100)], 13), limit=12)
