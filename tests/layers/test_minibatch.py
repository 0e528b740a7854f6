"""Minibatch discrimination: its formula as a double loop, whatever order the rows stand in."""

from __future__ import annotations

import math

import torch
from torch.autograd import gradcheck, gradgradcheck

from specc.pytorch.nn import MinibatchDiscrimination


def layer(incoming: int = 4, features: int = 3, kernel_width: int = 2) -> MinibatchDiscrimination:
    made = MinibatchDiscrimination(incoming, features, kernel_width).double()
    torch.nn.init.normal_(made.weight, 0, 0.7, generator=torch.Generator().manual_seed(1))
    return made


def rows(count: int, width: int = 4) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def by_loops(x: torch.Tensor, made: MinibatchDiscrimination) -> torch.Tensor:
    """Salimans et al. 2016, a number at a time: `made.weight` is the transpose of their T, the kernels of a feature in a run."""
    tensor = made.weight.detach().T.reshape(-1, made.features, made.kernel_width)
    kernels = torch.einsum("ia,abc->ibc", x, tensor)
    found = torch.zeros(len(x), made.features, dtype=x.dtype)
    for i in range(len(x)):
        for j in range(len(x)):
            for b in range(made.features):
                if i != j:
                    found[i, b] += math.exp(
                        -sum(abs(float(kernels[i, b, c] - kernels[j, b, c])) for c in range(made.kernel_width))
                    )
    return torch.cat([x, found], 1)


def test_it_is_the_formula() -> None:
    x, made = rows(7), layer()
    assert torch.allclose(made(x), by_loops(x, made), rtol=0, atol=1e-12)


def test_a_row_alone_is_close_to_none_and_equal_rows_to_all_others() -> None:
    made = layer()
    assert torch.equal(made(rows(1))[:, 4:], torch.zeros(1, 3, dtype=torch.float64))
    assert torch.equal(made(rows(1).expand(6, -1))[:, 4:], torch.full((6, 3), 5.0, dtype=torch.float64))


def test_rows_in_another_order_have_their_answers_in_that_order() -> None:
    x, made = rows(9), layer()
    order = torch.randperm(9, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(made(x[order]), made(x)[order], rtol=0, atol=1e-14)


def test_its_gradient_and_the_gradient_of_that_are_those_of_the_formula() -> None:
    made = layer()

    def function(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(made, {"weight": weight}, (x,))

    inputs = rows(5).requires_grad_(), made.weight.detach().clone().requires_grad_()
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)  # a gradient penalty goes through it
