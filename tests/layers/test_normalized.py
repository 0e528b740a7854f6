"""Weights that are normalized where they are used: the largest singular value is 1, or the lengths are trained apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from specc.pytorch.nn import (
    SpectralConv2d,
    SpectralConvTranspose2d,
    SpectralLinear,
    WeightNormConv2d,
    WeightNormConvTranspose2d,
    WeightNormLinear,
)
from specc.pytorch.source import build_module
from tests.words import bound_spec

SPECTRAL: dict[str, Callable[[], nn.Module]] = {
    "tall dense": lambda: SpectralLinear(20, 31),
    "wide dense": lambda: SpectralLinear(31, 20),
    "one unit": lambda: SpectralLinear(31, 1),
    "conv2d": lambda: SpectralConv2d(4, 12, 3, padding=1),
    "groups": lambda: SpectralConv2d(4, 12, 3, groups=2),
    "conv2d_transpose": lambda: SpectralConvTranspose2d(4, 12, 4, stride=2, padding=1),
}
LENGTHS: dict[str, tuple[Callable[..., nn.Module], Callable[..., nn.Module], tuple[int, ...], int]] = {
    "dense": (WeightNormLinear, nn.Linear, (5, 7), 0),
    "conv2d": (WeightNormConv2d, nn.Conv2d, (3, 7, 3), 0),
    "conv2d_transpose": (WeightNormConvTranspose2d, nn.ConvTranspose2d, (3, 7, 4), 1),
}


def made(kind: str) -> nn.Module:
    layer = SPECTRAL[kind]()
    nn.init.xavier_uniform_(layer.weight, generator=torch.Generator().manual_seed(1))  # type: ignore[arg-type]
    layer.measure()  # type: ignore[operator]
    return layer


def rows_of(layer: nn.Module, weight: Tensor) -> Tensor:
    """A row for each output: transposed convolutions keep theirs on the second axis."""
    return (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).flatten(1)


def largest(layer: nn.Module, weight: Tensor) -> float:
    return float(torch.linalg.matrix_norm(rows_of(layer, weight.detach()).double(), 2))


def moved(layer: nn.Module) -> None:
    """Other weights, as steps of training make them."""
    with torch.no_grad():
        layer.weight.add_(0.3 * layer.weight.std() * torch.randn(layer.weight.shape, generator=torch.Generator().manual_seed(3)))  # type: ignore


def image_or_row(layer: nn.Module) -> Tensor:
    sizes = (3, layer.in_features) if isinstance(layer, nn.Linear) else (3, 4, 6, 6)
    return torch.randn(*sizes, generator=torch.Generator().manual_seed(4))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", SPECTRAL)
def test_the_largest_singular_value_is_one_from_the_start(kind: str) -> None:
    layer = made(kind)
    assert abs(largest(layer, layer.normalized()) - 1) <= 2e-6  # type: ignore[operator]
    ratio = layer.weight / layer.normalized()  # type: ignore[operator]
    assert abs(float(ratio.detach().mean()) / largest(layer, layer.weight) - 1) <= 2e-6  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", SPECTRAL)
def test_it_follows_weights_that_move_by_an_iteration_a_step(kind: str) -> None:
    layer = made(kind).train()
    moved(layer)
    behind = abs(largest(layer, layer.normalized()) - 1)  # type: ignore[operator]
    for _ in range(250):
        layer(image_or_row(layer))
    assert abs(largest(layer, layer.normalized()) - 1) <= 1e-4  # type: ignore[operator]
    assert kind == "one unit" or behind > 1e-4  # of one row every direction is the right one


def test_in_use_nothing_moves_and_the_length_of_what_is_kept_does_not_count() -> None:
    layer = made("wide dense").eval()
    moved(layer)
    x, before = image_or_row(layer), layer.direction.clone()  # type: ignore[operator]
    first = layer(x)
    assert torch.equal(layer(x), first) and torch.equal(layer.direction, before)  # type: ignore[arg-type]
    layer.direction.mul_(0.5)  # type: ignore[operator]
    assert torch.allclose(layer(x), first, rtol=1e-6, atol=1e-7)  # an average of directions is shorter than they are
    layer.train()(x)
    assert not torch.allclose(layer.direction, before, atol=1e-3)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", SPECTRAL)
def test_its_gradient_is_that_of_the_weights_over_their_largest_singular_value(kind: str) -> None:
    layer = made(kind).double()
    layer.measure()  # type: ignore[operator]
    factors = torch.randn(layer.weight.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)  # type: ignore
    (found,) = torch.autograd.grad((layer.normalized() * factors).sum(), layer.weight)  # type: ignore
    weight = layer.weight.detach().clone().requires_grad_()  # type: ignore[operator]
    exact = weight / torch.linalg.matrix_norm(rows_of(layer, weight), 2)
    (expected,) = torch.autograd.grad((exact * factors).sum(), weight)
    assert torch.allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_one_backward_pass_goes_through_several_uses() -> None:
    layer, (x, y) = made("conv2d").train(), torch.randn(2, 3, 4, 6, 6)
    (layer(x).mean() - layer(y).mean()).backward()  # as a discriminator sees real and generated images
    together = layer.weight.grad.clone()  # type: ignore[union-attr]
    layer.weight.grad = None
    layer(x).mean().backward()
    (-layer(y).mean()).backward()
    assert torch.allclose(together, layer.weight.grad, rtol=1e-3, atol=1e-6)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", LENGTHS)
def test_weight_normalization_is_pytorchs_with_its_gradients(kind: str) -> None:
    own, plain, sizes, axis = LENGTHS[kind]
    layer, theirs = own(*sizes), plain(*sizes)
    theirs.load_state_dict({name: layer.state_dict()[name] for name in ("weight", "bias")})
    layer.measure()  # type: ignore[operator]
    x = torch.randn(3, 5) if kind == "dense" else torch.randn(3, 3, 6, 6)
    assert torch.allclose(layer(x), theirs(x), rtol=1e-5, atol=1e-6)  # it begins with the weights as they are
    theirs = weight_norm(theirs, dim=axis)
    lengths = torch.rand(7, generator=torch.Generator().manual_seed(6)) + 0.5
    with torch.no_grad():
        layer.length.copy_(lengths)  # type: ignore[operator]
        theirs.parametrizations.weight.original0.copy_(lengths.view_as(theirs.parametrizations.weight.original0))  # type: ignore
    assert torch.allclose(rows_of(layer, layer.normalized()).norm(dim=1), lengths, rtol=1e-5)  # type: ignore[operator]
    ours, expected = layer(x), theirs(x)
    assert torch.allclose(ours, expected, rtol=1e-5, atol=1e-6)
    ours.square().sum().backward()
    expected.square().sum().backward()
    originals = theirs.parametrizations.weight  # type: ignore[union-attr]
    assert torch.allclose(layer.length.grad, originals.original0.grad.flatten(), rtol=1e-4, atol=1e-4)  # type: ignore
    assert torch.allclose(layer.weight.grad, originals.original1.grad, rtol=1e-4, atol=1e-4)  # type: ignore


def test_a_network_starts_with_what_it_normalizes_by() -> None:
    network = "network { input(vector); dense(9, relu, norm = spectral); dense(8, norm = weight); output(label) }"
    module = build_module(bound_spec(network))
    module.start(torch.Generator().manual_seed(1))  # type: ignore[operator]
    first, second = module.dense_1, module.dense_2
    assert abs(largest(first, first.normalized()) - 1) <= 2e-6  # type: ignore
    assert torch.allclose(second.normalized(), second.weight, rtol=1e-6)  # type: ignore
