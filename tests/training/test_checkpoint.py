"""A saved state goes on to the very same bits, whichever epoch it is of; a damaged one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from specc.data.bind import Dataset
from specc.diagnostics import Source
from specc.ir import Spec
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module
from specc.training.checkpoint import DamagedCheckpoint, read_state, write_state
from specc.training.device import compute_with
from specc.training.loop import Training
from specc.training.streams import Streams
from tests.data.binding import table

SPEC = """data {
  source = csv("t.csv")
  columns { x = number(scale = standard); z = category; y = category }
  target = y
  split = random(train = 0.6, validation = 0.4)
}
network { input(features); dense(6, relu); batch_norm; dropout(0.3); output(y) }
train {
  batch = 7
  phase one { optimizer = sgd(0.3, momentum = 0.9); schedule = plateau(validation.loss, factor = 0.5, patience = 0); epochs = 4 }
  phase two { optimizer = adam(0.05); stop = early(validation.loss, patience = 2); epochs = 9 }
  phase three { optimizer = rmsprop(0.01); schedule = cosine; steps = 10; rows = 20; keep = best(validation.accuracy) }
}
"""


class Stopped(Exception):
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


@pytest.mark.parametrize("epochs", range(14))
def test_any_epoch_goes_on_to_the_same_bits(epochs: int, bound, whole, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"

    def stop(training: Training, final: bool) -> None:
        if final or training.position.events == epochs:
            write_state(path, training)
            raise Stopped

    first, events = training(bound, stop)
    with pytest.raises(Stopped):
        run(first)
    seen = without_seconds(events)
    again, later = training(bound, seed=99)
    read_state(path, again)
    assert again.position.events == len(seen)
    run(again)
    assert seen + without_seconds(later) == whole[1]
    assert all(torch.equal(tensor, whole[0][name]) for name, tensor in weights(again).items())


def saved(bound, path: Path) -> None:
    begun, _ = training(bound)
    write_state(path, begun)


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


def test_a_state_is_replaced_whole(bound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens while a state is written, the one before stays."""
    path = tmp_path / "state.safetensors"
    saved(bound, path)
    before = path.read_bytes()

    def killed(*files: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("specc.writing.os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        saved(bound, path)
    assert path.read_bytes() == before
