"""Sparse codes: the penalty's gradient is that of its formula, and units come to answer to as few rows as they are asked to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from specc.training.composites.sparsity import Sparse, divergence
from tests.training.composites.autoencoders import Trained

SPARSE = "dense code(8, sigmoid, regularize = sparsity(target = {target}, cost = {cost}))"


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(8).normal(size=(200, 5))


def test_the_divergence_is_that_of_bernoulli_units() -> None:
    """`Σ KL` by hand, 0 where every unit has its target, and its slope `(q − p) / (q (1 − q))`."""
    q = torch.tensor([0.1, 0.3, 0.9], dtype=torch.float64, requires_grad=True)
    p = 0.1
    by_hand = sum(p * np.log(p / x) + (1 - p) * np.log((1 - p) / (1 - x)) for x in (0.1, 0.3, 0.9))
    value = divergence(p, q)
    assert value.item() == pytest.approx(by_hand, rel=1e-12)
    (slope,) = torch.autograd.grad(value, q)
    torch.testing.assert_close(slope, (q - p) / (q * (1 - q)))
    assert divergence(0.2, torch.full((4,), 0.2, dtype=torch.float64)).item() == pytest.approx(0.0, abs=1e-12)


def test_the_gradient_of_the_penalty_is_that_of_finite_differences(tmp_path: Path, rows: np.ndarray) -> None:
    """By the layer's own weights and by those of the layer below."""
    encoder = f"dense(6, tanh); dropout(0.3); {SPARSE.format(target=0.1, cost=0.5)}"
    trained = Trained(tmp_path, rows, encoder, "dense(5)", "epochs = 1")
    module: Any = trained.module.double()
    sparse, x = Sparse(trained.spec, trained.spec.phases[0]), torch.from_numpy(rows[:20])
    names = ["encoder_dense_1.weight", "encoder_code.weight", "encoder_code.bias"]
    values = [module.get_parameter(name).detach().clone().requires_grad_() for name in names]

    def penalty(*given: Tensor) -> Tensor:
        for name, value in zip(names, given):
            layer, _, attribute = name.partition(".")
            module.get_submodule(layer)._parameters[attribute] = value
        torch.manual_seed(5)  # the same units are dropped each time
        with sparse.watching(module) as seen:
            module.encoder(x)
        found = sparse.penalty(seen, None)  # type: ignore[arg-type]
        assert found is not None
        return found

    assert torch.autograd.gradcheck(penalty, tuple(values))
    assert not module.get_submodule("encoder_code")._forward_hooks, "nothing is watched any longer"


def test_a_step_follows_the_loss_and_the_penalty(tmp_path: Path, rows: np.ndarray) -> None:
    """Plain descent by the sum of both, which are reported apart."""
    train = "batch = all; optimizer = sgd(0.5); steps = 1"
    trained = Trained(tmp_path, rows, SPARSE.format(target=0.1, cost=0.05), "dense(5)", train)
    x = torch.from_numpy(rows.astype(np.float32))
    loss = (trained.module(x) - x).square().mean()
    total = loss + 0.05 * divergence(0.1, trained.module.encoder(x).mean(0))
    names, parameters = zip(*trained.module.named_parameters())
    expected = {n: (p - 0.5 * g).detach() for n, p, g in zip(names, parameters, torch.autograd.grad(total, parameters))}
    trained.run()
    for name, parameter in trained.module.named_parameters():
        torch.testing.assert_close(parameter.detach(), expected[name], rtol=1e-5, atol=1e-6)
    assert trained.events[0]["train"]["loss"] == pytest.approx(loss.item(), rel=1e-5)


@pytest.mark.parametrize("target", [0.05, 0.3])
def test_units_come_to_answer_to_as_few_rows_as_they_are_asked_to(tmp_path: Path, rows: np.ndarray, target: float) -> None:
    train = "batch = 100; optimizer = adam(0.03); epochs = 150"
    trained = Trained(tmp_path, rows, SPARSE.format(target=target, cost=5.0), "dense(5)", train)
    x = torch.from_numpy(rows.astype(np.float32))
    before = trained.module.encoder(x).mean(0).detach()
    after = trained.run().module.encoder(x).mean(0).detach()
    assert (before - target).abs().min() > 0.1
    assert (after - target).abs().max() < 0.02


def test_the_cost_may_change_in_time(tmp_path: Path, rows: np.ndarray) -> None:
    """A penalty that fades leaves the weights as the loss alone would in the end."""
    train = "batch = all; optimizer = sgd(0.5); steps = 2; code.regularize = sparsity(target = 0.1, cost = {})"
    ends = []
    for place, cost in enumerate(("0.0", "schedule(0.0, 1.0)", "0.4")):
        trained = Trained(tmp_path / str(place), rows, "dense code(8, sigmoid)", "dense(5)", train.format(cost)).run()
        ends.append(trained.module.state_dict()["encoder_code.bias"])
    assert not torch.equal(ends[0], ends[1]) and not torch.equal(ends[1], ends[2])
