"""The variational bound of a stack of machines against exact likelihoods."""

from __future__ import annotations

import itertools

import pytest
import torch

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann
from specc.training.likelihood.bound import rows_of_the_top, variational_bound
from specc.training.likelihood.estimate import log_partition
from specc.training.likelihood.exact import exact_log_likelihoods
from tests.training.likelihood.machines import drawn, random_machine


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_second_layer_that_is_the_first_turned_round_changes_nothing() -> None:
    """With the first layer's transpose on top the bound is the first machine's likelihood, draw by draw."""
    first = random_machine([("bernoulli", 7)], 6, spread=1.0)
    second = turned_round(first, "bernoulli")
    rows = drawn(first, 50)
    found = variational_bound([first, second], rows, log_partition(second, rows, stream()), stream())
    assert found.value == pytest.approx(exact_log_likelihoods(first, rows).mean().item(), abs=1e-4)
    assert found.error == 0.0


def turned_round(first: RestrictedBoltzmann, kind: str) -> RestrictedBoltzmann:
    second = RestrictedBoltzmann([(kind, len(first.hidden_bias))], len(first.visible_bias))
    with torch.no_grad():
        second.weight.copy_(first.weight.t())
        second.visible_bias.copy_(first.hidden_bias)
        second.hidden_bias.copy_(first.visible_bias)
    return second


def likelihoods_by_enumeration(first: RestrictedBoltzmann, second: RestrictedBoltzmann, rows: torch.Tensor) -> torch.Tensor:
    """ln Σ_h p(v|h) p_second(h) of bernoulli units."""
    states = torch.tensor(list(itertools.product([0.0, 1.0], repeat=len(first.hidden_bias))))
    seen = first.visible_input(states).double()
    given = rows.double() @ seen.t() - torch.nn.functional.softplus(seen).sum(dim=1)
    return torch.logsumexp(given + exact_log_likelihoods(second, states), dim=1)


def test_the_bound_is_below_the_truth_and_near_it_where_recognition_is() -> None:
    first, second = random_machine([("bernoulli", 8)], 5, spread=0.3), random_machine([("bernoulli", 5)], 4, spread=0.3)
    rows = drawn(first, 4000, steps=20)
    found = variational_bound([first, second], rows, log_partition(second, rows, stream()), stream())
    truth = likelihoods_by_enumeration(first, second, rows).mean().item()
    assert truth - 0.5 < found.value < truth


def test_generative_weights_of_their_own_are_those_that_generate() -> None:
    first, second = random_machine([("bernoulli", 8)], 5, spread=0.3), random_machine([("bernoulli", 5)], 4, spread=0.3)
    other = random_machine([("bernoulli", 8)], 5, spread=0.1)
    rows = drawn(first, 4000, steps=20)
    top = log_partition(second, rows, stream())
    tied = variational_bound([first, second], rows, top, stream(), [(first.weight, first.visible_bias)])
    assert tied == variational_bound([first, second], rows, top, stream())
    untied = variational_bound([first, second], rows, top, stream(), [(other.weight, other.visible_bias)])
    truth = likelihoods_by_enumeration(other, second, rows).mean().item()
    assert truth - 1.0 < untied.value < truth


@pytest.mark.parametrize("units", ["gaussian", "relu"])
def test_real_numbers_between_layers(units: str) -> None:
    """The same over hidden units that are real numbers."""
    first = random_machine([("bernoulli", 7)], 4, units, spread=0.4)
    second = turned_round(first, units)
    rows = drawn(first, 50)
    top = log_partition(second, rows_of_the_top([first, second], rows, stream()), stream())
    found = variational_bound([first, second], rows, top, stream())
    assert found.value == pytest.approx(exact_log_likelihoods(first, rows).mean().item(), abs=1e-4)
