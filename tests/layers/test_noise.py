"""Layers of noise: what they draw is as often and as large as they say, and of the stream from which dropout draws."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from specc.pytorch.nn import GaussianNoise, MaskingNoise, SaltAndPepper
from specc.pytorch.source import build_module
from specc.training.streams import Streams
from tests.words import bound_spec

COUNT = 1_000_000
LAYERS = ("gaussian_noise(0.5)", "masking_noise(0.3)", "salt_and_pepper(0.2)", "dropout(0.5)", "dropout(0.5, always = true)")


def close(share: float, expected: float) -> bool:
    """Whether a share of `COUNT` draws lies within five standard deviations of the expected one."""
    return abs(share - expected) <= 5 * (expected * (1 - expected) / COUNT) ** 0.5


def network(layer: str) -> nn.Module:
    module = build_module(bound_spec(f"network {{ input(vector); {layer}; output(label) }}"))
    module.start(torch.Generator().manual_seed(1))  # type: ignore[operator]
    return module


def test_gaussian_noise_has_the_deviation_that_it_says_and_no_mean() -> None:
    torch.manual_seed(1)
    noise = GaussianNoise(0.3)(torch.full((COUNT,), 2.0)) - 2.0
    assert abs(float(noise.mean())) <= 5 * 0.3 / COUNT**0.5
    assert abs(float(noise.std()) / 0.3 - 1) <= 5 / (2 * COUNT) ** 0.5
    assert close(float((noise.abs() > 0.6).float().mean()), 0.0455)  # beyond two deviations of a normal distribution


def test_masking_noise_zeroes_its_share_and_leaves_the_rest_as_it_is() -> None:
    torch.manual_seed(2)
    given = MaskingNoise(0.3)(torch.full((COUNT,), 2.0))
    assert close(float((given == 0).float().mean()), 0.3)
    assert set(given.unique().tolist()) == {0.0, 2.0}


def test_salt_and_pepper_are_drawn_by_a_fair_coin() -> None:
    torch.manual_seed(3)
    given = SaltAndPepper(0.2, low=-1.0, high=4.0)(torch.full((COUNT,), 2.0))
    assert set(given.unique().tolist()) == {-1.0, 2.0, 4.0}
    assert close(float((given == -1).float().mean()), 0.1)
    assert close(float((given == 4).float().mean()), 0.1)


@pytest.mark.parametrize("module", [GaussianNoise(0.0), MaskingNoise(0.0), SaltAndPepper(0.0)], ids=lambda m: type(m).__name__)
def test_no_noise_changes_nothing(module: nn.Module) -> None:
    x = torch.randn(100, 5, generator=torch.Generator().manual_seed(1))
    assert torch.equal(module(x), x)


@pytest.mark.parametrize("layer", LAYERS)
def test_noise_acts_in_training_only_unless_it_is_always_on(layer: str) -> None:
    module, plain = network(layer), network("sigmoid")
    x = torch.randn(6, 12, generator=torch.Generator().manual_seed(1))
    logits = torch.nn.functional.linear(x, module.output_1.weight, module.output_1.bias)  # type: ignore[union-attr,arg-type]
    assert not torch.equal(module.train()(x), module(x))
    always = "always" in layer
    assert torch.equal(module.eval()(x), logits) != always
    assert torch.equal(module(x), module(x)) != always
    assert torch.equal(plain.train()(x), plain(x))  # the test can tell


@pytest.mark.parametrize("layer", LAYERS)
def test_a_run_that_goes_on_draws_what_it_would_have_drawn(layer: str) -> None:
    streams, module = Streams(7), network(layer).train()
    x = torch.ones(6, 12)
    module(x)
    states = streams.state()
    later = module(x)
    assert not torch.equal(module(x), later)
    streams.load(states)
    assert torch.equal(module(x), later)
    again = Streams(7)
    assert not torch.equal(module(x), later)
    again.load(states)
    assert torch.equal(module(x), later)


def test_dropout_that_is_always_on_keeps_the_mean() -> None:
    torch.manual_seed(4)
    module = build_module(bound_spec("network { input(vector); dropout drop(0.25, always = true); output(label) }")).eval()
    with torch.no_grad():
        module.output_1.weight.fill_(1 / 12)  # type: ignore[union-attr]
        module.output_1.bias.zero_()  # type: ignore[union-attr]
        means = module(torch.ones(COUNT // 12, 12))[:, 0]
    deviation = (1 / 3 / 12) ** 0.5  # of the mean of 12 numbers that are 4/3 with a chance of 3/4
    assert abs(float(means.mean()) - 1) <= 5 * deviation / len(means) ** 0.5
    assert abs(float(means.std()) / deviation - 1) <= 0.02
