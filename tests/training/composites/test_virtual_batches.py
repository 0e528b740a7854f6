"""Virtual batch normalization in training: a reference batch that is chosen once, and shown again when weights have changed."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from specc.training.evaluate import in_use
from specc.training.loop import Stopped
from tests.training.composites import gans

BODY = (
    "latent(3); generator { dense(8); virtual_batch_norm; relu; dense(2) }\n"
    "discriminator { input(row); dense(8); virtual_batch_norm; leaky_relu(0.2); dense(1) }"
)


def statistics(game: gans.Game, part: str) -> tuple[Tensor, Tensor]:
    """Mean and variance that the layer of a part goes by in use."""
    layer = getattr(game.module, f"{part}_virtual_batch_norm_1")
    return layer.reference_mean.clone(), layer.reference_variance.clone()


def of_reference(game: gans.Game, part: str) -> tuple[Tensor, Tensor]:
    """Mean and variance of what the layer before it makes of the reference batch, by the weights of now."""
    own = game.state.own
    given = own["reference/latent"] if part == "generator" else game.procedure.rows.batch(own["reference/rows"]).inputs["row"]
    x = getattr(game.module, f"{part}_dense_1")(given).detach()
    return x.mean(0), x.var(0, correction=0)


def test_the_same_rows_give_the_same_scores_twice(tmp_path: Path) -> None:
    """torchgan forgets its reference at every second call: issue 146."""
    game = gans.Game(tmp_path, BODY, "batch = 16").begin()
    game.step()
    rows, latent = torch.randn(5, 2), torch.randn(5, 3)
    for call in (lambda: game.module.discriminator(row=rows), lambda: game.module.generator(latent=latent)):
        with torch.no_grad():
            game.module.train()
            assert torch.equal(call(), call()) and torch.equal(call(), call())
            with in_use(game.module):
                assert torch.equal(call(), call())


def test_a_row_is_judged_by_itself_and_the_reference(tmp_path: Path) -> None:
    """In whichever order and company it comes."""
    game = gans.Game(tmp_path, BODY, "batch = 16").begin()
    game.step()
    rows = torch.randn(6, 2)
    with torch.no_grad():
        together = game.module.train().discriminator(row=rows)
        torch.testing.assert_close(torch.cat([game.module.discriminator(row=row[None]) for row in rows]), together)
        torch.testing.assert_close(game.module.discriminator(row=rows.flip(0)).flip(0), together)


def test_the_reference_is_of_the_weights_that_there_are(tmp_path: Path) -> None:
    """The discriminator's after its update; the generator's, whose update is the last of a step, at the end of the epoch."""
    game = gans.Game(tmp_path, BODY, "batch = 16; optimizer = sgd(0.5)").begin()
    game.step()
    measured = game.step(1)
    torch.testing.assert_close(statistics(game, "discriminator"), of_reference(game, "discriminator"))
    assert not torch.allclose(statistics(game, "generator")[0], of_reference(game, "generator")[0])
    game.procedure.summary(game.state, measured, game.course.numbers, 1)
    torch.testing.assert_close(statistics(game, "generator"), of_reference(game, "generator"))


def test_the_reference_stays_over_the_run_and_its_phases(tmp_path: Path) -> None:
    train = "batch = 16; phase one { epochs = 2 }; phase two { epochs = 2; optimizer = sgd(0.1) }"
    game = gans.Game(tmp_path, BODY, train)
    seen: list[dict[str, Tensor]] = []

    def save(training: object, final: bool) -> None:
        if game.training.state is not None:
            own = game.training.state.own
            seen.append({name: own[name].clone() for name in ("reference/rows", "reference/latent")})

    game.training.save = save
    game.run()
    assert len(seen) == 8 and all(gans.same(seen[0], other) for other in seen)
    assert len(seen[0]["reference/rows"]) == 16 == len(seen[0]["reference/rows"].unique())


def test_another_seed_chooses_another_reference(tmp_path: Path) -> None:
    chosen = [gans.Game(tmp_path, BODY, "batch = 16", seed=seed).begin().state.own["reference/rows"] for seed in (0, 0, 1)]
    assert torch.equal(chosen[0], chosen[1]) and not torch.equal(chosen[0], chosen[2])


def test_the_reference_is_in_the_checkpoint(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, BODY, "batch = 16; epochs = 2")
    saved: dict[str, Tensor] = {}

    def save(training: object, final: bool) -> None:
        saved.update(game.training.tensors())
        raise Stopped

    game.training.save = save
    try:
        game.run()
    except Stopped:
        pass
    assert game.training.state is not None
    assert torch.equal(saved["state/own/reference/rows"], game.training.state.own["reference/rows"])
    assert torch.equal(saved["state/own/reference/latent"], game.training.state.own["reference/latent"])


def test_the_reference_is_of_the_rows_that_the_phase_trains_on(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, BODY, "batch = 16; rows = 20", row=gans.rows_of(500)).begin()
    assert set(game.state.own["reference/rows"].tolist()) <= set(game.course.numbers.tolist())


def test_the_reference_learns_with_the_rows(tmp_path: Path) -> None:
    """The gradient of the weights before the layer is that of rows and reference: by finite differences of the loss."""
    game = gans.Game(tmp_path, BODY, "batch = 16").begin()
    game.module.double().train()
    reference = game.procedure.reference
    rows = torch.randn(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weight = game.module.discriminator_dense_1.weight
    own = game.procedure.rows.batch(game.state.own["reference/rows"]).inputs["row"].double()
    game.procedure.rows.inputs["row"] = game.procedure.rows.inputs["row"].double()

    def loss() -> Tensor:
        reference.show(game.state, game.procedure.rows, "discriminator")
        return game.module.discriminator(row=rows).square().sum()

    weight.grad = None
    loss().backward()
    assert weight.grad is not None
    slope = weight.grad.clone()
    with torch.no_grad():
        for place in ((0, 0), (3, 1), (7, 0)):
            ends = []
            for away in (1e-6, -1e-6):
                weight[place] += away
                ends.append(float(loss()))
                weight[place] -= away
            torch.testing.assert_close(torch.tensor((ends[0] - ends[1]) / 2e-6).double(), slope[place], rtol=1e-5, atol=1e-7)
    assert len(own) == 16
