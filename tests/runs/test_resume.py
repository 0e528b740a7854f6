"""A run that was stopped, by Ctrl-C or by a kill, goes on to the very bits of one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors import safe_open

from specc.diagnostics import Diagnostic, Report, SpecError
from specc.runs.run import Run, open_run
from specc.runs.train import Interrupted, Silent
from tests.data.binding import table
from tests.runs.made import REPOSITORY, trained, write_kind
from tests.runs.test_same_bits import bits, log

MANY = """data {
  source = csv("t.csv")
  columns { x = number(scale = standard); y = category }
  target = y
}
network { input(features); dense(4, relu); dropout(0.1); output(y) }
train {
  batch = all
  phase one { optimizer = sgd(0.1, momentum = 0.9); epochs = 60 }
  phase two { epochs = 340; keep = best(validation.loss) }
}
"""
EPOCHS = 400


def many(folder: Path) -> Path:
    """A spec of so many small epochs that a child can be stopped among them."""
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_text(table(40, lambda i: f"{i},{'ab'[i % 5 > 1]}"))
    (folder / "t.dn").write_text(MANY)
    return folder / "t.dn"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, device: str) -> Run:
    return trained(many(tmp_path_factory.mktemp("whole")), device)


def stopped_child(path: Path, device: str, sent: signal.Signals, lines: int) -> subprocess.CompletedProcess[str]:
    """`specc train`, stopped once its log has so many lines."""
    command = [sys.executable, "-m", "specc", "train", str(path), "--device", device]
    child = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    metrics = path.parent / "runs" / "t" / "0001" / "metrics.jsonl"
    while child.poll() is None:
        if metrics.exists() and metrics.read_bytes().count(b"\n") >= lines:
            os.kill(child.pid, sent)
            break
        time.sleep(0.005)
    output, errors = child.communicate()
    return subprocess.CompletedProcess(command, child.returncode, output, errors)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_saves_and_says_how_to_go_on(sent: signal.Signals, whole: Run, tmp_path: Path, device: str) -> None:
    path = many(tmp_path)
    child = stopped_child(path, device, sent, 60)
    assert child.returncode == 130
    assert f"stopped; go on with: specc train {path} --resume" in child.stderr
    assert "Traceback" not in child.stderr
    assert child.stdout == ""
    stopped = Run(tmp_path / "runs" / "t" / "0001")
    assert stopped.record["status"] == "interrupted"
    assert len(stopped.history) < EPOCHS
    with safe_open(stopped.path / "checkpoint" / "state.safetensors", "pt") as file:
        assert json.loads(file.metadata()["state"])["events"] == len(stopped.history), "it was saved where it stopped"
    finished = trained(path, device, resume=True)
    assert finished.path == stopped.path
    assert bits(finished) == bits(whole)
    assert log(finished) == log(whole)
    assert finished.metrics == whole.metrics
    assert finished.record["status"] == "finished"


def test_a_kill_leaves_a_readable_run_that_goes_on_to_the_same_bits(whole: Run, tmp_path: Path, device: str) -> None:
    path = many(tmp_path)
    child = stopped_child(path, device, signal.SIGKILL, 150)
    assert child.returncode == -signal.SIGKILL
    stopped = Run(tmp_path / "runs" / "t" / "0001")
    assert stopped.record["status"] == "running"
    assert 0 < len(stopped.history) < EPOCHS
    finished = trained(path, device, resume=True)
    assert bits(finished) == bits(whole)
    assert log(finished) == log(whole)
    assert [path.name for path in finished.path.parent.iterdir()] == ["0001"]


class StopsAt(Silent):
    """A watcher that presses Ctrl-C in one stage."""

    def __init__(self, name: str) -> None:
        self.name = name

    def stage(self, name: str) -> None:
        if name == self.name:
            raise KeyboardInterrupt


@pytest.mark.parametrize("stage", ["evaluating", "exporting", "drawing"])
def test_a_stop_behind_the_training_is_one_too(stage: str, run_of, tmp_path: Path, device: str) -> None:
    path = write_kind("parquet", tmp_path)
    with pytest.raises(Interrupted) as stop:
        trained(path, device, StopsAt(stage))
    assert Run(stop.value.folder).record["status"] == "interrupted"
    finished = trained(path, device, resume=True)
    assert bits(finished) == bits(run_of("parquet"))
    assert log(finished) == log(run_of("parquet"))
    assert finished.metrics == run_of("parquet").metrics


def test_a_stop_before_the_folder_is_made_leaves_none(tmp_path: Path, device: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(write_kind("iris", tmp_path), device, StopsAt("reading the data"))
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def begun(tmp_path: Path, device: str) -> Run:
    """A run that was stopped after its training, started with settings of its own."""
    path = write_kind("iris", tmp_path)
    with pytest.raises(Interrupted) as stop:
        trained(path, device, StopsAt("evaluating"), overrides=["train.epochs=2"], seed=6, threads=1)
    return Run(stop.value.folder)


def spec_of(run: Run) -> Path:
    return run.path.parents[2] / "iris.dn"


def refusal(begun: Run, device: str, **options: object) -> Diagnostic:
    """What is said of a run that cannot be resumed; nothing in it changes."""
    before = {path: path.read_bytes() for path in begun.path.rglob("*") if path.is_file()}
    with pytest.raises(SpecError) as error:
        trained(spec_of(begun), device, resume=True, **options)  # type: ignore[arg-type]
    after = {path: path.read_bytes() for path in begun.path.rglob("*") if path.is_file()}
    changed = {path.name for path in before if before[path] != after.get(path)}
    assert changed <= {"run.json"}
    (diagnostic,) = error.value.report
    return diagnostic


def test_what_the_command_line_leaves_out_is_the_run_s_own(begun: Run, device: str) -> None:
    finished = trained(spec_of(begun), "auto" if device == "cpu" else device, resume=True)
    assert (finished.record["overrides"], finished.record["seed"], finished.record["threads"]) == (["train.epochs=2"], 6, 1)
    assert len(finished.history) == 2


def test_a_changed_spec_is_refused_at_the_line_that_changed(begun: Run, device: str) -> None:
    path = spec_of(begun)
    path.write_text(path.read_text("utf-8").replace("batch     = 16", "batch     = 32"), "utf-8")
    found = refusal(begun, device)
    assert found.code == "E0508"
    assert path.read_text("utf-8")[slice(*found.span[:2])].strip() == "batch     = 32"  # type: ignore[index]
    assert str(begun.path / "spec.dn") in found.help


def test_a_longer_spec_is_another_one(begun: Run, device: str) -> None:
    path = spec_of(begun)
    path.write_text(path.read_text("utf-8") + "# more\n", "utf-8")
    found = refusal(begun, device)
    assert found.code == "E0508"
    assert path.read_text("utf-8")[slice(*found.span[:2])] == "# more"  # type: ignore[index]


def test_other_settings_are_refused_by_name(begun: Run, device: str) -> None:
    for option, value in (("overrides", ["train.epochs=3"]), ("seed", 7), ("threads", 2)):
        found = refusal(begun, device, **{option: value})
        assert found.code == "E0508"
        name = {"overrides": "--set train.epochs=3"}.get(option, f"--{option} {value}")
        assert name in found.message


def test_changed_data_is_refused(begun: Run, device: str) -> None:
    data = begun.path.parents[2] / "data" / "iris.csv"
    data.write_text(data.read_text().replace("5.1,3.5", "5.2,3.5", 1))
    found = refusal(begun, device)
    assert (found.code, found.message.split()[0]) == ("E0409", "`data/iris.csv`")
    assert spec_of(begun).read_text("utf-8")[slice(*found.span[:2])] == 'csv("data/iris.csv")'  # type: ignore[index]


@pytest.mark.parametrize("damage", [b"", b"nothing", None])
def test_two_damaged_checkpoints_are_said(damage: bytes | None, begun: Run, device: str) -> None:
    for state in (begun.path / "checkpoint").iterdir():
        state.write_bytes(state.read_bytes()[:-7] if damage is None else damage)
    found = refusal(begun, device)
    assert found.code == "E0508"
    assert "damaged" in found.message
    assert "\n" not in found.message


class Hears(Silent):
    """A watcher that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[Diagnostic] = []

    def advice(self, report: Report) -> None:
        self.said += report


def test_a_damaged_checkpoint_gives_way_to_the_one_before_and_is_said(begun: Run, tmp_path: Path, device: str) -> None:
    folder = begun.path / "checkpoint"
    assert {path.name for path in folder.iterdir()} == {"state.safetensors", "previous.safetensors"}
    state = folder / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-7])
    watcher = Hears()
    finished = trained(spec_of(begun), device, watcher, resume=True)
    (said,) = watcher.said
    assert (said.code, str(begun.path) in said.message) == ("W2001", True)
    whole = trained(write_kind("iris", tmp_path / "whole"), device, overrides=["train.epochs=2"], seed=6, threads=1)
    assert bits(finished) == bits(whole)
    assert [event for event in log(finished) if "train" in event] == log(whole)
    assert [event["event"] for event in finished.history if "event" in event] == ["W2001"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"status": "running"}'])
def test_a_damaged_record_is_said(text: str, begun: Run, device: str) -> None:
    (begun.path / "run.json").write_text(text)
    assert "damaged" in refusal(begun, device, run=begun.path).message


def test_a_run_that_never_began_is_started(tmp_path: Path, device: str) -> None:
    path = write_kind("iris", tmp_path)
    overrides = ["train.epochs=1"]
    assert trained(path, device, overrides=overrides, resume=True).path.name == "0001"
    wanted = tmp_path / "mine"
    wanted.mkdir()
    assert trained(path, device, overrides=overrides, resume=True, run=wanted).path == wanted


def test_a_finished_run_is_given_back_as_it_is(run_of, device: str) -> None:
    run = run_of("iris")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    again = trained(run.path.parents[2] / "iris.dn", device, resume=True)
    assert again.path == run.path
    assert before == {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def test_the_root_of_a_run_is_remembered(tmp_path: Path, device: str) -> None:
    path = write_kind("iris", tmp_path / "specs")
    (tmp_path / "specs" / "data").rename(tmp_path / "data")
    path.write_text(path.read_text("utf-8").replace("data/iris.csv", "../data/iris.csv"), "utf-8")
    with pytest.raises(Interrupted):
        trained(path, device, StopsAt("evaluating"), root=tmp_path)
    finished = trained(path, device, resume=True)
    assert finished.record["status"] == "finished"
    assert json.loads((finished.path / "run.json").read_text())["root"] == "../../../.."
    assert open_run(finished.path).predict(tmp_path / "data" / "iris.csv").height == 150
