"""A run that one process trains is nobody else's: what a second one is told, and what is left when the first one dies."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from specc.diagnostics import SpecError
from specc.runs import lock as locks
from specc.runs.folder import RunExists, RunFolder
from specc.runs.lock import Holder, InUse, Lock, holder_of, is_held
from specc.runs.run import NotARun, Run, open_run
from specc.runs.train import Interrupted, Silent
from tests.cli.conftest import Cli
from tests.runs.made import trained, write_kind

pytestmark = pytest.mark.skipif(locks.fcntl is None, reason="there are no locks here")

HOLDS = """
import sys, time
from pathlib import Path
from specc.runs.lock import Lock
with Lock() as lock:
    lock.take(Path(sys.argv[1]))
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def begun(tmp_path: Path, device: str) -> Run:
    """A run that was stopped after its training."""
    with pytest.raises(Interrupted) as stop:
        trained(write_kind("iris", tmp_path), device, StopsBehindTraining())
    return Run(stop.value.folder)


class StopsBehindTraining(Silent):
    def stage(self, name: str) -> None:
        if name == "evaluating":
            raise KeyboardInterrupt


@pytest.fixture
def holder(begun: Run) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the run, as one does that trains it."""
    child = subprocess.Popen([sys.executable, "-c", HOLDS, str(begun.path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate()


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_process_is_told_who_trains_and_touches_nothing(begun: Run, holder, cli: Cli) -> None:
    before, path = files(begun.path), begun.path.parents[2] / "iris.dn"
    status, out, err = cli("train", path, "--resume")
    assert (status, out) == (1, "")
    assert err.startswith(f"error[E0508]: {begun.path} is being trained by process {holder.pid} (since ")
    assert f"= help: wait until it is done, or stop it with `kill {holder.pid}`\n" in err
    assert files(begun.path) == before
    status, out, err = cli("train", path, "--run", begun.path)
    assert status == 2
    assert f"is being trained by process {holder.pid} (since " in err


def test_a_run_is_running_only_while_somebody_trains_it(begun: Run, holder, cli: Cli) -> None:
    record = json.loads((begun.path / "run.json").read_text())
    (begun.path / "run.json").write_text(json.dumps(record | {"status": "running"}))
    _, out, err = cli("runs", begun.path.parent)
    assert (out.splitlines()[1].split()[:2], err) == (["0001", "running"], "")
    with pytest.raises(NotARun, match=rf"is not finished \(running\): process {holder.pid} \(since ..:..\) trains it: wait"):
        open_run(begun.path)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (begun.path / "lock").exists()
    assert not is_held(begun.path)
    way_on = f"go on with `specc train {begun.path.parents[2] / 'iris.dn'} --run {begun.path} --resume`"
    _, out, err = cli("runs", begun.path.parent)
    assert (out.splitlines()[1].split()[:2], err) == (["0001", "stopped"], f"0001 was stopped: {way_on}\n")
    assert json.loads(cli("runs", begun.path.parent, "--json").out)["runs"][0]["status"] == "stopped"
    with pytest.raises(NotARun) as error:
        open_run(begun.path.parent)
    assert str(error.value) == (
        f"{begun.path.parent} holds no finished run; its newest, 0001, is not finished (stopped): {way_on}"
    )


def test_what_a_dead_process_left_is_taken_over(begun: Run, holder, device: str) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    run = trained(begun.path.parents[2] / "iris.dn", device, resume=True)
    assert (run.path, run.record["status"]) == (begun.path, "finished")
    assert not (run.path / "lock").exists()


class Looks(Silent):
    """Looks at the run from its first instant on, and keeps it under way until it is let go."""

    def __init__(self) -> None:
        self.held: list[bool] = []
        self.under_way, self.go_on = threading.Event(), threading.Event()
        self.folder = Path()

    def begins(self, spec, folder: Path, device, threads, resumed) -> None:
        self.folder = folder
        self.held.append(is_held(folder))
        self.under_way.set()
        self.go_on.wait(60)


def test_two_threads_of_a_process_train_two_runs_and_not_one(tmp_path: Path, device: str) -> None:
    path, looks, runs = write_kind("iris", tmp_path), Looks(), []
    first = threading.Thread(target=lambda: runs.append(trained(path, device, looks)))
    first.start()
    looks.under_way.wait(60)
    try:
        with pytest.raises(SpecError) as error:
            trained(path, device, resume=True)
        assert str(error.value.report.errors[0].message).endswith("0001 is being trained by this very process")
        second = trained(path, device)
        assert second.path.name == "0002"
    finally:
        looks.go_on.set()
        first.join()
    assert looks.held == [True]
    assert (runs[0].path, runs[0].record["status"]) == (looks.folder, "finished")
    assert not any(is_held(run.path) or (run.path / "lock").exists() for run in (runs[0], second))


def test_a_new_folder_is_held_before_it_has_its_name(tmp_path: Path) -> None:
    seen = []

    def look(path: Path) -> dict[str, str]:
        (beside,) = (tmp_path / "runs" / "a").iterdir()
        seen.append((path.exists(), is_held(beside)))
        return {"run.json": "{}"}

    with Lock() as lock:
        folder = RunFolder.create(tmp_path / "a.dn", None, look, lock).path
        assert seen == [(False, True)]
        assert is_held(folder)
        with pytest.raises(RunExists, match="0001 is being trained by this very process"):
            RunFolder.create(tmp_path / "a.dn", folder, look, Lock())
    assert not is_held(folder)
    assert [path.name for path in folder.iterdir()] == ["run.json"]


def test_a_lock_that_is_taken_again_and_again_is_never_held_twice(tmp_path: Path) -> None:
    """The file goes with each release, which must not let two hold two files of the same name."""
    holding, most = [0], [0]

    def take() -> None:
        for _ in range(200):
            try:
                with Lock() as lock:
                    lock.take(tmp_path)
                    holding[0] += 1
                    most[0] = max(most[0], holding[0])
                    holding[0] -= 1
            except InUse:
                pass

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_the_words_for_a_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    long_ago = time.mktime((2026, 1, 5, 2, 13, 0, 0, 0, -1))
    assert str(Holder(7, "here", long_ago)) == "process 7 (since 2026-01-05 02:13)"
    assert str(Holder(7, "there", long_ago)) == "process 7 on there (since 2026-01-05 02:13)"
    assert Holder(7, "there", long_ago).way_out == "wait until it is done"
    assert str(Holder(0, "", 0.0)) == "another process"


@pytest.mark.parametrize("text", ["", "[]", '{"process": "x"}'])
def test_a_holder_that_does_not_say_who_it_is(text: str, tmp_path: Path) -> None:
    with Lock() as lock:
        lock.take(tmp_path)
        (tmp_path / "lock").write_text(text)
        assert str(holder_of(tmp_path)) == "another process"


def test_a_file_system_without_locks_locks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(file: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", without)
    with Lock() as lock, Lock() as other:
        lock.take(tmp_path)
        other.take(tmp_path)
        assert not is_held(tmp_path)
    monkeypatch.setattr(locks, "fcntl", None)
    with Lock() as lock:
        lock.take(tmp_path)
    assert not list(tmp_path.iterdir())
