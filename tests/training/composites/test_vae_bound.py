"""The evidence lower bound against closed forms: the code's cost, the likelihood of each kind of column, free bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Categorical, Normal, kl_divergence

from specc.training.composites.elbo import Code, objective
from specc.training.streams import new_generator
from specc.vocabulary.variational import Elbo
from tests.data.binding import npz_file
from tests.training.composites.variational import Model, TableModel

GENERATOR = torch.Generator().manual_seed(0)
MEAN, LOG_VARIANCE = torch.randn(2, 7, 3, generator=GENERATOR).mul_(1.2)
ROWS = np.random.default_rng(0).uniform(size=(9, 4))
BODY = "encoder {{ input(row); dense(6, tanh) }}; latent(2); decoder {{ dense(6, tanh); dense(4{end}) }}"


def made_of(model: Model, z: torch.Tensor) -> torch.Tensor:
    """What the decoder gives, before its end is read."""
    return model.module.decoder(z)


def likely(model: Model, z: torch.Tensor) -> torch.Tensor:
    batch = model.bound.rows.batch(torch.arange(len(z)))
    with torch.no_grad():
        return model.bound.likely(model.module, batch.inputs, z)


def test_the_divergence_is_that_of_two_normals() -> None:
    code = Code(MEAN, LOG_VARIANCE)
    expected = kl_divergence(Normal(MEAN, torch.exp(LOG_VARIANCE / 2)), Normal(0.0, 1.0))
    torch.testing.assert_close(code.divergence(), expected, rtol=1e-5, atol=1e-6)


def test_the_divergence_is_what_draws_of_the_code_say() -> None:
    """Monte Carlo of `ln q(z) − ln p(z)`, z drawn as training draws it: within five standard errors for every dimension."""
    code, draws = Code(MEAN.double(), LOG_VARIANCE.double()), 40_000
    noise = torch.randn((draws, *MEAN.shape), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    z = code.drawn(noise)
    found = Normal(code.mean, torch.exp(code.log_variance / 2)).log_prob(z) - Normal(0.0, 1.0).log_prob(z)
    error = found.std(0) / draws**0.5
    assert float(((found.mean(0) - code.divergence()).abs() / error).max()) < 5


def test_a_code_that_is_the_prior_costs_nothing_and_small_ones_keep_their_digits() -> None:
    assert float(Code(torch.zeros(1, 1), torch.zeros(1, 1)).divergence()) == 0.0
    near = Code(torch.zeros(1, 1), torch.full((1, 1), 1e-3)).divergence()
    assert float(near) == pytest.approx(0.25e-6, rel=1e-3)  # ½ (eˣ − 1 − x) = x²/4 + …


def test_gradients_of_means_and_variances_are_those_of_finite_differences() -> None:
    weight = torch.randn(5, 3, generator=GENERATOR, dtype=torch.float64)
    rows = torch.randn(7, 5, generator=GENERATOR, dtype=torch.float64)
    noise = torch.randn(7, 3, generator=GENERATOR, dtype=torch.float64)

    def bound(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
        code = Code(mean, log_variance)
        likelihood = -0.5 * (torch.tanh(code.drawn(noise)) @ weight.T - rows).square().sum(1)
        return objective(Elbo(beta=0.7), likelihood, code.divergence()).mean()

    inputs = tuple(x.double().requires_grad_() for x in (MEAN, LOG_VARIANCE))
    assert torch.autograd.gradcheck(bound, inputs)


def test_bits_are_bernoulli(tmp_path: Path) -> None:
    train = "loss = elbo(reconstruction = binary_cross_entropy); epochs = 1"
    model = Model(tmp_path, ROWS.round(), BODY.format(end=", sigmoid"), train)
    z = torch.randn(9, 2, generator=GENERATOR)
    expected = Bernoulli(logits=made_of(model, z)).log_prob(torch.from_numpy(ROWS.round()).float()).sum(1)
    torch.testing.assert_close(likely(model, z), expected.detach())


@pytest.mark.parametrize("variance", [1.0, 0.3])
def test_numbers_are_normal_with_the_variance_that_is_written(tmp_path: Path, variance: float) -> None:
    model = Model(tmp_path, ROWS, BODY.format(end=""), f"loss = elbo(variance = {variance}); epochs = 1")
    z = torch.randn(9, 2, generator=GENERATOR)
    expected = Normal(made_of(model, z), variance**0.5).log_prob(torch.from_numpy(ROWS).float()).sum(1)
    torch.testing.assert_close(likely(model, z), expected.detach())


def test_normal_numbers_behind_a_sigmoid_are_compared_with_what_it_gives(tmp_path: Path) -> None:
    train = "loss = elbo(reconstruction = mean_squared_error); epochs = 1"
    model = Model(tmp_path, ROWS, BODY.format(end=", sigmoid"), train, scale="minmax")
    z = torch.randn(9, 2, generator=GENERATOR)
    rows = model.bound.rows.batch(torch.arange(9)).inputs["row"]
    expected = Normal(torch.sigmoid(made_of(model, z)), 1.0).log_prob(rows).sum(1)
    torch.testing.assert_close(likely(model, z), expected.detach())


def test_of_a_table_numbers_are_normal_and_each_category_has_a_softmax_of_its_own(tmp_path: Path) -> None:
    lines = [f"{i * 0.37 % 1:.3f},{'pqr'[i % 3]},{i * 0.77 % 1:.3f},{'no yes'.split()[i % 2]}" for i in range(12)]
    text = """data { source = csv("t.csv"); columns { a = number; c = category; b = number; d = category }
split = random(train = 1.0, validation = 0.0, test = 0.0) }
vae { encoder { input(features) }; latent(2); decoder { dense(7) } }
train { epochs = 1 }"""
    model = TableModel(tmp_path, text, {"t.csv": "\n".join(["a,c,b,d", *lines]) + "\n"})
    z = torch.randn(12, 2, generator=GENERATOR)
    made, rows = made_of(model, z), model.bound.rows.batch(torch.arange(12)).inputs["features"]
    numbers = [0, 4]
    expected = Normal(made[:, numbers], 1.0).log_prob(rows[:, numbers]).sum(1)
    for place in (slice(1, 4), slice(5, 7)):
        expected = expected + Categorical(logits=made[:, place]).log_prob(rows[:, place].argmax(1))
    torch.testing.assert_close(likely(model, z), expected.detach())


def test_a_picture_of_unit_scale_is_bits_and_another_is_numbers(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 2, 2), dtype=np.uint8)
    kinds = []
    for scale, end in (("unit", ", sigmoid"), ("symmetric", ", tanh"), ("standard", "")):
        text = f"""data {{ source = npz("x.npz"); columns {{ image = image([1, 2, 2], scale = {scale}) }} }}
vae {{ encoder {{ input(image); flatten }}; latent(1); decoder {{ dense(4{end}); reshape([1, 2, 2]) }} }}
train {{ epochs = 1 }}"""
        model = TableModel(tmp_path, text, {"x.npz": npz_file(image=pixels)})
        kinds.append([kind for kind, _ in model.bound.likelihood.stretches])
    assert kinds == [["bernoulli"], ["gaussian"], ["gaussian"]]


def test_the_bound_says_the_distribution_that_was_left_to_the_columns_where_it_is_one_for_all(tmp_path: Path) -> None:
    loss = Model(tmp_path, ROWS, BODY.format(end=""), "loss = elbo(beta = 2.0); epochs = 1").spec.phases[0].settings.loss[0].loss
    assert isinstance(loss, Elbo) and (loss.reconstruction, loss.beta) == ("mean_squared_error", 2.0)
    assert loss.written("beta") and not loss.written("reconstruction")


def first_step(model: Model) -> tuple[torch.Tensor, torch.Tensor]:
    """The sums over all rows of the two terms, as plain PyTorch finds them for the first step of all rows at once."""
    order = torch.randperm(len(model.numbers), generator=new_generator(0, "order"))
    x = torch.from_numpy(model.dataset.inputs["row"])[torch.from_numpy(model.numbers)[order]]
    mean, log_variance = model.module.encoder(x)
    deviation = torch.exp(log_variance / 2)
    z = mean + deviation * torch.randn(mean.shape, generator=new_generator(0, "noise"))
    pixels = F.binary_cross_entropy_with_logits(model.module.decoder(z), x, reduction="sum")
    return pixels, kl_divergence(Normal(mean, deviation), Normal(0.0, 1.0)).sum()


BITS = "loss = elbo(reconstruction = binary_cross_entropy); batch = all; epochs = 1"


def test_the_bound_is_a_sum_over_pixels_and_not_their_mean(tmp_path: Path) -> None:
    """keras#3383, keras-molecules#59, grammarVAE#2: beside a mean over pixels the code's cost wins, and the code dies."""
    model = Model(tmp_path, ROWS.round(), BODY.format(end=", sigmoid"), BITS)
    pixels, cost = (float(term.detach()) / len(ROWS) for term in first_step(model))
    found = model.run().events[0]["train"]
    assert found["reconstruction"] == pytest.approx(pixels, rel=1e-5)
    assert found["kl"] == pytest.approx(cost, rel=1e-5)
    assert found["loss"] == pytest.approx(pixels + cost, rel=1e-5)


def test_the_gradient_is_of_that_sum_and_the_code_costs_no_less_in_larger_batches_or_pictures(tmp_path: Path) -> None:
    """pytorch/examples#290: the cost of the code was divided by rows times pixels, and the code was as good as free."""
    model = Model(tmp_path, ROWS.round(), BODY.format(end=", sigmoid"), f"optimizer = sgd(0.01); {BITS}")
    pixels, cost = first_step(model)
    ((pixels + cost) / len(ROWS)).backward()
    expected = {name: p.detach() - 0.01 * p.grad for name, p in model.module.named_parameters()}
    model.run()
    for name, tensor in model.module.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-5, atol=1e-7)


def test_free_bits_count_for_dimensions_below_them_which_then_have_no_gradient() -> None:
    """Of three dimensions with 0.1, 0.4 and 2.0 nats on average, the first counts 0.3: for no row it matters what it has."""
    divergence = torch.tensor([[0.0, 0.7, 1.0], [0.2, 0.1, 3.0]], requires_grad=True)
    wanted = objective(Elbo(beta=0.5, free_bits=0.3), torch.tensor([-4.0, -6.0]), divergence)
    assert wanted.tolist() == pytest.approx([4.0 + 0.5 * (0.3 + 0.7 + 1.0), 6.0 + 0.5 * (0.3 + 0.1 + 3.0)])
    wanted.mean().backward()
    assert divergence.grad is not None
    assert divergence.grad.tolist() == [[0.0, 0.25, 0.25], [0.0, 0.25, 0.25]]
