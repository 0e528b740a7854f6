"""The procedures as training calls them: what they learn, what an optimizer makes of them, what they leave alone, and faults."""

from __future__ import annotations

import math

import pytest
import torch

from specc.training.faults import NotFinite
from specc.training.procedures.contrastive_divergence import ContrastiveDivergence
from specc.training.procedures.parallel_tempering import ParallelTempering
from specc.training.procedures.persistent_contrastive_divergence import PersistentContrastiveDivergence
from specc.training.rows import Batch
from specc.vocabulary import procedures as words
from specc.vocabulary.clipping import Norm
from specc.vocabulary.optimizers import Adam, Sgd
from specc.vocabulary.regularizers import L1, L2
from specc.vocabulary.schedules import Linear
from tests.training.boltzmann.machines import Alone, bars_and_stripes, every_state, exact_means, log_likelihood, machine

RUNS = [
    (words.ContrastiveDivergence(centered=True), ContrastiveDivergence),
    (words.PersistentContrastiveDivergence(chains=20, centered=True), PersistentContrastiveDivergence),
    (words.ParallelTempering(chains=10, temperatures=4, centered=True), ParallelTempering),
]
OPTIMUM = -1.732867951
"""Of the 8 rows of bars and stripes 2×2: 4/8 ln 8 + 4/8 ln 4, with the sign turned."""


def test_the_exact_gradient_reaches_the_optimum_of_bars_and_stripes() -> None:
    made, rows = machine([("bernoulli", 4)], 4, scale=0.1), bars_and_stripes(2)
    velocities = [torch.zeros_like(parameter) for parameter in made.parameters()]
    with torch.no_grad():
        for _ in range(1500):
            v, h, hv = exact_means(made)
            hidden = made.hidden_mean(rows)
            slopes = hidden.t() @ rows / len(rows) - hv, rows.mean(0) - v, hidden.mean(0) - h
            for parameter, velocity, slope in zip(made.parameters(), velocities, slopes):
                parameter += velocity.mul_(0.9).add_(slope, alpha=0.5)
    assert OPTIMUM - 0.01 < log_likelihood(made, rows).item() <= OPTIMUM


@pytest.mark.parametrize(
    ("word", "runs", "rate"),
    [
        (words.ContrastiveDivergence(centered=False), ContrastiveDivergence, 0.2),
        (words.ContrastiveDivergence(centered=True), ContrastiveDivergence, 0.2),
        (words.PersistentContrastiveDivergence(steps=3, chains=300, centered=True), PersistentContrastiveDivergence, 0.06),
        (words.ParallelTempering(chains=100, temperatures=4, centered=True), ParallelTempering, 0.1),
    ],
    ids=["contrastive divergence", "centred", "persistent", "tempered"],
)
def test_samples_bring_bars_and_stripes_near_their_optimum(word, runs, rate: float) -> None:
    rows = bars_and_stripes(2)
    alone = Alone(machine([("bernoulli", 4)], 4, scale=0.1), word, runs, rows, Sgd(learning_rate=rate, momentum=0.9))
    alone.clock.total_steps, alone.group.rate.schedule = 2000, Linear(to=0.0)
    for _ in range(2000):
        alone.step(rows.repeat(12, 1))
    assert log_likelihood(alone.machine, rows).item() > OPTIMUM - 0.15


OPTIMIZERS = [
    Sgd(learning_rate=0.1),
    Sgd(learning_rate=0.1, momentum=0.9),
    Sgd(learning_rate=0.1, momentum=Linear(start=0.0, to=0.9)),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@pytest.mark.parametrize("regularize", [(), (L2(cost=0.2),), (L1(cost=0.05),), (L2(cost=0.2), L1(cost=0.05))], ids=repr)
@pytest.mark.parametrize("centered", [False, True])
def test_the_product_into_the_weights_is_the_optimizers_own_step(optimizer, regularize, centered: bool) -> None:
    """Against the same run in which a bound that is never met makes the gradient go the way of every other optimizer."""
    word, rows, ways = words.ContrastiveDivergence(centered=centered), every_state(4)[2:9], []
    for clip in (None, Norm(limit=1e9)):
        alone = Alone(machine([("bernoulli", 4)], 3), word, ContrastiveDivergence, rows, optimizer, regularize, clip=clip)
        for _ in range(5):
            alone.step()
        ways.append(alone)
    assert [way.procedure.ascent.is_direct for way in ways] == [True, False]
    assert torch.allclose(ways[0].group.weights, ways[1].group.weights, atol=1e-12)
    assert ways[0].group.memory.keys() == ways[1].group.memory.keys()
    for name, tensor in ways[0].group.memory.items():
        assert torch.allclose(tensor, ways[1].group.memory[name], atol=1e-12)
    assert ways[0].group.updates == ways[1].group.updates == 5
    assert ways[0].group.last_rate == ways[1].group.last_rate


def test_a_bound_of_the_gradient_is_kept() -> None:
    alone = Alone(
        machine([("bernoulli", 4)], 3), words.ContrastiveDivergence(centered=True), ContrastiveDivergence, every_state(4)[2:9],
        Sgd(learning_rate=1.0), clip=Norm(limit=0.01),
    )  # fmt: skip
    moved = alone.gradient()
    assert math.isclose(sum(float(change.square().sum()) for change in moved.values()) ** 0.5, 0.01, rel_tol=1e-9)


@pytest.mark.parametrize(("word", "runs"), RUNS, ids=[word.word for word, _ in RUNS])
@pytest.mark.parametrize("optimizer", [Sgd(learning_rate=0.1, momentum=0.5), Adam()], ids=["sgd", "adam"])
def test_a_run_that_was_taken_up_goes_on_to_the_same_bits(word, runs, optimizer) -> None:
    rows = bars_and_stripes(2)

    def begun() -> Alone:
        return Alone(machine([("bernoulli", 4)], 4), word, runs, rows, optimizer)

    whole = begun()
    for _ in range(4):
        whole.step(rows[:5])
    kept = {
        "weights": whole.group.weights.clone(),
        "own": {name: tensor.clone() for name, tensor in whole.state.own.items()},
        "memory": {name: tensor.clone() for name, tensor in whole.group.memory.items()},
        "stream": whole.state.streams["sampling"].get_state(),
    }
    for _ in range(4):
        whole.step(rows)
    again = begun()
    again.group.weights.copy_(kept["weights"])
    again.state.own, again.group.memory = kept["own"], kept["memory"]
    again.group.updates, again.clock.step = 4, 4
    again.state.streams["sampling"].set_state(kept["stream"])
    for _ in range(4):
        again.step(rows)
    assert torch.equal(again.group.weights, whole.group.weights)
    assert all(torch.equal(tensor, whole.state.own[name]) for name, tensor in again.state.own.items())


@pytest.mark.parametrize(("word", "runs"), RUNS, ids=[word.word for word, _ in RUNS])
def test_frozen_machines_stay_as_they_are(word, runs) -> None:
    alone = Alone(machine([("bernoulli", 4)], 3), word, runs, every_state(4))
    before = alone.group.weights.clone()
    alone.group.frozen = True
    alone.step()
    assert torch.equal(alone.group.weights, before)


@pytest.mark.parametrize(("word", "runs"), RUNS, ids=[word.word for word, _ in RUNS])
@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
def test_a_divergence_names_its_layer_before_the_weights_change(word, runs, kind: str) -> None:
    alone = Alone(machine([(kind, 4)], 3), word, runs, every_state(4))
    alone.step()
    with torch.no_grad():
        alone.machine.hidden_bias[1] = math.nan
    before = alone.group.weights.clone()
    with pytest.raises(NotFinite) as found:
        alone.step()
    assert found.value.layer == "rbm_1"
    assert torch.equal(alone.group.weights.nan_to_num(7.0), before.nan_to_num(7.0))


def test_the_number_of_steps_may_change_in_time() -> None:
    """From 1 to 5, rounded."""
    drawn = []
    word = words.ContrastiveDivergence(steps=Linear(start=1.0, to=5.0), centered=True)
    alone = Alone(machine([("bernoulli", 4)], 3), word, ContrastiveDivergence, every_state(4))
    sample = alone.procedure.sample

    def watched(state, stack, totals, steps) -> None:
        drawn.append(steps)
        sample(state, stack, totals, steps)

    alone.procedure.sample = watched
    for step in (0, 500, 999):
        alone.clock.step = step
        alone.step()
    assert drawn == [1, 3, 5]


def test_the_rows_of_several_batches_are_one_batch() -> None:
    rows, moved = every_state(4)[1:9], []
    for parts in ([rows], [rows[:3], rows[3:]]):
        alone = Alone(machine([("bernoulli", 4)], 3), words.ContrastiveDivergence(centered=True), ContrastiveDivergence, rows)
        alone.procedure.step(alone.state, [Batch({"visible": part}, {}) for part in parts], alone.clock)
        moved.append(alone.group.weights)
    assert torch.equal(*moved)


@torch.no_grad()
def test_chains_with_other_documents_push_no_word_and_no_hidden_unit_by_their_length() -> None:
    """The slopes of all words sum to zero, whatever the lengths of the batch and of the chains."""
    made = machine([("replicated_softmax", 5)], 3, scale=0.4)
    lengths = torch.tensor([1.0, 2.0, 9.0, 30.0]).double()
    rows = torch.eye(5, dtype=torch.float64)[:4] * lengths[:, None]
    word = words.PersistentContrastiveDivergence(chains=7)
    alone = Alone(made, word, PersistentContrastiveDivergence, rows, Sgd(learning_rate=1.0))
    moved = alone.gradient(rows[1:])
    assert float(alone.state.own["totals"].mean()) != pytest.approx(float(lengths[1:].mean()))
    assert float(moved["visible_bias"].sum()) == pytest.approx(0.0, abs=1e-12)


@torch.no_grad()
@pytest.mark.parametrize(
    ("word", "runs"),
    [
        (words.PersistentContrastiveDivergence(chains=4_000), PersistentContrastiveDivergence),
        (words.ParallelTempering(chains=4_000, temperatures=2), ParallelTempering),
    ],
    ids=["persistent", "tempered"],
)
def test_units_beside_the_counts_are_compared_as_they_are(word, runs) -> None:
    """Where the model has the means of the data already, a batch of long documents pushes no bit, no number and no label."""
    made = machine([("replicated_softmax", 3), ("bernoulli", 1), ("gaussian", 1), ("softmax", 2)], 2, scale=0.0, labels=2)
    short = torch.tensor([[1.0, 0, 0, 0, 1, 1, 0], [0, 1, 0, 1, -1, 0, 1]], dtype=torch.float64)
    long = short.clone()
    long[:, :3] *= 20
    alone = Alone(made, word, runs, torch.cat([short, short, long]), Sgd(learning_rate=1.0))
    moved = alone.gradient(long)["visible_bias"][3:]
    assert moved.abs().max() < 4 / 4_000**0.5
