"""Labels that are soft or wrong, and noise on rows: which rows they touch, how much, and when."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from specc.training.clock import Clock
from specc.training.composites import discriminator
from specc.training.composites.remedies import deviation_of, labels_of, with_noise
from specc.vocabulary.families import Smoothing
from specc.vocabulary.part import Interval
from specc.vocabulary.remedies import Drawn, GaussianInstanceNoise, OneSided, TwoSided
from specc.vocabulary.schedules import Linear
from tests.training.composites import gans

MANY = 40_000


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_one_sided_smoothing_touches_real_labels_only() -> None:
    real, generated = labels_of(OneSided(real=0.9), None, 5, generator())
    assert real.tolist() == pytest.approx([0.9] * 5) and generated.tolist() == [0.0] * 5


def test_two_sided_smoothing_touches_both() -> None:
    real, generated = labels_of(TwoSided(real=0.8, generated=0.1), None, 5, generator())
    assert real.tolist() == pytest.approx([0.8] * 5) and generated.tolist() == pytest.approx([0.1] * 5)


def test_without_smoothing_labels_are_one_and_zero() -> None:
    real, generated = labels_of(None, None, 5, generator())
    assert real.tolist() == [1.0] * 5 and generated.tolist() == [0.0] * 5


def test_drawn_labels_are_uniform_in_their_ranges_and_each_row_has_its_own() -> None:
    """Mean and variance of a uniform number, `(b − a)²/12`, within four standard errors."""
    ranges = Interval(low=0.7, high=1.2), Interval(low=0.0, high=0.3)
    drawn = labels_of(Drawn(real=ranges[0], generated=ranges[1]), None, MANY, generator())
    for labels, (low, high) in zip(drawn, ((0.7, 1.2), (0.0, 0.3))):
        width = high - low
        assert low <= float(labels.min()) < low + width / 1000 and high - width / 1000 < float(labels.max()) <= high
        assert float(labels.mean()) == pytest.approx((low + high) / 2, abs=4 * width / (12 * MANY) ** 0.5)
        assert float(labels.var()) == pytest.approx(width**2 / 12, rel=0.03)
    assert float(torch.corrcoef(torch.stack(drawn))[0, 1]) == pytest.approx(0, abs=4 / MANY**0.5)


@pytest.mark.parametrize("smoothing", [None, OneSided(real=0.9)], ids=["hard", "smoothed"])
def test_so_many_labels_are_wrong_of_each_kind_as_is_written(smoothing: Smoothing | None) -> None:
    real, generated = labels_of(smoothing, 0.05, MANY, generator())
    top = 0.9 if smoothing is not None else 1.0
    error = 4 * (0.05 * 0.95 / MANY) ** 0.5
    assert float(real.eq(0).float().mean()) == pytest.approx(0.05, abs=error)
    assert float(generated.gt(0).float().mean()) == pytest.approx(0.05, abs=error)
    assert sorted(set(torch.cat([real, generated]).tolist())) == pytest.approx([0.0, top])
    both = float((real.eq(0) & generated.gt(0)).float().mean())
    assert both == pytest.approx(0.05**2, abs=4 * (0.05**2 / MANY) ** 0.5)


def test_noise_has_its_deviation_on_every_number() -> None:
    rows = torch.ones(MANY, 3)
    away = with_noise(rows, 0.2, generator()) - rows
    assert away.std(0).tolist() == pytest.approx([0.2] * 3, rel=0.02)
    assert away.mean(0).tolist() == pytest.approx([0.0] * 3, abs=4 * 0.2 / MANY**0.5)
    assert with_noise(rows, 0.0, generator()) is rows


def test_noise_fades_by_its_schedule() -> None:
    noise = GaussianInstanceNoise(deviation=0.4, decay=Linear(epochs=10))
    at = [deviation_of(noise, Clock(per_epoch=5, total_steps=100, step=step)) for step in (0, 25, 40, 50, 99)]
    assert at == pytest.approx([0.4, 0.2, 0.08, 0.0, 0.0])
    assert deviation_of(GaussianInstanceNoise(deviation=0.4), Clock(5, 100, 99)) == 0.4
    assert deviation_of(None, Clock(5, 100)) == 0.0


class Noise:
    """Stands in for `with_noise`: what it was given, and with which deviation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: list[tuple[Tensor, float]] = []
        monkeypatch.setattr(discriminator, "with_noise", self)

    def __call__(self, rows: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
        self.given.append((rows.detach().clone(), deviation))
        return with_noise(rows, deviation, generator)


def test_real_and_generated_rows_are_noisy_in_both_updates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the generator's update also the real rows whose features are to be matched."""
    noisy = "instance_noise = gaussian(0.5, decay = linear(epochs = 4))"
    train = f"loss = [non_saturating, feature_matching]; {noisy}; batch = 16; epochs = 4"
    game = gans.Game(tmp_path, train=train, row=gans.rows_of(64)).begin()
    noise = Noise(monkeypatch)
    game.clock.step = 8  # of 4 a epoch: after 2 of 4 epochs
    rows = game.batches()[0].inputs["row"]
    game.step()
    assert [deviation for _, deviation in noise.given] == [0.25] * 4
    seen = [given for given, _ in noise.given]
    assert torch.equal(seen[0], rows) and torch.equal(seen[3], rows)  # real, in either update
    assert torch.equal(seen[1], seen[2]) and not torch.equal(seen[1], rows)  # the same generated rows


def test_what_the_discriminator_is_told_are_the_labels_of_the_spec(tmp_path: Path) -> None:
    """`softplus(d) − t d`: the loss at labels t, of one draw of the stream."""
    train = "label_smoothing = drawn(0.7 .. 1.2, 0.0 .. 0.3); noisy_labels = 0.25; batch = 32"
    game = gans.Game(tmp_path, train=train).begin()
    (batch,) = game.batches()
    lots = torch.Generator()
    lots.set_state(game.streams["sampling"].get_state())
    made = torch.zeros(32, 2)
    loss, _ = game.discriminator.loss(game.state, batch, {}, made, game.clock)
    real, generated = labels_of(game.discriminator.phase.settings.label_smoothing, 0.25, 32, lots)
    scores = [game.module.discriminator(row=rows)[:, 0] for rows in (batch.inputs["row"], made)]
    terms = [torch.nn.functional.softplus(d) - t * d for d, t in zip(scores, (real, generated))]
    torch.testing.assert_close(loss, terms[0].mean() + terms[1].mean())
    assert game.streams["sampling"].get_state().equal(lots.get_state())
