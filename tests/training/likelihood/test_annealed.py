"""Annealed importance sampling against enumeration, forward and in reverse."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann
from specc.training.likelihood.annealed import annealed_log_partition, reverse_log_weights
from specc.training.likelihood.base import base_of
from specc.training.likelihood.estimate import estimate_log_likelihood
from specc.training.likelihood.exact import exact_log_likelihoods, exact_log_partition
from specc.training.likelihood.path import Path, base_log_partition, path_from_base
from specc.training.likelihood.reverse import reverse_log_partition
from specc.training.likelihood.terms import lengths, terms_of
from tests.training.likelihood.machines import digits, drawn, exact_draws, random_machine, sharp_machine

ONE = torch.ones(1)
KINDS = [
    [("bernoulli", 6)],
    [("softmax", 3), ("bernoulli", 4), ("softmax", 3)],
    [("gaussian", 4), ("bernoulli", 2)],
    [("replicated_softmax", 5), ("bernoulli", 3)],
    [("relu", 4)],
]


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def rows() -> Tensor:
    return digits()


@pytest.fixture(scope="module")
def sharp(rows: Tensor) -> RestrictedBoltzmann:
    return sharp_machine(rows)


def test_a_trained_machine_is_annealed_from_the_datas_means_to_hundredths(rows: Tensor, sharp: RestrictedBoltzmann) -> None:
    """256-15 with large weights; `python -m benchmarks.boltzmann_mnist oracle` is the same for 784-15 on MNIST.

    A uniform base, of as many chains and temperatures, misses by nats: what the means of the data are for.
    """
    truth, terms = exact_log_partition(sharp), terms_of(sharp, torch.float32)
    by_means = annealed_log_partition(terms, rows, ONE, stream(), 100, 1000)
    as_likely_as_not = torch.stack([torch.zeros(256), torch.ones(256)])
    by_uniform = annealed_log_partition(terms, as_likely_as_not, ONE, stream(), 100, 1000)
    assert abs(by_means.value - truth).item() < 0.02
    assert (truth - by_uniform.value).item() > 1.0


def test_forward_and_reverse_hold_the_truth_between_them(rows: Tensor, sharp: RestrictedBoltzmann) -> None:
    truth, terms = exact_log_partition(sharp).item(), terms_of(sharp, torch.float32)
    states = exact_draws(sharp, 100)
    for temperatures in (100, 1000):
        forward = annealed_log_partition(terms, rows, ONE, stream(1), 100, temperatures)
        back = reverse_log_partition(terms, states, rows, stream(2), temperatures)
        error = back.std().item() / math.sqrt(100)
        assert forward.value.item() <= truth + 3 * forward.error.item()
        assert back.mean().item() >= truth - 3 * error
    assert abs(forward.value.item() - truth) < 0.05 and back.mean().item() - truth < 0.05


@pytest.mark.parametrize("units", ["bernoulli", "relu", "gaussian"])
@pytest.mark.parametrize("visible", KINDS, ids=str)
def test_few_temperatures_have_no_bias(visible: list[tuple[str, int]], units: str) -> None:
    """The mean of the weights is Z whatever the number of temperatures; that of reverse weights from the machine is 1/Z.

    Where ln Z is not known by enumeration it is known by the other direction.
    """
    machine = random_machine(visible, 5, units, spread=0.25)
    data, terms = drawn(machine, 3000, steps=20), terms_of(machine, torch.float32)
    totals, group = torch.unique(lengths(terms, data), return_inverse=True)
    forward = annealed_log_partition(terms, data, totals, stream(3), 3000, 5)
    back = reverse_log_partition(terms, data, data, stream(4), 5)
    for number in range(len(totals)):
        each = -back[group == number]
        relative = (each - each.max()).exp()
        backward = -(each.max() + relative.mean().log()).item()
        error = math.hypot((relative.std() / relative.mean()).item() / math.sqrt(len(each)), forward.error[number].item())
        assert abs(forward.value[number].item() - backward) < 4 * error + 1e-5
        if units == "bernoulli":
            truth = exact_log_partition(machine, totals[number : number + 1]).item()
            assert abs(forward.value[number].item() - truth) < 4 * forward.error[number].item() + 1e-5


@pytest.mark.parametrize("visible", KINDS, ids=str)
def test_the_base_has_the_means_of_the_rows(visible: list[tuple[str, int]]) -> None:
    machine = random_machine(visible, 5)
    data, terms = drawn(machine, 3000, steps=5), terms_of(machine, torch.float32)
    base = base_of(terms, data)
    path = path_from_base(base, terms, lengths(terms, data), stream(5))
    # Of 3,000 rows the means differ by chance, and by the hundredth of rows that is added.
    assert torch.allclose(path.visible.mean(dim=0), data.mean(dim=0), rtol=0.1, atol=0.06)


def test_a_machine_without_weights_is_known_without_error(rows: Tensor) -> None:
    machine = RestrictedBoltzmann([("bernoulli", 256)], 30)
    with torch.no_grad():
        machine.weight.zero_()
        machine.visible_bias.normal_(0, 1, generator=stream())
    found = annealed_log_partition(terms_of(machine, torch.float32), rows, ONE, stream(), 50, 300)
    truth = torch.nn.functional.softplus(machine.visible_bias.detach().double()).sum() + 30 * math.log(2)
    assert abs(found.value - truth).item() < 3 * found.error.item() + 1e-4


def test_reverse_from_the_base_itself_gives_its_partition() -> None:
    machine = random_machine([("bernoulli", 5)], 3)
    terms, data = terms_of(machine, torch.float32), drawn(machine, 100, steps=3)
    base = base_of(terms, data)
    nothing = Path(base, replace(base, weight=torch.zeros_like(base.weight)), data, torch.ones(100), stream())
    assert torch.equal(reverse_log_weights(nothing, 10), torch.zeros(100, dtype=torch.float64))
    p = torch.sigmoid(base.field.double())
    assert base_log_partition(base, ONE).item() == pytest.approx((-(1 - p).log().sum() + 3 * math.log(2)).item(), abs=1e-6)


def test_an_exact_machine_needs_no_estimate() -> None:
    machine = random_machine([("bernoulli", 8)], 30)
    data = drawn(machine, 40, steps=3)
    found = estimate_log_likelihood(machine, data, data, stream())
    assert found.is_exact and found.error == found.reverse_error == 0.0 and found.reverse == found.value
    assert found.value == pytest.approx(exact_log_likelihoods(machine, data).mean().item(), abs=1e-9)


def test_an_estimate_is_that_of_its_generator_and_near_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = random_machine([("bernoulli", 12), ("replicated_softmax", 4)], 10, spread=0.5)
    data = drawn(machine, 150, steps=50)
    truth = estimate_log_likelihood(machine, data, data, stream()).value
    monkeypatch.setattr("specc.training.likelihood.estimate.can_be_exact", lambda machine: False)
    first, again, other = (estimate_log_likelihood(machine, data, data, stream(seed), 60, 200) for seed in (1, 1, 2))
    assert first == again != other
    assert abs(first.value - truth) < 4 * first.error
    assert first.reverse <= truth + 4 * first.reverse_error and first.reverse > truth - 0.1
