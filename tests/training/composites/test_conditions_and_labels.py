"""Rows that are made for something, and labels that a discriminator answers: beside its score, or as it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from specc.training.rows import Batch
from tests.data.binding import bound, table
from tests.training.composites import gans

COLUMNS = "row = array([2]); kind = category; size = number"
ARRAYS: dict[str, Any] = {
    "row": gans.rows_of(32),
    "kind": np.arange(32) % 3,
    "size": gans.rows_of(32, 1, seed=1)[:, 0],
}
GENERATOR = "generator { concat(latent, condition); dense(8, tanh); dense(2) }\n"
AUXILIARY = (
    f"latent(3); condition(kind)\n {GENERATOR} discriminator {{ input(row); dense(8); leaky_relu(0.2); output(kind); dense(1) }}"
)
AS_SCORE = gans.PLAIN.replace("dense(1)", "output(kind)")


class Losses:
    """What both sides lose by one batch, and what the discriminator gives of its rows."""

    def __init__(self, game: gans.Game) -> None:
        (self.batch,) = game.batches()
        noise = game.procedure._noise(len(self.batch), torch.Generator().manual_seed(5))
        self.made = game.procedure.generated(game.module, self.batch.inputs, noise)
        self.discriminator = game.discriminator.loss(game.state, self.batch, noise, self.made.detach(), game.clock)[0]
        self.generator = game.discriminator.deceived(game.state, self.batch, noise, self.made, game.clock)[0]
        self.real = game.discriminator.given(game.module, self.batch.inputs, self.batch.inputs["row"])
        self.generated = game.discriminator.given(game.module, self.batch.inputs, self.made)


def of_game(losses: Losses, score: str = "discriminator.dense_2") -> tuple[Tensor, Tensor]:
    """What both lose by the non-saturating game alone."""
    real, generated = losses.real[score], losses.generated[score]
    return F.softplus(-real).mean() + F.softplus(generated).mean(), F.softplus(-generated).mean()


@pytest.mark.parametrize("written", ["", "0.5 * cross_entropy(kind, label_smoothing = 0.1)", "2 * cross_entropy"])
def test_an_auxiliary_classifier_learns_of_real_rows_and_teaches_the_generator(written: str, tmp_path: Path) -> None:
    """Odena, Olah and Shlens 2017, equations 2 and 3, without the discriminator's term of generated rows.

    As the spec weighs and smoothes the loss, wherever it stands in the list.
    """
    train = f"loss = [mean_absolute_error(generator, row), {written}, non_saturating]; batch = 32" if written else "batch = 32"
    game = gans.Game(tmp_path, AUXILIARY, train, COLUMNS, target="kind", **ARRAYS).begin()
    losses = Losses(game)
    weight = float(written.partition(" ")[0]) if written else 1.0
    smoothing = 0.1 if "smoothing" in written else 0.0
    labels = losses.batch.targets["kind"]
    of_real, of_generated = (
        weight * F.cross_entropy(given["discriminator.output_1"], labels, label_smoothing=smoothing)
        for given in (losses.real, losses.generated)
    )
    discriminator, generator = of_game(losses)
    away = (losses.made - losses.batch.inputs["row"]).abs().mean() if written else 0.0
    torch.testing.assert_close(losses.discriminator, discriminator + of_real)
    torch.testing.assert_close(losses.generator, generator + of_generated + away)


def test_labels_that_no_row_was_made_for_teach_the_generator_nothing(tmp_path: Path) -> None:
    body = AUXILIARY.replace("; condition(kind)", "").replace("concat(latent, condition)", "latent")
    losses = Losses(gans.Game(tmp_path, body, "batch = 32", COLUMNS, target="kind", **ARRAYS).begin())
    discriminator, generator = of_game(losses)
    of_real = F.cross_entropy(losses.real["discriminator.output_1"], losses.batch.targets["kind"])
    torch.testing.assert_close(losses.discriminator, discriminator + of_real)
    torch.testing.assert_close(losses.generator, generator)


def test_a_number_may_be_what_rows_are_made_for_and_answered(tmp_path: Path) -> None:
    body = AUXILIARY.replace("kind", "size")
    train = "loss = [non_saturating, 3 * mean_squared_error(size)]; batch = 32"
    losses = Losses(gans.Game(tmp_path, body, train, COLUMNS, target="size", **ARRAYS).begin())
    squares = [
        (given["discriminator.output_1"][:, 0] - losses.batch.targets["size"]).square().mean()
        for given in (losses.real, losses.generated)
    ]
    discriminator, generator = of_game(losses)
    torch.testing.assert_close(losses.discriminator, discriminator + 3 * squares[0])
    torch.testing.assert_close(losses.generator, generator + 3 * squares[1])


@pytest.mark.parametrize("labels", [2, 3])
def test_labels_as_a_score_are_a_softmax_with_one_label_more(labels: int, tmp_path: Path) -> None:
    """σ(ln Σ e^z) = Z/(Z + 1), the share of the labels in a softmax whose last logit is 0 (Salimans et al. 2016, section 5).

    Two labels have two logits: of one alone, σ would be the second label's.
    """
    arrays: dict[str, Any] = ARRAYS | {"kind": np.arange(32) % labels}
    game = gans.Game(tmp_path, AS_SCORE, "batch = 32", COLUMNS, target="kind", **arrays).begin()
    losses = Losses(game)
    logits = [given["discriminator.output_1"] for given in (losses.real, losses.generated)]
    assert logits[0].shape == (32, labels)
    shares = [F.softmax(F.pad(z, (0, 1)), dim=1) for z in logits]
    for given, share in zip((losses.real, losses.generated), shares):
        torch.testing.assert_close(torch.sigmoid(game.discriminator.score(given))[:, 0], 1 - share[:, labels])
    truth = losses.batch.targets["kind"]
    # Of real rows: as one of the labels, and which; of generated ones: as the label more.
    real = -torch.log(1 - shares[0][:, labels]).mean() + F.cross_entropy(logits[0], truth)
    torch.testing.assert_close(real, -torch.log(shares[0][torch.arange(32), truth]).mean())
    torch.testing.assert_close(losses.discriminator, real - torch.log(shares[1][:, labels]).mean())
    torch.testing.assert_close(losses.generator, -torch.log(1 - shares[1][:, labels]).mean())


def test_rows_without_a_label_count_as_real_and_in_no_label(tmp_path: Path) -> None:
    """Half of the rows have none: they are in the game, and the label's loss is that of the other half."""
    rows = gans.rows_of(40)
    text = table(40, lambda i: f"{rows[i, 0]},{rows[i, 1]},{'abc'[i % 3] if i % 2 else ''}", "a,b,kind")
    data = 'source = csv("t.csv"); columns { a = number; b = number; kind = category(missing = keep) }; target = kind' + gans.ALL
    body = AS_SCORE.replace("input(row)", "input(a, b)")
    game = gans.Game.__new__(gans.Game)
    game.spec, game.dataset = bound(
        tmp_path, f"data {{ {data} }}\ngan {{ {body} }}\ntrain {{ batch = 40; epochs = 1 }}\n", {"t.csv": text}
    )
    game.start(0)
    game.begin()
    assert len(game.order) == 40
    (batch,) = game.batches()
    labelled = batch.targets["kind"] >= 0
    assert int(labelled.sum()) == 20
    made = torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    loss, measured = game.discriminator.loss(game.state, batch, {}, made, game.clock)
    (name,) = [name for name in batch.inputs if name != "kind"]
    logits = game.discriminator.given(game.module, batch.inputs, batch.inputs[name])["discriminator.output_1"]
    fake = game.discriminator.given(game.module, batch.inputs, made)["discriminator.output_1"]
    of_game = F.softplus(-logits.logsumexp(1)).mean() + F.softplus(fake.logsumexp(1)).mean()
    torch.testing.assert_close(loss, of_game + F.cross_entropy(logits[labelled], batch.targets["kind"][labelled]))
    assert len(measured["real_score"]) == 40
    none = Batch(batch.inputs, {"kind": torch.full((40,), -1)})
    torch.testing.assert_close(game.discriminator.loss(game.state, none, {}, made, game.clock)[0], of_game)
    summary = game.procedure.summary(game.state, measured, game.course.numbers, 1)
    right = logits.argmax(1)[labelled] == batch.targets["kind"][labelled]
    assert summary["accuracy"] == pytest.approx(float(right.float().mean()))


def two_places(shuffled: bool) -> dict[str, Any]:
    """Rows near −2 that are called 0, rows near 2 that are called 1; or the labels drawn by lot."""
    draw = np.random.default_rng(0)
    kind = draw.integers(2, size=512)
    row = (4.0 * kind - 2 + draw.normal(scale=0.3, size=512)).astype(np.float32)[:, None]
    return {"row": row, "kind": draw.permutation(kind) if shuffled else kind}


@pytest.mark.parametrize(
    ("seen", "shuffled"), [("input", False), ("input", True), ("answer", False)], ids=["input", "shuffled input", "answer"]
)
def test_a_generator_heeds_a_condition_that_says_something(seen: str, shuffled: bool, tmp_path: Path) -> None:
    """What is made for either label lies where its rows are, 4 apart; where labels say nothing, both lie anywhere alike."""
    judge = {
        "input": "concat(it, condition); dense(32); leaky_relu(0.2); dense(1)",
        "answer": "dense(32); leaky_relu(0.2); output(kind); dense(1)",
    }[seen]
    body = (
        "latent(2); condition(kind)\n generator { concat(latent, condition); dense(32, relu); dense(1) }\n"
        f"discriminator {{ input(row); {judge} }}"
    )
    train = "batch = 64; epochs = 40; optimizer = adam(2e-3, betas = [0.5, 0.9]); penalty = r1(0.1)"
    target = "kind" if seen == "answer" else ""
    columns = "row = array([1]); kind = category(labels = [0, 1])".replace("0, 1", '"0", "1"')
    game = gans.Game(tmp_path, body, train, columns, target=target, **two_places(shuffled)).run()
    latent = torch.randn(512, 2, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        made = [game.module.eval().generator(latent=latent, kind=torch.eye(2)[[k] * 512]).mean() for k in (0, 1)]
    apart = float(made[1] - made[0])
    if shuffled:
        assert abs(apart) < 2
    else:
        assert 2.8 < apart < 5.2
