"""Every optimizer takes the very steps of PyTorch's own, on the same gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from specc.ir import Phase
from specc.pytorch.source import build_module
from specc.training.clock import Clock
from specc.training.optimizers import update
from specc.training.parameters import FlatParameters
from specc.vocabulary.families import Optimizer, Regularizer
from specc.vocabulary.optimizers import Adadelta, Adagrad, Adam, Adamw, Rmsprop, Sgd
from specc.vocabulary.part import every_class
from specc.vocabulary.regularizers import L1, L2
from specc.vocabulary.sections import Train
from tests.words import bound_spec

CLOCK = Clock(per_epoch=10, total_steps=100)
NETWORK = "network { input(vector); dense(6, tanh); output(label) }"
PAIRS: list[tuple[Optimizer, Callable]] = [
    (Sgd(learning_rate=0.1), lambda p: torch.optim.SGD(p, 0.1)),
    (Sgd(learning_rate=0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    (Sgd(learning_rate=0.1, momentum=0.9, nesterov=True), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True)),
    (Adam(learning_rate=0.01, betas=(0.8, 0.95), epsilon=1e-6), lambda p: torch.optim.Adam(p, 0.01, (0.8, 0.95), 1e-6)),
    (Adamw(learning_rate=0.01, weight_decay=0.0), lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.0)),
    (Rmsprop(learning_rate=0.01, decay=0.9), lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9)),
    (Rmsprop(learning_rate=0.01, momentum=0.5), lambda p: torch.optim.RMSprop(p, 0.01, momentum=0.5)),
    (Adagrad(learning_rate=0.05), lambda p: torch.optim.Adagrad(p, 0.05)),
    (Adadelta(learning_rate=1.0), lambda p: torch.optim.Adadelta(p, 1.0)),
]


def flat_parameters(module: nn.Module, part: Optimizer, *regularize: Regularizer, network: str = NETWORK) -> FlatParameters:
    """The module's parameters in the one group that a phase without parts has."""
    return FlatParameters(module, bound_spec(network), Phase(name="train", settings=Train(optimizer=part, regularize=regularize)))


def started() -> nn.Module:
    module = build_module(bound_spec(NETWORK))
    module.start(torch.Generator().manual_seed(5))  # type: ignore[operator]
    return module


def loss_of(module: nn.Module, number: int) -> torch.Tensor:
    x = torch.randn(16, 12, generator=torch.Generator().manual_seed(number))
    return module(x).square().mean() + module(x)[:, 0].sin().mean()


@pytest.mark.parametrize(("part", "reference"), PAIRS, ids=[repr(part) for part, _ in PAIRS])
def test_steps_are_those_of_pytorch(part: Optimizer, reference: Callable) -> None:
    ours, theirs = started(), started()
    flat = flat_parameters(ours, part)
    optimizer = reference(theirs.parameters())
    for number in range(1, 21):
        flat.clear_gradient()
        loss_of(ours, number).backward()
        update(flat.groups[0], part.learning_rate, CLOCK)  # type: ignore[attr-defined]
        optimizer.zero_grad()
        loss_of(theirs, number).backward()
        optimizer.step()
    for (name, a), (_, b) in zip(ours.named_parameters(), theirs.named_parameters()):
        torch.testing.assert_close(a, b, rtol=2e-5, atol=1e-6, msg=name)


def test_every_optimizer_is_compared() -> None:
    assert {type(part) for part, _ in PAIRS} == set(every_class("optimizer"))


def test_decay_of_adamw_leaves_biases_alone() -> None:
    module = started()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(1.0)
    flat = flat_parameters(module, Adamw(learning_rate=0.1, weight_decay=0.5))
    flat.clear_gradient()
    update(flat.groups[0], 0.1, CLOCK)
    for name, parameter in module.named_parameters():
        expected = 1.0 if name.endswith("bias") else 1.0 - 0.1 * 0.5
        torch.testing.assert_close(parameter, torch.full_like(parameter, expected), msg=name)


def test_l2_with_plain_sgd_is_weight_decay() -> None:
    ours, theirs = started(), started()
    flat = flat_parameters(ours, Sgd(learning_rate=0.1), L2(cost=0.3))
    weights = [p for n, p in theirs.named_parameters() if n.endswith("weight")]
    biases = [p for n, p in theirs.named_parameters() if n.endswith("bias")]
    optimizer = torch.optim.SGD([{"params": weights, "weight_decay": 0.3}, {"params": biases}], 0.1)
    for number in range(1, 6):
        flat.clear_gradient()
        loss_of(ours, number).backward()
        update(flat.groups[0], 0.1, CLOCK)
        optimizer.zero_grad()
        loss_of(theirs, number).backward()
        optimizer.step()
    for (name, a), (_, b) in zip(ours.named_parameters(), theirs.named_parameters()):
        torch.testing.assert_close(a, b, msg=name)


def test_l1_is_soft_thresholding_and_reaches_exact_zeros() -> None:
    module = started()
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    flat = flat_parameters(module, Sgd(learning_rate=0.2), L1(cost=0.5))
    flat.clear_gradient()
    update(flat.groups[0], 0.2, CLOCK)
    for name, parameter in module.named_parameters():
        w = before[name]
        expected = w.sign() * (w.abs() - 0.2 * 0.5).clamp(min=0) if name.endswith("weight") else w
        torch.testing.assert_close(parameter.detach(), expected, msg=name)
    weights = torch.cat([p.detach().flatten() for n, p in module.named_parameters() if n.endswith("weight")])
    assert flat.share_of_zeros() == pytest.approx(float((weights == 0).float().mean())) and float(flat.share_of_zeros() or 0) > 0
    assert flat.penalty() == pytest.approx(0.5 * float(weights.abs().sum()))


def test_a_layers_own_regularizer_replaces_the_phases() -> None:
    network = "network { input(vector); dense(6, tanh, regularize = l2(0.25)); output(label) }"
    flat = flat_parameters(build_module(bound_spec(network)), Sgd(learning_rate=0.1), L2(cost=0.5), network=network)
    costs = {segment.l2: segment.weights.numel() for segment in flat.segments if segment.is_weight}
    assert costs == {0.25: 12 * 6, 0.5: 6 * 3}
