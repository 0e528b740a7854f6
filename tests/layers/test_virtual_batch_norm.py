"""Virtual batch norm: a row's answer is a function of the row and of the reference batch, and of no other row."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck

from specc.pytorch.nn import VirtualBatchNorm
from specc.pytorch.nn.virtual import reference

SIZES = {"features": (4,), "images": (4, 3, 5)}
EPSILON = 1e-5


def drawn(kind: str, rows: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return 2 + 3 * torch.randn(rows, *SIZES[kind], generator=torch.Generator().manual_seed(seed), dtype=dtype)


def layer(dtype: torch.dtype = torch.float64) -> VirtualBatchNorm:
    made = VirtualBatchNorm(4, eps=EPSILON).to(dtype)
    with torch.no_grad():
        made.weight.copy_(torch.tensor([0.5, 1.0, 2.0, -1.0]))  # type: ignore[union-attr]
        made.bias.copy_(torch.tensor([0.0, 1.0, -1.0, 3.0]))  # type: ignore[union-attr]
    return made


def shown(made: VirtualBatchNorm, batch: Tensor) -> Tensor:
    with reference(made):
        return made(batch)


def by_formula(x: Tensor, batch: Tensor, made: VirtualBatchNorm) -> Tensor:
    """Row by row: `mean = (x + n μ)/(n + 1)`, the mean square likewise, of an image over its pixels."""
    n, answers = len(batch), []
    for row in x:
        own = row.flatten(1) if x.dim() == 4 else row[:, None]
        pixels = batch.transpose(0, 1).flatten(1)
        mean = (own.mean(1) + n * pixels.mean(1)) / (n + 1)
        square = (own.square().mean(1) + n * pixels.square().mean(1)) / (n + 1)
        scaled = (own - mean[:, None]) / (square - mean.square() + EPSILON).sqrt()[:, None]
        answers.append((scaled * made.weight[:, None] + made.bias[:, None]).view_as(row))  # type: ignore[index]
    return torch.stack(answers)


@pytest.mark.parametrize("kind", SIZES)
def test_it_is_the_formula_in_training_and_in_use(kind: str) -> None:
    made, batch, x = layer(), drawn(kind, 7, 1), drawn(kind, 5, 2)
    shown(made, batch)
    expected = by_formula(x, batch, made)
    assert torch.allclose(made.train()(x), expected, rtol=0, atol=1e-12)
    assert torch.allclose(made.eval()(x), expected, rtol=0, atol=1e-12)
    other = layer()
    other.load_state_dict(made.state_dict())  # all that it is in use goes by tensors of its state
    assert torch.equal(other.eval()(x), made(x))


@pytest.mark.parametrize("kind", SIZES)
def test_the_reference_batch_goes_by_its_own_statistics(kind: str) -> None:
    made, batch = layer(), drawn(kind, 7, 1)
    expected = nn.functional.batch_norm(batch, None, None, made.weight, made.bias, training=True, eps=EPSILON)
    assert torch.allclose(shown(made, batch), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", SIZES)
def test_other_rows_and_their_order_do_not_count(kind: str) -> None:
    made, x = layer().train(), drawn(kind, 6, 2)
    shown(made, drawn(kind, 7, 1))
    whole = made(x)
    assert torch.equal(made(x), whole)
    assert torch.equal(made(x.flip(0)).flip(0), whole)
    assert torch.allclose(torch.cat([made(row[None]) for row in x]), whole, rtol=0, atol=1e-14)
    batch_norm = nn.BatchNorm1d(4).double() if kind == "features" else nn.BatchNorm2d(4).double()
    assert not torch.allclose(batch_norm(x[:3]), batch_norm(x)[:3], atol=1e-3)  # as they do there


@pytest.mark.parametrize("kind", SIZES)
def test_the_gradient_goes_through_the_row_and_through_the_reference(kind: str) -> None:
    made = layer().train()

    def function(x: Tensor, batch: Tensor) -> Tensor:
        shown(made, batch)
        return made(x)

    assert gradcheck(function, (drawn(kind, 2, 2).requires_grad_(), drawn(kind, 3, 1).requires_grad_()))


def test_the_reference_follows_the_weights_below_it() -> None:
    network = nn.Sequential(nn.Linear(3, 4), layer(torch.float32)).train()
    batch, x = torch.randn(8, 3), torch.randn(5, 3)
    with reference(network):
        network(batch)
    network(x).square().sum().backward()
    with torch.no_grad():
        network[0].weight.mul_(2.0)
        network[0].bias.mul_(2.0)
    before = network[1].reference_mean.clone()
    with reference(network), torch.no_grad():
        network(batch)
    assert torch.allclose(network[1].reference_mean, 2 * before, rtol=1e-5, atol=1e-6)
    assert not network[1].is_shown_reference


@pytest.mark.parametrize("kind", SIZES)
def test_until_a_reference_was_shown_it_goes_by_mean_zero_and_variance_one(kind: str) -> None:
    made, x = layer().train(), drawn(kind, 5, 2)
    sizes = (-1,) if kind == "features" else (-1, 1, 1)
    expected = x / (1 + EPSILON) ** 0.5 * made.weight.view(sizes) + made.bias.view(sizes)  # type: ignore[union-attr]
    assert torch.allclose(made(x), expected, rtol=0, atol=1e-14)


def test_small_differences_of_large_numbers_are_kept() -> None:
    made, batch, x = layer(torch.float32), drawn("images", 7, 1, torch.float32), drawn("images", 5, 2, torch.float32)
    shown(made, batch)
    expected = made(x)
    shown(made, batch + 4096)  # whose squares leave no digit for a variance of 9
    assert torch.allclose(made(x + 4096), expected, rtol=0, atol=2e-3)
