"""The machine of ratings against its definition: everything that can be counted out is, on machines that are small enough."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from specc.data.ratings import Cases
from specc.onnx import ratings as in_onnx
from specc.pytorch.nn import RatingsBoltzmann
from specc.pytorch.nn import ratings as in_pytorch
from specc.training.ratings.divergence import add_statistics
from specc.training.ratings.start import SMOOTHING, start_biases

UNITS, LEVELS, HIDDEN = 2, 3, 2


def machine(units: int = UNITS, levels: int = LEVELS, hidden: int = HIDDEN, deviation: float = 1.0) -> RatingsBoltzmann:
    made = RatingsBoltzmann(units, levels, hidden)
    generator = torch.Generator().manual_seed(5)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0.0, deviation, generator=generator)
        parameter.grad = torch.zeros_like(parameter)
    with torch.no_grad():
        made.shared_weight.div_(in_pytorch.SHARE)
    return made


def every_rating_of_both() -> tuple[Tensor, int]:
    """A row for each way to rate both units."""
    states = list(product(range(LEVELS), repeat=UNITS))
    triples = [(row, unit, level) for row, state in enumerate(states) for unit, level in enumerate(state)]
    return torch.tensor(triples), len(states)


def energy(made: RatingsBoltzmann, ratings: list[tuple[int, int]], h: Tensor) -> Tensor:
    """The energy as the class states it, a term at a time."""
    total = -(made.hidden_bias @ h)
    for unit, level in ratings:
        weight = made.weight[unit, level] + in_pytorch.SHARE * made.shared_weight[level]
        total = total - made.visible_bias[unit, level] - h @ weight
    return total


@pytest.mark.parametrize("ratings", [[], [(0, 2)], [(0, 1), (1, 2)]])
def test_the_free_energy_counts_every_state_of_the_hidden_units(ratings: list[tuple[int, int]]) -> None:
    made = machine().double()
    states = [torch.tensor(h, dtype=torch.float64) for h in product((0, 1), repeat=HIDDEN)]
    counted = -torch.logsumexp(torch.stack([-energy(made, ratings, h) for h in states]), 0)
    given = torch.tensor([(0, unit, level) for unit, level in ratings], dtype=torch.int64).view(-1, 3)
    assert float(made.free_energy(given, 1).detach()) == pytest.approx(float(counted.detach()), abs=1e-12)


def test_the_features_are_the_means_of_the_hidden_units() -> None:
    made = machine().double()
    states = [torch.tensor(h, dtype=torch.float64) for h in product((0, 1), repeat=HIDDEN)]
    chances = torch.softmax(torch.stack([-energy(made, [(0, 1), (1, 2)], h) for h in states]), 0)
    counted = sum(p * h for p, h in zip(chances, states))
    assert torch.allclose(made(torch.tensor([(0, 0, 1), (0, 1, 2)]))[0], counted, atol=1e-12)  # type: ignore[arg-type]


def test_the_levels_of_a_unit_have_the_chances_of_their_energies() -> None:
    made = machine().double().requires_grad_(False)
    h = torch.tensor([1.0, 0.0], dtype=torch.float64)
    chances = torch.softmax(made.level_logits(torch.tensor([0]), torch.tensor([1]), h.unsqueeze(0))[0], 0)
    counted = torch.softmax(torch.stack([-energy(made, [(1, level)], h) for level in range(LEVELS)]), 0)
    assert torch.allclose(chances, counted, atol=1e-12)
    values = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    expected = made.expected(torch.tensor([0]), torch.tensor([1]), h.unsqueeze(0), values)
    assert float(expected) == pytest.approx(float(counted @ values), abs=1e-12)


def test_a_unit_without_a_rating_has_no_gradient_at_all() -> None:
    made = machine(units=6)
    ratings = torch.tensor([(0, 1, 0), (0, 4, 2), (1, 1, 2)])
    add_statistics(made, ratings, made(ratings), -0.5)
    unrated = [0, 2, 3, 5]
    assert not made.weight.grad[unrated].any() and not made.visible_bias.grad[unrated].any()  # type: ignore[index]
    assert made.weight.grad[1].any() and made.weight.grad[4].any()  # type: ignore[index]


def test_units_that_nobody_rated_change_nothing() -> None:
    small, large = machine(units=3), machine(units=9)
    with torch.no_grad():
        for name, parameter in small.named_parameters():
            mine = getattr(large, name)
            (mine[:3] if name in ("weight", "visible_bias") else mine).copy_(parameter)
    ratings = torch.tensor([(0, 0, 0), (0, 2, 2), (1, 1, 1)])
    ways = []
    for made in (small, large):
        generator = torch.Generator().manual_seed(1)
        means = made(ratings)
        drawn = made.sample_visible(ratings, made.sample_hidden(means, generator), generator)
        add_statistics(made, ratings, means, -0.5)
        add_statistics(made, drawn, made(drawn), 0.5)
        ways.append((means, drawn, made.weight.grad[:3], made.hidden_bias.grad, made.shared_weight.grad))  # type: ignore[index]
    assert all(torch.equal(a, b) for a, b in zip(*ways))  # type: ignore[arg-type]


def exact_slopes(made: RatingsBoltzmann, ratings: Tensor, rows: int) -> dict[str, Tensor]:
    """The gradient of `−mean ln p(v)` of rows that rate both units, by counting out every state."""
    everything, states = every_rating_of_both()
    log_z = torch.logsumexp(-made.free_energy(everything, states), 0)
    loss = made.free_energy(ratings, rows).mean() + log_z
    gradients = torch.autograd.grad(loss, list(made.parameters()))
    return dict(zip((name for name, _ in made.named_parameters()), gradients))


def test_long_chains_give_the_gradient_of_the_likelihood() -> None:
    """With 100 steps the chains are at the model: each statistic within five standard errors of what counting gives."""
    made, rows = machine(deviation=0.5), 20_000
    ratings = torch.tensor([(0, 0, 2), (0, 1, 0), (1, 0, 1), (1, 1, 1)]).repeat(rows // 2, 1)
    ratings[:, 0] = torch.arange(rows).repeat_interleave(UNITS)
    exact = exact_slopes(made, ratings, rows)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        means = made(ratings)
        add_statistics(made, ratings, means, -1 / rows)
        for _ in range(100):
            ratings = made.sample_visible(ratings, made.sample_hidden(means, generator), generator)
            means = made(ratings)
        add_statistics(made, ratings, means, 1 / rows)
    for name, parameter in made.named_parameters():
        scale = 2 * in_pytorch.SHARE if name == "shared_weight" else 1.0  # two ratings a row have a part in it
        off = (parameter.grad - exact[name]).abs().max()  # type: ignore[operator]
        assert float(off) < 5 * 0.5 * scale / rows**0.5, name  # a number between 0 and 1 deviates by a half at most


def test_every_row_and_every_step_draws_anew() -> None:
    """In one library the thresholds were drawn once, one a hidden unit, for all users and all steps."""
    made = machine()
    generator = torch.Generator().manual_seed(3)
    means = torch.full((4_000, HIDDEN), 0.3)
    first, second = made.sample_hidden(means, generator), made.sample_hidden(means, generator)
    assert not torch.equal(first, second)
    both = first[:, 0] * first[:, 1]
    for chance, draws in ((0.3, first[:, 0]), (0.3, second[:, 1]), (0.09, both), (0.09, first[:, 0] * second[:, 0])):
        assert abs(float(draws.mean()) - chance) < 4 * (chance * (1 - chance) / 4_000) ** 0.5


def test_levels_are_drawn_with_their_chances() -> None:
    """In one library the first level above a fixed threshold was taken for a draw."""
    made, rows = machine(units=1), 20_000
    hidden = torch.tensor([[1.0, 0.0]]).repeat(rows, 1)
    ratings = torch.stack([torch.arange(rows), torch.zeros(rows, dtype=torch.int64), torch.zeros(rows, dtype=torch.int64)], 1)
    drawn = made.sample_visible(ratings, hidden, torch.Generator().manual_seed(4))
    chances = torch.softmax(made.level_logits(torch.tensor([0]), torch.tensor([0]), hidden[:1])[0], 0)
    for level, chance in enumerate(chances.tolist()):
        share = float((drawn[:, 2] == level).double().mean())
        assert abs(share - chance) < 4 * (chance * (1 - chance) / rows) ** 0.5


def test_stretches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    made, ways = machine(units=5), []
    ratings = torch.tensor([(row, unit, (row + unit) % LEVELS) for row in range(4) for unit in range(5)])
    for numbers in (1, 1 << 22):
        monkeypatch.setattr(in_pytorch, "NUMBERS", numbers)
        generator = torch.Generator().manual_seed(6)
        hidden = made.sample_hidden(made(ratings), generator)
        means, chances = made.answers(ratings, hidden, torch.tensor([1.0, 2.0, 3.0]))
        ways.append((made.sample_visible(ratings, hidden, generator), means, chances))
    assert torch.equal(ways[0][0], ways[1][0])
    assert torch.allclose(ways[0][1], ways[1][1], atol=1e-6) and torch.allclose(ways[0][2], ways[1][2], atol=1e-6)


def test_the_visible_biases_begin_with_the_shares_of_the_levels() -> None:
    made = machine()
    cases = Cases.of(np.array([0, 0, 1, 2]), np.array([0, 1, 0, 0]), np.array([2, 0, 2, 1]), 3)
    start_biases(made, cases)
    shares = (np.array([1, 1, 2]) + 1) / (4 + LEVELS)
    expected = (np.array([[0, 1, 2], [1, 0, 0]]) + SMOOTHING * shares) / np.array([[3 + SMOOTHING], [1 + SMOOTHING]])
    assert np.allclose(made.visible_bias.detach().exp().numpy(), expected, atol=1e-6)


def test_both_back_ends_have_the_same_share() -> None:
    assert in_onnx.SHARE == in_pytorch.SHARE
