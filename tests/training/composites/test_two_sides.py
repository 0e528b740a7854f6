"""Two sides that play against each other: whose weights, gradients, statistics and averages an update touches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.composites import gans

NORMED = (
    "latent(3); generator { dense(8); batch_norm; relu; dense(8, norm = spectral); batch_norm(affine = false); dense(2) }\n"
    "discriminator { input(row); dense(8, norm = spectral); batch_norm; leaky_relu(0.2); dropout(0.1); dense(1) }"
)
INFO = (
    "latent(3); code kind(4, category)\n generator { concat(latent, kind); dense(8); batch_norm; relu; dense(2) }\n"
    "discriminator { input(row); dense features(8); leaky_relu(0.2); dense(1) }\n"
    "recognizer { input(discriminator.features); dense(8); batch_norm; leaky_relu(0.1) }"
)
SIDES = {"discriminator": ("generator", "recognizer"), "generator": ("discriminator",)}


@pytest.mark.parametrize("body", [NORMED, INFO], ids=["normed", "info"])
@pytest.mark.parametrize("side", SIDES)
def test_an_update_leaves_the_other_side_as_it_is(side: str, body: str, tmp_path: Path) -> None:
    """No gradient on its weights, and weights, running statistics and directions to the last bit."""
    game = gans.Game(tmp_path, body, "batch = 32; optimizer = sgd(0.1, momentum = 0.9)").begin()
    game.step()
    procedure, state = game.procedure, game.state
    (batch,) = game.batches()
    noise = procedure._noise(32, game.streams["noise"])
    made = procedure.generated(game.module, batch.inputs, noise)
    others = SIDES[side]
    state.parameters.clear_gradient()
    before = [game.tensors(part) for part in others]
    own = game.tensors(side)
    if side == "discriminator":
        turn_measured = procedure._discriminate(state, batch, noise, made.detach(), game.clock)
        assert "discriminator_loss" in turn_measured
    else:
        from specc.training.procedures.adversarial import Turn

        procedure._generate(state, batch, Turn(noise, made, {}), game.clock)
    assert not any(gradient.any() for part in others for gradient in game.gradients(part))
    assert all(gans.same(tensors, game.tensors(part)) for tensors, part in zip(before, others))
    assert any(gradient.any() for gradient in game.gradients(side)) and not gans.same(own, game.tensors(side))


def test_after_a_step_every_weight_trains_again(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, INFO, "batch = 32").begin()
    game.step()
    assert all(parameter.requires_grad for parameter in game.module.parameters())
    assert all(layer.training for layer in game.module.modules())


def test_the_discriminators_statistics_are_of_real_and_generated_rows_alike(tmp_path: Path) -> None:
    """One step of momentum 0.1: first of the real batch, then of the generated one, and none of the generator's update."""
    body = "latent(3); generator { dense(2) }; discriminator { input(row); batch_norm; dense(1) }"
    game = gans.Game(tmp_path, body, "batch = 32; generator.optimizer = sgd(1e-3)").begin()
    (batch,) = game.batches()
    lots = torch.Generator()
    lots.set_state(game.streams["noise"].get_state())
    with torch.no_grad():
        made = game.procedure.generated(game.module, batch.inputs, game.procedure._noise(32, lots))
    game.step()
    expected = 0.9 * (0.1 * batch.inputs["row"].mean(0)) + 0.1 * made.mean(0)
    torch.testing.assert_close(game.module.discriminator_batch_norm_1.running_mean, expected)
    assert int(game.module.discriminator_batch_norm_1.num_batches_tracked) == 2


def test_so_many_updates_take_so_many_batches(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, train="batch = 8; discriminator.updates = 3", row=gans.rows_of(56)).begin()
    assert [len(step) for step in game.course.steps] == [3, 3, 1]
    seen = [batch.inputs["row"] for batch in game.batches()]
    assert len(torch.cat(seen).unique(dim=0)) == 24
    measured = game.step()
    assert len(measured["real_score"]) == 24 and len(measured["generator_loss"]) == 1
    updates = {group.side: group.updates for group in game.state.parameters.groups}
    assert updates == {"discriminator": 3, "generator": 1}


def test_each_update_of_the_discriminator_sees_rows_of_new_noise(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, train="batch = 8; discriminator.updates = 3", row=gans.rows_of(24)).begin()
    drawn: list[torch.Tensor] = []
    inner = game.procedure._noise

    def watched(rows: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        noise = inner(rows, generator)
        drawn.append(noise["latent"])
        return noise

    game.procedure._noise = watched  # type: ignore[method-assign]
    game.step()
    assert len(torch.cat(drawn).unique(dim=0)) == 24


def test_each_side_has_a_rate_of_its_own(tmp_path: Path) -> None:
    """One step of plain descent: `w − rate · gradient`."""
    train = "batch = 32; optimizer = sgd(0.25); discriminator.optimizer = sgd(0.5)"
    game = gans.Game(tmp_path, train=train).begin()
    before = {part: game.tensors(part) for part in ("generator", "discriminator")}
    game.step()
    for part, rate in (("generator", 0.25), ("discriminator", 0.5)):
        for name, parameter in game.module.named_parameters():
            if name.startswith(part):
                torch.testing.assert_close(parameter.detach(), before[part][name] - rate * parameter.grad)


def test_each_side_is_clipped_by_itself(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, train="batch = 32; optimizer = sgd(1.0); clip = norm(1e-3)").begin()
    before = {part: game.tensors(part) for part in ("generator", "discriminator")}
    game.step()
    for part, tensors in before.items():
        moved = torch.cat([(game.tensors(part)[name] - tensor).flatten() for name, tensor in tensors.items()])
        assert float(moved.norm()) == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("frozen", ["generator", "discriminator"])
def test_a_frozen_side_is_measured_and_stays(frozen: str, tmp_path: Path) -> None:
    train = f"batch = 16; epochs = 2; penalty = r1(1); freeze = until(epoch = 1, parts = [{frozen}])"
    game = gans.Game(tmp_path, NORMED.replace("batch_norm; leaky", "leaky"), train).begin()
    before, other = game.tensors(frozen), "discriminator" if frozen == "generator" else "generator"
    moving = game.tensors(other)
    measured = [game.step(index % 2) for index in range(2)]
    weights = {name: tensor for name, tensor in before.items() if "weight" in name or "bias" in name}
    assert gans.same(weights, game.tensors(frozen)) and not gans.same(moving, game.tensors(other))
    assert all(np.isfinite(float(value.mean())) for step in measured for value in step.values())
    game.step()
    assert not gans.same(weights, game.tensors(frozen))


@pytest.mark.parametrize("body", [NORMED, INFO], ids=["normed", "info"])
def test_the_average_is_of_the_generator_alone_with_its_buffers(body: str, tmp_path: Path) -> None:
    """`a ← a + (1 − d)(w − a)`, d = min(decay, (1 + n)/(10 + n)); what is kept has the averages, the others their own."""
    game = gans.Game(tmp_path, body, "batch = 16; epochs = 2; average = ema(0.6)").begin()
    averages: dict[str, torch.Tensor] = {}
    for step in range(4):
        game.step(step % 2)
        game.state.average.after_step(game.clock)
        decay = min(0.6, (1 + step) / (10 + step))
        for name, tensor in game.module.state_dict().items():
            if name.startswith("generator") and tensor.is_floating_point():
                averages[name] = tensor.clone() if not step else averages[name].lerp(tensor, 1 - decay)
    own = {name: tensor.clone() for name, tensor in game.module.state_dict().items()}
    assert any("running_mean" in name for name in averages)
    with game.state.average.in_place():
        for name, tensor in game.module.state_dict().items():
            torch.testing.assert_close(tensor, averages.get(name, own[name]), rtol=1e-6, atol=1e-7)
    assert gans.same(own, dict(game.module.state_dict()))


def test_the_averaged_generator_is_what_a_run_keeps(tmp_path: Path) -> None:
    """A run with an average ends with other weights of the generator than one without, and the same discriminator."""
    ends = []
    for train in ("average = ema(0.9)", ""):
        game = gans.Game(tmp_path, train=f"batch = 16; epochs = 3; {train}").run()
        ends.append((game.tensors("generator"), game.tensors("discriminator")))
    assert gans.same(ends[0][1], ends[1][1])
    assert not any(torch.equal(ends[0][0][name], tensor) for name, tensor in ends[1][0].items())


def test_the_length_of_the_gradient_is_the_generators_alone(tmp_path: Path) -> None:
    game = gans.Game(tmp_path, INFO, "batch = 32").begin()
    measured = game.step()
    gradients = torch.cat([gradient.flatten() for gradient in game.gradients("generator")])
    torch.testing.assert_close(measured["generator_gradient"][0], gradients.norm())
    assert any(gradient.any() for gradient in game.gradients("recognizer"))


def test_nothing_moves_before_a_gradient_is_known_to_be_finite(tmp_path: Path) -> None:
    from specc.training.faults import NotFinite

    game = gans.Game(tmp_path, train="batch = 32").begin()
    with torch.no_grad():
        game.module.discriminator_dense_2.weight.fill_(float("inf"))
    before = game.tensors("generator")
    with pytest.raises(NotFinite):
        game.step()
    assert gans.same(before, game.tensors("generator"))
