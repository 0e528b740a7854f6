"""A saved state goes on to the very same bits, between whichever steps it is taken; a damaged one gives way to the one before."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

from specc.data.bind import Dataset
from specc.diagnostics import Source
from specc.ir import Spec
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module
from specc.training.checkpoint import Checkpoints, DamagedCheckpoint, as_bytes, read_state
from specc.training.device import compute_with
from specc.training.loop import Stopped, Training
from specc.training.procedures import supervised
from specc.training.procedures.supervised import Supervised
from specc.training.state import State
from specc.training.streams import Streams
from tests.data.binding import table

SPEC = """data {
  source = csv("t.csv")
  columns { x = number(scale = standard); z = category; y = category }
  target = y
  split = random(train = 0.6, validation = 0.4)
}
network { input(features); dense(6, relu); batch_norm; dense middle(4, tanh); dropout(0.3); output(y) }
train {
  batch = 7
  phase one { optimizer = sgd(0.3, momentum = 0.9); schedule = plateau(validation.loss, factor = 0.5, patience = 0); epochs = 4 }
  phase two { optimizer = adam(0.05); stop = early(validation.loss, patience = 2); epochs = 9 }
  phase three { optimizer = rmsprop(0.01); schedule = cosine; steps = 10; rows = 20; keep = best(validation.accuracy) }
  phase four {
    optimizer = sgd(0.1, momentum = warmup(0.2, 0.9, epochs = 2))
    middle.optimizer = adamw(0.02, weight_decay = linear(start = 0.1, to = 0))
    middle.schedule = plateau(validation.loss, factor = 0.5, patience = 0)
    freeze = [until(step = 3, parts = [middle]), until(epoch = 1, parts = [batch_norm])]
    average = ema(0.8)
    clip = norm(0.5)
    regularize = [l1(1e-3), l2(linear(start = 0.1, to = 0))]
    label_noise = 0.2
    accumulate = 2
    batch = 4
    epochs = 3
  }
  phase five { optimizer = adagrad(0.05); average = swa(start = 0.2); clip = value(0.01); epochs = 3 }
  phase six { optimizer = adadelta(1.0); steps = 7 }
}
"""


Weights = dict[str, torch.Tensor]


class Stop(Exception):
    """Where the test ends a training."""


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Spec, Dataset]:
    folder = tmp_path_factory.mktemp("checkpoint")
    (folder / "t.csv").write_text(
        table(50, lambda i: f"{(i * 37) % 50},{'uvw'[i % 3]},{'ab'[(i * 37) % 50 > 20 + i % 9]}", "x,z,y")
    )
    spec, report = check_source(Source("t.dn", SPEC), folder)
    return bind_spec(spec, report, folder)


def training(bound: tuple[Spec, Dataset], save=lambda training, final: None, seed: int = 5) -> tuple[Training, list[dict]]:
    """A training at its start, and the events that it will report."""
    streams, events = Streams(seed), []
    module = build_module(bound[0])
    module.start(streams["weights"])  # type: ignore[operator]
    return Training(*bound, module, streams, torch.device("cpu"), events.append, save), events


def run(training: Training) -> None:
    with compute_with(torch.device("cpu"), threads=1):
        training.run()


def without_seconds(events: list[dict]) -> list[dict]:
    return [{name: value for name, value in event.items() if name != "seconds"} for event in events]


def weights(training: Training) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in training.module.state_dict().items()}


@pytest.fixture(scope="module")
def whole(bound: tuple[Spec, Dataset]) -> tuple[dict[str, torch.Tensor], list[dict]]:
    """The run that nothing interrupts."""
    whole, events = training(bound)
    run(whole)
    return weights(whole), without_seconds(events)


def test_the_example_shows_what_a_checkpoint_must_hold(whole) -> None:
    _, events = whole
    phases = [event["phase"] for event in events]
    assert phases.count("one") == 4
    assert phases.count("two") < 9, "it must stop early"
    assert len({event["rate"] for event in events if event["phase"] == "one"}) > 1, "the plateau must cut"
    assert phases.count("three") == 4


STEPS = 85
"""Between how many steps of the whole run a state may be taken (a test holds it)."""


def count_offers(bound) -> int:
    offers = []
    run(training(bound, lambda training, final: offers.append(final))[0])
    return len(offers)


def test_a_state_may_be_taken_between_any_two_steps(bound, whole) -> None:
    assert count_offers(bound) == STEPS


Saved = tuple[bytes, list[dict]]
"""A state, and what the run had reported by then."""


def every_state(bound: tuple[Spec, Dataset]) -> list[Saved]:
    """What may be saved of one run, between any two of its steps."""
    states: list[Saved] = []
    course, events = training(bound, lambda training, final: states.append((as_bytes(training), without_seconds(events))))
    run(course)
    return states


@pytest.fixture(scope="module")
def states(bound: tuple[Spec, Dataset]) -> list[Saved]:
    return every_state(bound)


def goes_on_to_the_same_bits(state: Saved, bound: tuple[Spec, Dataset], whole: tuple[Weights, list[dict]], path: Path) -> None:
    """What goes on elsewhere from a state alone ends as the whole run does."""
    content, seen = state
    path.write_bytes(content)
    again, later = training(bound, seed=99)
    read_state(path, again)
    assert again.position.events == len(seen)
    run(again)
    assert seen + without_seconds(later) == whole[1]
    assert all(torch.equal(tensor, whole[0][name]) for name, tensor in weights(again).items())


@pytest.mark.parametrize("number", range(STEPS))
def test_any_state_goes_on_to_the_same_bits(number: int, states, bound, whole, tmp_path: Path) -> None:
    goes_on_to_the_same_bits(states[number], bound, whole, tmp_path / "state.safetensors")


class Draws(Supervised):
    """A procedure that draws from a stream to begin, and in each step."""

    def begin(self, state: State) -> None:
        state.own["chains"] = torch.rand(3, generator=state.streams["sampling"])

    def step(self, state: State, batches, clock):
        state.own["chains"] += torch.rand(3, generator=state.streams["sampling"])
        self.module_sees(state)
        return super().step(state, batches, clock)

    @torch.no_grad()
    def module_sees(self, state: State) -> None:
        state.parameters.weights += 1e-3 * state.own["chains"].sum()


@pytest.mark.parametrize("number", [0, 5, 29, 60])
def test_what_a_procedure_draws_goes_on_as_well(number: int, bound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervised, "Supervised", Draws)
    whole, _ = training(bound)
    run(whole)
    path, offers = tmp_path / "state.safetensors", []

    def stop(training: Training, final: bool) -> None:
        offers.append(final)
        if len(offers) > number:
            path.write_bytes(as_bytes(training))
            raise Stop

    with pytest.raises(Stop):
        run(training(bound, stop)[0])
    again, _ = training(bound, seed=99)
    read_state(path, again)
    run(again)
    assert all(torch.equal(tensor, weights(whole)[name]) for name, tensor in weights(again).items())


def saved(bound, path: Path) -> None:
    begun, _ = training(bound)
    path.write_bytes(as_bytes(begun))


def refused(bound, path: Path) -> str:
    with pytest.raises(DamagedCheckpoint) as error:
        read_state(path, training(bound)[0])
    return str(error.value)


def test_a_damaged_state_is_refused(bound, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    saved(bound, path)
    content = path.read_bytes()
    for damaged in (b"", content[:-9], content[:40], b"{}" * 99, content.replace(b"dense_1", b"dense_7")):
        path.write_bytes(damaged)
        assert refused(bound, path)
    path.unlink()
    assert refused(bound, path)


def test_a_state_that_was_edited_does_not_fit_its_checksum(bound, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    saved(bound, path)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(bytes(content))
    assert refused(bound, path) == "state.safetensors: its checksum does not fit"
    saved(bound, path)
    path.write_bytes(path.read_bytes().replace(b'\\"epoch\\": 0', b'\\"epoch\\": 3'))
    assert refused(bound, path) == "state.safetensors: its checksum does not fit"


def two_states(bound, folder: Path) -> Checkpoints:
    """The states before the fifth and the sixth step."""
    checkpoints, offers = Checkpoints(folder), []

    def save(training: Training, final: bool) -> None:
        offers.append(final)
        if len(offers) in (4, 5):
            checkpoints.save(training, True)
        if len(offers) == 5:
            raise Stop

    with pytest.raises(Stop):
        run(training(bound, save)[0])
    return checkpoints


def test_a_damaged_state_gives_way_to_the_one_before(bound, whole, tmp_path: Path) -> None:
    checkpoints = two_states(bound, tmp_path)
    again, _ = training(bound)
    assert checkpoints.take_up(again) is None and again.position.step == 5
    checkpoints.newest.write_bytes(checkpoints.newest.read_bytes()[:-100])
    again, _ = training(bound, seed=99)
    assert "state.safetensors" in (checkpoints.take_up(again) or "")
    assert again.position.step == 4
    assert not checkpoints.previous.exists(), "the damaged one is gone, and is never taken for the one before"
    run(again)
    assert all(torch.equal(tensor, whole[0][name]) for name, tensor in weights(again).items())


def test_a_kill_between_the_two_renames_leaves_the_one_before(bound, tmp_path: Path) -> None:
    checkpoints = two_states(bound, tmp_path)
    checkpoints.newest.unlink()
    again, _ = training(bound)
    assert checkpoints.take_up(again) is None and again.position.step == 4


def test_two_damaged_states_are_refused(bound, tmp_path: Path) -> None:
    checkpoints = two_states(bound, tmp_path)
    for path in (checkpoints.newest, checkpoints.previous):
        path.write_bytes(b"{}")
    with pytest.raises(DamagedCheckpoint):
        checkpoints.take_up(training(bound)[0])


def test_states_are_saved_at_most_once_a_second(bound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [100.0], []
    monkeypatch.setattr("specc.training.checkpoint.time.monotonic", lambda: now[0])
    monkeypatch.setattr("specc.training.checkpoint.write_atomically", lambda *place: written.append(now[0]))
    checkpoints = Checkpoints(tmp_path)

    def save(training: Training, final: bool) -> None:
        now[0] += 0.25
        checkpoints.save(training, final)

    run(training(bound, save)[0])
    assert len(written) == len(range(0, STEPS - 1, 4)) + 1
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(written[:-1]))


def test_a_run_that_is_asked_to_stop_saves_and_stops(bound, whole, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    first, _ = training(bound, checkpoints.save)
    steps = []
    first.progress = lambda phase, clock: steps.append(clock.step)
    first.is_asked_to_stop = lambda: len(steps) >= 11
    with pytest.raises(Stopped):
        run(first)
    assert len(steps) == 11
    again, _ = training(bound, seed=99)
    checkpoints.take_up(again)
    run(again)
    assert all(torch.equal(tensor, whole[0][name]) for name, tensor in weights(again).items())


def test_a_state_is_replaced_whole(bound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens while a state is written, the one before stays."""
    path, begun = tmp_path / "state.safetensors", training(bound)[0]
    Checkpoints(tmp_path).save(begun, True)
    before = path.read_bytes()

    def killed(*files: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("specc.writing.os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        Checkpoints(tmp_path).save(begun, True)
    assert path.read_bytes() == before
