"""The contractive penalty is the squared Frobenius norm of the Jacobian of the code, whichever way it is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from specc.ir import Spec
from specc.training.composites.contractive import Contraction, dense_chain
from specc.training.composites.parts import Parts
from tests.training.composites.autoencoders import Trained, bound_autoencoder, started

VECTOR, IMAGE = (7,), (2, 5, 4)
CHAINS = {
    "one layer": ("dense(4, sigmoid)", VECTOR),
    "one linear layer": ("dense(4)", VECTOR),
    "without a bias": ("dense(4, tanh, bias = false)", VECTOR),
    "two layers": ("dense(6, tanh); dense(3, sigmoid)", VECTOR),
    "three layers": ("dense(6, softplus); dense(5, elu); dense(3)", VECTOR),
    "slopes with corners": ("dense(9, relu); dense(8, leaky_relu(0.2)); dense(3, hard_tanh)", VECTOR),
    "activations as layers": ("dense(6); tanh; dense(3); sigmoid", VECTOR),
    "a picture": ("flatten; dense(6, tanh); dense(3)", IMAGE),
    "noise, which is off": ("dropout(0.5); gaussian_noise(2.0); dense(6, tanh); masking_noise(0.5); dense(3)", VECTOR),
}
OTHERS = {
    "a convolution": ("conv2d(3, 3, activation = tanh); flatten; dense(3)", IMAGE),
    "a code that is a picture": ("conv2d(2, [3, 2], activation = sigmoid, stride = 2)", IMAGE),
    "an activation of another kind": ("dense(6, gelu); dense(3)", VECTOR),
    "batch statistics, which are kept ones": ("dense(6); batch_norm; tanh; dense(3)", VECTOR),
    "a softmax": ("dense(6, softmax); dense(3)", VECTOR),
    "branches": ("dense(6, tanh); add { dense(3); dense(3, sigmoid) }", VECTOR),
    "dropout before noise": ("dense(6, silu); dropout(0.5); dense(3)", VECTOR),
}


def made(encoder: str, size: tuple[int, ...]) -> tuple[Contraction, Any, Tensor]:
    width = int(np.prod(size))
    decoder = f"flatten; dense({width}); reshape([{', '.join(map(str, size))}])"
    spec: Spec = bound_autoencoder(encoder, decoder, size)
    module = started(spec).double()
    x = torch.randn(5, *size, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    return Contraction(spec, Parts(spec)), module, x


def norm_by_torch(module: Any, x: Tensor) -> Tensor:
    jacobian = torch.autograd.functional.jacobian(module.encoder, x)
    by = jacobian.dim() - x.dim()  # the place of the rows that it is taken by, behind those of the code
    return torch.stack([jacobian.select(by, row)[row].square().sum() for row in range(len(x))])


@pytest.mark.parametrize("encoder, size", {**CHAINS, **OTHERS}.values(), ids={**CHAINS, **OTHERS})
def test_the_penalty_is_the_norm_of_the_jacobian(encoder: str, size: tuple[int, ...]) -> None:
    contraction, module, x = made(encoder, size)
    expected = norm_by_torch(module, x)
    assert expected.min() > 1e-3
    module.train()  # it is taken of the encoder in use all the same, which stays in training
    found = contraction(module, {"row": x}, "row")
    torch.testing.assert_close(found, expected)
    assert module.training


@pytest.mark.parametrize("encoder, size", CHAINS.values(), ids=CHAINS)
def test_the_product_of_matrices_is_what_differentiation_gives(encoder: str, size: tuple[int, ...]) -> None:
    """So are their gradients by the weights."""
    contraction, module, x = made(encoder, size)
    assert contraction.chain
    gradients = []
    for norm in (contraction.by_products(module, x), contraction.by_differentiation(module, {"row": x}, "row")):
        module.zero_grad()
        norm.sum().backward()
        slopes = [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in module.parameters()]
        gradients.append([norm.detach(), *slopes])
    for one, other in zip(*gradients):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("encoder, size", OTHERS.values(), ids=OTHERS)
def test_other_encoders_are_differentiated(encoder: str, size: tuple[int, ...]) -> None:
    width = int(np.prod(size))
    spec = bound_autoencoder(encoder, f"flatten; dense({width}); reshape([{', '.join(map(str, size))}])", size)
    assert not dense_chain(spec)


@pytest.mark.parametrize("encoder", ["dense(4, sigmoid)", "dense(6, tanh); dense(3, sigmoid)", "dense(4, gelu)"])
def test_the_gradient_is_that_of_finite_differences(encoder: str) -> None:
    contraction, module, x = made(encoder, VECTOR)
    names, values = zip(*((n, p.detach().clone()) for n, p in module.named_parameters() if n.startswith("encoder")))

    def penalty(*given: Tensor) -> Tensor:
        owners = [(module.get_submodule(name.rpartition(".")[0]), name.rpartition(".")[2]) for name in names]
        for (owner, attribute), value in zip(owners, given):
            owner._parameters[attribute] = value
        return contraction(module, {"row": x}, "row").mean()

    assert torch.autograd.gradcheck(penalty, tuple(value.requires_grad_() for value in values))


def test_codes_that_are_asked_to_change_little_do(tmp_path: Path) -> None:
    """The loss that is reported is that of the formula, in training and in use; a larger weight makes a smaller norm."""
    rows = np.random.default_rng(3).normal(size=(120, 6))
    norms = []
    for weight in (0.001, 10.0):
        train = f"loss = [mean_squared_error, {weight} * contractive]; batch = all; optimizer = adam(0.01); epochs = 60"
        trained = Trained(tmp_path / str(weight), rows, "dense(3, sigmoid)", "dense(6)", train)
        first = measured(trained, rows, weight)
        trained.run()
        assert trained.events[0]["train"]["loss"] == pytest.approx(first[0], rel=1e-5)
        last = measured(trained, rows, weight)
        assert trained.training.evaluate()["train"].metrics["loss"] == pytest.approx(last[0], rel=1e-5)
        norms.append(last[1])
    assert norms[1] < norms[0] / 4


def measured(trained: Trained, rows: np.ndarray, weight: float) -> tuple[float, float]:
    """The loss and the norm, by hand."""
    x = torch.from_numpy(rows.astype(np.float32))
    error = (trained.rebuilt(rows) - x).square().mean()
    weight_of, bias = (getattr(trained.module.encoder_dense_1, name).detach() for name in ("weight", "bias"))
    h = torch.sigmoid(x @ weight_of.t() + bias)
    norm = float(((h * (1 - h)).square() @ weight_of.square().sum(1)).mean())
    return float(error) + weight * norm, norm
