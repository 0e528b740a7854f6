"""What happens around a run: its spec is deleted, its record is edited, its data changes, its terminal goes, its clock jumps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from specc.data import files
from specc.runs import lock
from specc.runs.folder import RunFolder
from specc.runs.run import Run
from tests.cli.conftest import Cli
from tests.runs.made import REPOSITORY, trained, write_kind
from tests.runs.test_same_bits import bits


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    return write_kind("iris", tmp_path)


@pytest.fixture
def stopped(iris: Path, device: str) -> Run:
    """A run that says it is still under way, and that nobody trains."""
    run = trained(iris, device)
    write_record(run, status="running")
    return run


def write_record(run: Run, **changes: object) -> None:
    record = json.loads((run.path / "run.json").read_text("utf-8"))
    (run.path / "run.json").write_text(json.dumps(record | changes))


def test_a_spec_that_is_gone_is_brought_back_from_its_run(stopped: Run, iris: Path, cli: Cli) -> None:
    iris.unlink()
    said = (
        f"error: there is no file {iris} any more: {stopped.path} keeps it as it was, so that `cp {stopped.path}/spec.dn {iris}`"
    )
    for options in ((), ("--run", stopped.path)):
        assert cli("train", iris, "--resume", *options) == (2, "", f"{said} brings it back\n")
    assert "there is no file" in cli("train", iris.with_name("other.dn"), "--resume").err


EMPTIED = '{"status": "finished", "spec": "", "overrides": [], "data": {}, "metrics": {}, "ir": {}}'


@pytest.mark.parametrize(
    "text", ["", '{"status": "runn', "[1, 2]", '{"status": "finished"}', EMPTIED, '{"status": "running"}', "\x00"]
)
def test_a_record_that_was_cut_off_or_edited_is_a_sentence(text: str, stopped: Run, iris: Path, cli: Cli) -> None:
    (stopped.path / "run.json").write_text(text)
    for arguments in (["train", iris, "--resume", "--run", stopped.path], ["evaluate", stopped.path]):
        status, out, err = cli(*arguments)
        assert (status, out) == (1, "")
        assert err.startswith("error")
        assert str(stopped.path) in err
    assert cli("runs", iris.parent).status == 0


def test_data_that_changed_since_names_the_file_and_the_way_back(stopped: Run, iris: Path, cli: Cli) -> None:
    data = iris.parent / "data" / "iris.csv"
    data.write_text(data.read_text().replace("5.1,3.5", "5.2,3.5", 1))
    status, out, err = cli("train", iris, "--resume")
    assert (status, out) == (1, "")
    assert err.startswith(f"error[E0409]: `data/iris.csv` has changed since {stopped.path} began\n")
    assert "= help: train anew, without `--resume`" in err


def test_data_that_changes_while_it_is_read_is_known_by_what_was_read(
    iris: Path, cli: Cli, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fingerprint is that of the bytes that were read, so that a run of other bytes cannot be resumed on these."""
    read = Path.read_bytes

    def changing(path: Path) -> bytes:
        content = read(path)
        if path.suffix == ".csv":
            path.write_bytes(content.replace(b"5.1,3.5", b"5.2,3.5", 1))
        return content

    with monkeypatch.context() as patched:
        patched.setattr(files.Path, "read_bytes", changing)
        run = trained(iris, device)
    write_record(run, status="running")
    assert cli("train", iris, "--resume").err.startswith("error[E0409]: `data/iris.csv` has changed since")


def test_a_clock_that_goes_backwards_changes_nothing(
    iris: Path, device: str, cli: Cli, monkeypatch: pytest.MonkeyPatch, run_of
) -> None:
    clock = iter(range(2_000_000_000, 0, -1_000))
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: float(next(clock)))
        run = trained(iris, device)
    assert bits(run) == bits(run_of("iris"))
    (run.path / "lock").write_text(json.dumps({"process": 1, "host": "here", "since": 4e9}))
    assert cli("runs", iris.parent).out.splitlines()[1].split()[1] == "finished"
    assert not lock.is_held(run.path)


LONG = ["--set", "train.epochs=4000"]


def child(iris: Path, device: str, **streams: int | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "specc", "train", str(iris), "--device", device, *LONG]
    return subprocess.Popen(command, cwd=REPOSITORY, **streams)  # type: ignore[call-overload]


def under_way(iris: Path, running: subprocess.Popen[bytes]) -> RunFolder:
    """The run of a child, once it has written some epochs."""
    run = RunFolder(iris.parent / "runs" / "iris" / "0001")
    while running.poll() is None and not ((run.path / "metrics.jsonl").exists() and len(run.events()) > 2):
        time.sleep(0.01)
    return run


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="the system knows no hang-up")
def test_a_terminal_that_hangs_up_leaves_a_run_that_goes_on(iris: Path, device: str) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests that run under nohup would have the child ignore it too
    running = child(iris, device, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    signal.signal(signal.SIGHUP, before)
    run = under_way(iris, running)
    os.kill(running.pid, signal.SIGHUP)
    _, errors = running.communicate()
    assert (running.returncode, run.status) == (130, "interrupted")
    assert b"Traceback" not in errors
    assert not lock.is_held(run.path)
    assert (run.path / "checkpoint" / "state.safetensors").exists()


def test_a_reader_that_goes_away_leaves_a_run_that_goes_on(iris: Path, device: str) -> None:
    running = child(iris, device, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert running.stderr is not None
    running.stderr.readline()
    running.stderr.close()
    running.wait()
    run = RunFolder(iris.parent / "runs" / "iris" / "0001")
    assert run.status in ("stopped", "interrupted")
    assert running.returncode != 0


def test_streams_that_are_closed_are_no_fault(iris: Path) -> None:
    command = f"exec {sys.executable} -m specc check {iris} >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], cwd=REPOSITORY, check=False).returncode == 0
