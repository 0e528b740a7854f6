"""What a stack of machines looks like from the data's side, against the same by hand."""

from __future__ import annotations

import torch
from torch.nn import functional

from specc.training.boltzmann.views import down, dreamt, given_back, projected_filters, shuffled
from tests.training.boltzmann.machines import every_state, machine

ROWS = 20_000


def test_filters_are_the_product_of_all_weights_below() -> None:
    stack = [machine([("bernoulli", 7)], 5), machine([("bernoulli", 5)], 4, seed=2), machine([("bernoulli", 4)], 6, seed=3)]
    first, second, third = (one.weight.detach() for one in stack)
    assert torch.equal(projected_filters(stack[:1], 3), first[:3])
    torch.testing.assert_close(projected_filters(stack, 6), third @ (second @ first), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(projected_filters(stack, 2), (first.T @ second.T @ third.T)[:, :2].T, rtol=1e-12, atol=1e-12)


def test_what_is_given_back_goes_up_one_machine_and_down_all() -> None:
    low, top = machine([("gaussian", 6)], 5), machine([("bernoulli", 5)], 4, seed=2)
    v = torch.sigmoid(torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1)))
    h = torch.sigmoid(v @ top.weight.T + top.hidden_bias)
    below = torch.sigmoid(h @ top.weight + top.visible_bias)
    by_hand = below @ low.weight + low.visible_bias
    torch.testing.assert_close(given_back([low, top], v), by_hand.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(given_back([top], v), below.detach(), rtol=1e-12, atol=1e-12)


def test_a_draw_that_goes_down_has_the_mean_that_goes_down_and_the_noise_of_its_units() -> None:
    low, top = machine([("gaussian", 3)], 4), machine([("bernoulli", 4)], 2, seed=2)
    v = torch.tensor([[0.0, 1.0, 1.0, 0.0]], dtype=torch.float64).expand(ROWS, -1)
    drawn = down([low, top], v, torch.Generator().manual_seed(4))
    torch.testing.assert_close(drawn.mean(0), down([low, top], v[:1])[0], rtol=0, atol=4 / ROWS**0.5)
    torch.testing.assert_close(drawn.var(0), torch.ones(3, dtype=torch.float64), rtol=0, atol=4 * (2 / ROWS) ** 0.5)


def test_dreams_of_a_label_are_of_the_model_given_that_label() -> None:
    made = machine([("bernoulli", 4), ("softmax", 3)], 5, labels=3)
    for label in range(3):
        states = torch.cat([every_state(4), functional.one_hot(torch.tensor([label] * 16), 3).double()], 1)
        exact = torch.softmax(-made.free_energy(states), 0).detach() @ states
        generator = torch.Generator().manual_seed(label)
        given = functional.one_hot(torch.tensor([label] * ROWS), 3).double()
        start = torch.cat([torch.full((ROWS, 4), 0.5, dtype=torch.float64).bernoulli(generator=generator), given], 1)
        h = dreamt(made, start, 60, generator, given)
        drawn = made.sample_visible(h, generator)[:, :4]
        # The step down is free of the label, so the pixels are compared through the hidden units that were held to it.
        means = torch.softmax(-made.free_energy(states), 0).detach() @ made.hidden_mean(states)
        errors = (means * (1 - means) / ROWS).sqrt()
        assert ((h.mean(0) - means).abs() < 4 * errors).all()
        assert (drawn.mean(0) - exact[:4]).abs().max() < 0.02


def test_shuffled_rows_have_every_units_own_values_and_nothing_between_units() -> None:
    made = machine([("bernoulli", 2), ("softmax", 3), ("gaussian", 1)], 2)
    generator = torch.Generator().manual_seed(0)
    bit = torch.rand(500, generator=generator).lt(0.3).double()
    label = functional.one_hot(torch.randint(3, (500,), generator=generator), 3).double()
    rows = torch.cat([bit[:, None], bit[:, None], label, torch.randn(500, 1, dtype=torch.float64, generator=generator)], 1)
    found = shuffled(made, rows, ROWS, generator)
    assert torch.equal(found[:, 2:5].sum(1), torch.ones(ROWS, dtype=torch.float64)), "labels stay whole"
    assert set(found[:, 5].tolist()) <= set(rows[:, 5].tolist())
    errors = rows.std(0) / ROWS**0.5
    assert ((found.mean(0) - rows.mean(0)).abs() < 4 * errors).all()
    assert abs(float(torch.corrcoef(found[:, :2].T)[0, 1])) < 4 / ROWS**0.5, "the two bits were one"
