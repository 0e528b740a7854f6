"""Codes that a recognizer finds again, and features that are matched: who learns by them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from specc.training.composites.adversarial import code_loss
from tests.training.composites import gans

BODY = (
    "latent(2); code kind(4, category); code style(2, uniform); code lean(1, normal)\n"
    "generator { concat(latent, kind, style, lean); dense(16, tanh); dense(2) }\n"
    "discriminator { input(row); dense features(16); leaky_relu(0.2); dense(1) }\n"
    "recognizer { input(discriminator.features); dense(16); leaky_relu(0.1) }"
)


def information(game: gans.Game) -> Tensor:
    """The term alone with its weight, of one batch."""
    (batch,) = game.batches()
    noise = game.procedure._noise(len(batch), torch.Generator().manual_seed(5))
    made = game.procedure.generated(game.module, batch.inputs, noise)
    given = game.discriminator.given(game.module, batch.inputs, made)
    term = game.discriminator._information(game.module, given, noise)[0]
    assert isinstance(term, Tensor)
    return term


@pytest.mark.parametrize("part", ["generator", "recognizer", "discriminator_features"])
def test_the_information_has_a_gradient_in_all_that_it_passes(part: str, tmp_path: Path) -> None:
    """torchgan makes a new leaf of it: `requires_grad` is false, and nothing learns."""
    game = gans.Game(tmp_path, BODY, "batch = 32").begin()
    loss = information(game)
    assert loss.requires_grad
    game.state.parameters.clear_gradient()
    loss.backward()
    gradients = game.gradients(part)
    assert gradients and all(gradient.abs().max() > 1e-6 for gradient in gradients)


def test_the_score_alone_learns_nothing_of_the_information(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, BODY, "batch = 32").begin()
    game.state.parameters.clear_gradient()
    information(game).backward()
    assert not game.module.discriminator_dense_1.weight.grad.any()


def test_the_layers_that_are_shared_learn_by_the_information_in_their_own_update(tmp_path: Path) -> None:
    """The loss of the discriminator is that of the game and the information, and of the generator as well."""
    games = {}
    for train in ("hinge, 1e-9 * mutual_information", "hinge, 2 * mutual_information"):
        game = gans.Game(tmp_path, BODY, f"loss = [{train}]; batch = 32").begin()
        (batch,) = game.batches()
        noise = game.procedure._noise(32, torch.Generator().manual_seed(5))
        made = game.procedure.generated(game.module, batch.inputs, noise)
        losses = (
            game.discriminator.loss(game.state, batch, noise, made.detach(), game.clock)[0],
            game.discriminator.deceived(game.state, batch, noise, made, game.clock)[0],
        )
        games[train] = losses, information(game)
    (bare, _), (told, term) = games.values()
    for without, with_it in zip(bare, told):
        torch.testing.assert_close(with_it, without + term, rtol=1e-5, atol=1e-5)


def test_a_category_is_found_by_the_cross_entropy_and_numbers_by_half_their_squares() -> None:
    one_hot = torch.eye(4)[[2, 0]]
    assert float(code_loss("category", torch.zeros(2, 4), one_hot)) == pytest.approx(math.log(4))
    found, code = torch.tensor([[0.5, -1.0]]), torch.tensor([[1.0, 1.0]])
    assert float(code_loss("uniform", found, code)) == pytest.approx((0.25 + 4.0) / 2)
    assert float(code_loss("normal", found, code)) == pytest.approx((0.25 + 4.0) / 2)


def test_codes_are_drawn_as_they_are_declared(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, BODY, "batch = 32").begin()
    drawn = game.procedure._noise(40_000, torch.Generator().manual_seed(0))
    assert torch.equal(drawn["kind"].sum(1), torch.ones(40_000)) and set(drawn["kind"].unique().tolist()) == {0.0, 1.0}
    assert drawn["kind"].mean(0).tolist() == pytest.approx([0.25] * 4, abs=4 * (0.25 * 0.75 / 40_000) ** 0.5)
    assert float(drawn["style"].abs().max()) <= 1
    assert float(drawn["style"].var()) == pytest.approx(1 / 3, rel=0.03)  # of a uniform number between −1 and 1
    for name in ("latent", "lean"):
        assert float(drawn[name].var()) == pytest.approx(1.0, rel=0.03)


def test_a_latent_may_be_uniform(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, gans.PLAIN.replace("latent(3)", "latent(3, uniform)"), "batch = 32").begin()
    latent = game.procedure._noise(40_000, torch.Generator().manual_seed(0))["latent"]
    assert float(latent.abs().max()) <= 1 and float(latent.var()) == pytest.approx(1 / 3, rel=0.03)


def test_a_code_may_be_called_as_a_word_of_python(tmp_path: Path) -> None:
    body = BODY.replace("kind", "class")
    measured = gans.Game(tmp_path, body, "batch = 32").begin().step()
    assert np.isfinite(float(measured["mutual_information"]))


def ring(count: int = 512) -> np.ndarray:
    """Four places, a deviation of 0.1 apart from each."""
    draw = np.random.default_rng(0)
    angle = draw.integers(4, size=count) * np.pi / 2
    return (np.stack([np.cos(angle), np.sin(angle)], 1) * 2 + draw.normal(scale=0.1, size=(count, 2))).astype(np.float32)


def test_the_recognizer_finds_codes_again_that_it_could_only_guess_at_first(tmp_path: Path) -> None:
    """A guess of one of four costs ln 4 = 1.386; learnt, less than a fifth of it."""
    body = (
        "latent(2); code kind(4, category)\n generator { concat(latent, kind); dense(32, relu); dense(2) }\n"
        "discriminator { input(row); dense features(32); leaky_relu(0.2); dense(1) }\n"
        "recognizer { input(discriminator.features); dense(32); leaky_relu(0.1) }"
    )
    game = gans.Game(tmp_path, body, "batch = 64; epochs = 25; optimizer = adam(3e-3)", row=ring()).run()
    found = [event["train"]["mutual_information"] for event in game.events]
    assert found[0] > 0.8 and found[-1] < math.log(4) / 5


def test_feature_matching_is_the_square_distance_of_mean_features_and_detaches_the_real_ones(tmp_path: Path) -> None:
    body = gans.PLAIN.replace("dense(8); leaky", "dense features(8); leaky")
    game = gans.Game(tmp_path, body, "loss = [hinge, 3 * feature_matching(features)]; batch = 32").begin()
    (batch,) = game.batches()
    made = torch.randn(32, 2, requires_grad=True)
    real = batch.inputs["row"].clone().requires_grad_(True)
    batch.inputs["row"] = real
    loss, measured = game.discriminator.deceived(game.state, batch, {}, made, game.clock)
    layer = game.module.discriminator_features
    apart = layer(real).mean(0) - layer(made).mean(0)
    torch.testing.assert_close(measured["feature_matching"][0], apart.square().sum().detach())
    torch.testing.assert_close(loss, measured["generator_loss"][0] + 3 * apart.square().sum().detach())
    loss.backward()
    assert real.grad is None and made.grad is not None and made.grad.abs().max() > 0


def test_the_features_are_what_the_last_layer_takes(tmp_path: Path) -> None:
    """Also where the last layer answers labels."""
    arrays = {"row": gans.rows_of(32), "kind": np.arange(32) % 3}
    columns = "row = array([2]); kind = category"
    for end, features in (("dense(1)", "discriminator.leaky_relu_1"), ("output(kind)", "discriminator.leaky_relu_1")):
        body = gans.PLAIN.replace("dense(1)", end)
        target = "kind" if "output" in end else ""
        train = "loss = [non_saturating, feature_matching]; batch = 32"
        game = gans.Game(tmp_path, body, train, columns, target=target, **arrays)
        (term,) = [t.loss for t in game.spec.last_phase.settings.loss if t.loss.word == "feature_matching"]
        assert term.tensor == features  # type: ignore[attr-defined]
