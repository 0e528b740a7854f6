"""The loop's own words, each against PyTorch by hand: parts, freezing, accumulation, clipping, averages, changing numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from specc.training.clipping import clip_gradient
from specc.training.clock import Clock
from specc.vocabulary.clipping import Norm
from tests.training.trained import Trained, assert_close, by_hand, copy, same

DEEP = "input(features); dense trunk(5, tanh); dense(4, tanh); output({target})"
NORMED = "input(features); dense trunk(5); batch_norm; tanh; output({target})"
STEPS = 4
"""A step for each 16 of the 60 training rows."""


def sgd(rate: float, **settings: float):
    return lambda module: torch.optim.SGD(module.parameters(), rate, **settings)


def test_a_part_has_its_own_optimizer(tmp_path: Path) -> None:
    words = "batch = 16; optimizer = adam(0.02); trunk.optimizer = sgd(0.3, momentum = 0.9); epochs = 3"
    trained = Trained(tmp_path, words, DEEP)

    class Both:
        def __init__(self, module: nn.Module) -> None:
            trunk = list(module.trunk.parameters())  # type: ignore[union-attr]
            others = [p for name, p in module.named_parameters() if not name.startswith("trunk")]
            self.optimizers = [torch.optim.SGD(trunk, 0.3, momentum=0.9), torch.optim.Adam(others, 0.02)]

        def zero_grad(self) -> None:
            for optimizer in self.optimizers:
                optimizer.zero_grad()

        def step(self) -> None:
            for optimizer in self.optimizers:
                optimizer.step()

    assert_close(copy(trained.module), by_hand(trained, 16, [(3, Both)]))
    assert trained.events[0]["rate"] == 0.02 and trained.events[0]["rates"] == {"trunk": 0.3}


def test_the_smallest_part_around_a_layer_has_the_word(tmp_path: Path) -> None:
    nested = "batch = 16; network.optimizer = sgd(0.1); trunk.optimizer = sgd(0.3); epochs = 2"
    plain = "batch = 16; optimizer = sgd(0.1); trunk.optimizer = sgd(0.3); epochs = 2"
    assert same(copy(Trained(tmp_path, nested, DEEP).module), copy(Trained(tmp_path, plain, DEEP).module))


def test_a_bare_word_is_every_unnamed_layer_of_it(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "batch = 16; optimizer = sgd(0.1); freeze = always(parts = [dense]); epochs = 2", DEEP)
    moved = {name for name, tensor in copy(trained.module).items() if not torch.equal(tensor, trained.began[name])}
    assert moved == {"trunk.weight", "trunk.bias", "output_1.weight", "output_1.bias"}


def test_a_frozen_part_begins_to_learn_when_its_time_is_over(tmp_path: Path) -> None:
    """As PyTorch does where a parameter has no gradient: what an optimizer remembers of it begins later."""
    words = "batch = 16; optimizer = adam(0.02); freeze = until(epoch = 2, parts = [trunk]); epochs = 4"
    trained = Trained(tmp_path, words, DEEP)
    for state in trained.states[:2]:
        assert torch.equal(state["trunk.weight"], trained.began["trunk.weight"])
    assert not torch.equal(trained.states[2]["trunk.weight"], trained.began["trunk.weight"])

    def drop(module: nn.Module, optimizer: object, step: int) -> None:
        if step < 2 * STEPS:
            for parameter in module.trunk.parameters():  # type: ignore[union-attr]
                parameter.grad = None

    expected = by_hand(trained, 16, [(4, lambda m: torch.optim.Adam(m.parameters(), 0.02))], drop)
    assert_close(copy(trained.module), expected)


def test_until_a_step(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "batch = 16; optimizer = sgd(0.1); freeze = until(step = 5, parts = [trunk]); epochs = 2", DEEP)
    assert torch.equal(trained.states[0]["trunk.bias"], trained.began["trunk.bias"])
    assert not torch.equal(trained.states[1]["trunk.bias"], trained.began["trunk.bias"])


def test_frozen_batch_statistics_stay_and_are_what_is_normalized_by(tmp_path: Path) -> None:
    words = "batch = 16; optimizer = sgd(0.1); freeze = until(epoch = 1, parts = [batch_norm_1]); epochs = 2"
    trained = Trained(tmp_path, words, NORMED)
    for name in ("running_mean", "running_var", "weight", "bias"):
        key = f"batch_norm_1.{name}"
        assert torch.equal(trained.states[0][key], trained.began[key])
        assert not torch.equal(trained.states[1][key], trained.began[key])

    def in_use(module: nn.Module, features: torch.Tensor, labels: torch.Tensor) -> None:
        module.batch_norm_1.eval()  # type: ignore[union-attr, operator]
        F.cross_entropy(module(features=features), labels).backward()
        module.batch_norm_1.zero_grad()  # type: ignore[union-attr, operator]

    first = by_hand(trained, 16, [(1, sgd(0.1))], backward=in_use)
    assert_close({name: tensor for name, tensor in trained.states[0].items() if "num_batches" not in name}, first)


@pytest.mark.parametrize("loss", ["cross_entropy", "cross_entropy(class_weights = balanced, label_smoothing = 0.1)"])
def test_accumulated_batches_are_one_batch(loss: str, tmp_path: Path) -> None:
    words = "optimizer = sgd(0.3, momentum = 0.9); schedule = cosine; epochs = 3; loss = " + loss
    one = Trained(tmp_path, f"batch = 20; {words}")
    four = Trained(tmp_path, f"batch = 5; accumulate = 4; {words}")
    assert_close(copy(four.module), copy(one.module))
    assert [event["steps"] for event in four.events] == [event["steps"] for event in one.events] == [3, 6, 9]
    ragged = Trained(tmp_path, f"batch = 7; accumulate = 5; {words}")
    assert_close(copy(ragged.module), copy(Trained(tmp_path, f"batch = 35; {words}").module))


@pytest.mark.parametrize(
    ("word", "clip"),
    [
        ("norm(0.3)", lambda parameters: torch.nn.utils.clip_grad_norm_(parameters, 0.3)),
        ("value(0.02)", lambda parameters: torch.nn.utils.clip_grad_value_(parameters, 0.02)),
    ],
)
def test_clipping_is_that_of_pytorch(word: str, clip, tmp_path: Path) -> None:
    trained = Trained(tmp_path, f"batch = 16; optimizer = sgd(0.5, momentum = 0.9); clip = {word}; epochs = 3", DEEP)
    optimizer = sgd(0.5, momentum=0.9)
    expected = by_hand(trained, 16, [(3, optimizer)], lambda module, _, step: clip(module.parameters()))
    assert_close(copy(trained.module), expected)
    assert not same(copy(trained.module), by_hand(trained, 16, [(3, optimizer)])), "nothing was clipped"


def test_a_momentum_that_rises(tmp_path: Path) -> None:
    words = "batch = 16; optimizer = sgd(0.1, momentum = warmup(0.0, 0.9, epochs = 2)); epochs = 3"

    def rise(module: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
        for group in optimizer.param_groups:
            group["momentum"] = max(1e-30, 0.9 * min(1.0, step / (2 * STEPS)))

    trained = Trained(tmp_path, words)
    assert_close(copy(trained.module), by_hand(trained, 16, [(3, sgd(0.1, momentum=1e-30))], rise))


def test_a_penalty_and_a_decay_that_fall(tmp_path: Path) -> None:
    words = "batch = 16; optimizer = {}; epochs = 3; {}"
    total = 3 * STEPS

    def fall(module: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
        optimizer.param_groups[0]["weight_decay"] = 0.5 * (1 - step / total)

    def of_weights(kind: type[torch.optim.Optimizer]):
        def made(module: nn.Module) -> torch.optim.Optimizer:
            weights = [p for n, p in module.named_parameters() if n.endswith("weight")]
            biases = [p for n, p in module.named_parameters() if n.endswith("bias")]
            return kind([{"params": weights}, {"params": biases, "weight_decay": 0.0}], lr=0.1)  # type: ignore[call-arg]

        return made

    trained = Trained(tmp_path, words.format("sgd(0.1)", "regularize = l2(linear(start = 0.5, to = 0))"))
    assert_close(copy(trained.module), by_hand(trained, 16, [(3, of_weights(torch.optim.SGD))], fall))
    trained = Trained(tmp_path, words.format("adamw(0.1, weight_decay = linear(start = 0.5, to = 0))", ""))
    assert_close(copy(trained.module), by_hand(trained, 16, [(3, of_weights(torch.optim.AdamW))], fall))


def steps_of(trained: Trained) -> list[dict[str, torch.Tensor]]:
    """The weights after every step."""
    states: list[dict[str, torch.Tensor]] = []
    trained.training.progress = lambda phase, clock: states.append(copy(trained.module))
    trained.run()
    return states


def test_an_exponential_average_is_its_recursion_and_is_what_is_measured_and_kept(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "batch = 16; optimizer = sgd(0.3); average = ema(0.9); epochs = 3", NORMED, run=False)
    states = steps_of(trained)
    average = {name: tensor.double() for name, tensor in states[0].items()}
    for count, state in enumerate(states[1:], start=1):
        decay = min(0.9, (1 + count) / (10 + count))
        average = {name: decay * average[name] + (1 - decay) * tensor.double() for name, tensor in state.items()}
    for name, tensor in copy(trained.module).items():
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor.double(), average[name], rtol=1e-5, atol=1e-6, msg=name)
    assert trained.events[-1]["validation"]["loss"] == pytest.approx(trained.loss_on("validation"), rel=1e-5)


def test_stochastic_weight_averaging_is_the_mean_of_the_last_epochs(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "batch = 16; optimizer = sgd(0.3); average = swa(start = 0.5); epochs = 4", NORMED)
    ends = trained.states[1:]
    for name, tensor in copy(trained.module).items():
        if tensor.is_floating_point():
            mean = torch.stack([state[name].double() for state in ends]).mean(dim=0)
            torch.testing.assert_close(tensor.double(), mean, rtol=1e-5, atol=1e-6, msg=name)
    assert trained.events[-1]["validation"]["loss"] == pytest.approx(trained.loss_on("validation"), rel=1e-5)


def test_an_average_does_not_touch_the_weights_that_go_on_learning(tmp_path: Path) -> None:
    words = "batch = 16; optimizer = adam(0.05); epochs = 3"
    plain, averaged = Trained(tmp_path, words), Trained(tmp_path, f"{words}; average = ema(0.9)")
    assert all(same(one, other) for one, other in zip(plain.states, averaged.states, strict=True))


def test_the_best_average_is_kept(tmp_path: Path) -> None:
    words = "batch = 8; optimizer = sgd(2.0); average = ema(0.5); keep = best(validation.loss); epochs = 12"
    trained = Trained(tmp_path, words)
    losses = trained.values("validation.loss")
    assert trained.loss_on("validation") == pytest.approx(min(losses), rel=1e-5)
    assert int(np.argmin(losses)) != 11, "the example must keep an earlier epoch than the last"


def test_wrong_labels_are_learned_from_and_never_measured_by(tmp_path: Path) -> None:
    trained = Trained(tmp_path, "batch = all; optimizer = sgd(1e-30); label_noise = 0.25; epochs = 1")
    rows = trained.dataset.rows["train"]
    with torch.no_grad():
        guesses = trained.module(features=torch.from_numpy(trained.dataset.inputs["features"][rows])).argmax(1).numpy()
    true = trained.dataset.targets["label"][rows]
    seen = trained.events[0]["train"]["accuracy"]
    assert seen != pytest.approx(float((guesses == true).mean()))
    assert trained.training.evaluate()["train"].metrics["accuracy"] == pytest.approx(float((guesses == true).mean()))


def test_a_rate_bears_the_name_of_the_smallest_part(tmp_path: Path) -> None:
    words = "batch = 16; optimizer = adam(0.01); network.optimizer = sgd(0.1); trunk.schedule = schedule(0.5, 0.1); epochs = 2"
    trained = Trained(tmp_path, words.replace("optimizer = adam(0.01); ", "", 1), DEEP)
    assert trained.events[0]["rates"] == {"trunk": 0.05, "network": 0.1}


def test_a_huge_gradient_is_clipped_and_not_lost() -> None:
    gradient = torch.tensor([3e19, -4e19])
    clip_gradient(Norm(limit=5.0), gradient, Clock(1, 1))
    torch.testing.assert_close(gradient, torch.tensor([3.0, -4.0]))
