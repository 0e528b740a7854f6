"""A disk that is full or read-only: the message names the file, what is kept and the way on, and nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from specc.runs.folder import RunFolder
from specc.runs.run import Run
from tests.cli.conftest import Cli
from tests.data.binding import halves
from tests.runs.made import REPOSITORY, drawing, trained, write_kind
from tests.runs.test_same_bits import bits

# A child with a small disk of its own: no right of the machine's is needed, where it allows name spaces at all.
MOUNTS = """
import os, subprocess, sys
kind, folder, *command = sys.argv[1:]
if kind == "small":
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + os.environ["SIZE"], "tmpfs", folder], check=True)
else:
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
done = subprocess.run(command, check=False)
if kind == "small":
    subprocess.run(["cp", "-a", folder + "/.", os.environ["KEPT"]], check=True)
sys.exit(done.returncode)
"""


def may_mount() -> bool:
    try:
        tried = subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return tried.returncode == 0


mounting = pytest.mark.skipif(not may_mount(), reason="this machine lets nobody but root mount a small disk")


def child(kind: str, folder: Path, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a child that sees `folder` as a small or a read-only disk."""
    words = ["unshare", "-Urm", sys.executable, "-c", MOUNTS, kind, str(folder), sys.executable, "-m", "specc", *command]
    return subprocess.run(words, capture_output=True, text=True, cwd=REPOSITORY, check=False, env=os.environ | environment)


def wide(folder: Path) -> Path:
    """A spec whose checkpoint has some 100 kB."""
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_text(halves(80))
    (folder / "t.dn").write_text(
        'data { source = csv("t.csv"); columns { x = number(scale = standard); y = category }; target = y }\n'
        "network { input(features); dense(90, relu); dense(90); output(y) }\ntrain { epochs = 3; optimizer = adam }\n"
    )
    return folder / "t.dn"


@mounting
def test_a_full_disk_loses_nothing_that_was_there(tmp_path: Path, device: str) -> None:
    path = wide(tmp_path / "spec")
    whole = trained(path, device)
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    command = ["train", str(path), "--run", str(disk / "mine"), "--device", device]
    done = child("small", disk, command, SIZE="130k", KEPT=str(kept))
    assert done.returncode == 3
    said = f"error: training stopped: {disk}/mine/checkpoint/state.safetensors: no space left on device\n"
    way_on = f"when that is mended, go on with: specc train {path} --run {disk}/mine --resume\n"
    assert done.stderr.endswith(f"{said}the run is kept in {disk}/mine as it was last saved\n{way_on}")
    assert RunFolder(kept / "mine").status == "stopped"
    assert not [file.name for file in kept.rglob("*") if file.name.endswith(".writing")]
    resumed = trained(path, device, run=kept / "mine", resume=True)
    assert resumed.record["status"] == "finished"
    assert bits(resumed) == bits(whole)


@mounting
def test_a_read_only_disk_is_said_at_the_start(tmp_path: Path) -> None:
    path = wide(tmp_path / "spec")
    done = child("read-only", path.parent, ["train", str(path)])
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"error: {path.parent / 'runs' / 't'} cannot be made: read-only file system"


def test_a_run_on_a_disk_that_has_become_read_only_is_left_as_it_is(
    tmp_path: Path, cli: Cli, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_kind("iris", tmp_path)
    run = trained(path, device)
    record = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(record | {"status": "interrupted"}))

    usual = os.open

    def read_only(place: str | Path, flags: int, mode: int = 0o777, **how: int) -> int:
        if Path(place).name == "lock":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(place))
        return usual(place, flags, mode, **how)

    with monkeypatch.context() as patched:
        patched.setattr("specc.runs.lock.os.open", read_only)
        status, out, err = cli("train", path, "--device", device, "--resume")
    assert (status, out) == (3, "")
    way_on = f"when that is mended, go on with: specc train {path} --resume\n"
    assert err == f"error: training stopped: {run.path / 'lock'}: read-only file system\n{way_on}"


# ---- the same at every file, by faults that are put in


class Full:
    """A disk on which one file finds no room, so often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.name, self.met = name, 0
        replace = os.replace

        def failing(source: str | Path, place: str | Path) -> None:
            if Path(place).name == self.name or Path(place).parent.name == self.name:
                self.met += 1
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))
            replace(source, place)

        monkeypatch.setattr(os, "replace", failing)


@pytest.mark.parametrize("name", ["state.safetensors", "weights.safetensors", "model.onnx", "export.json"])
def test_every_file_of_a_run_is_named_and_the_run_goes_on(
    name: str, tmp_path: Path, device: str, cli: Cli, monkeypatch: pytest.MonkeyPatch, run_of
) -> None:
    path = write_kind("iris", tmp_path)
    with monkeypatch.context() as patched:
        full = Full(patched, name)
        status, out, err = cli("train", path, "--device", device)
    assert (status, out, full.met) == (3, "", 1)
    folder = tmp_path / "runs" / "iris" / "0001"
    assert re.search(rf"^error: training stopped: {folder}/(checkpoint/)?{name}: no space left on device$", err, re.MULTILINE)
    assert err.endswith(f"as it was last saved\nwhen that is mended, go on with: specc train {path} --resume\n")
    assert bits(trained(path, device, resume=True)) == bits(run_of("iris"))


def test_a_picture_that_cannot_be_written_loses_no_run(
    tmp_path: Path, device: str, cli: Cli, monkeypatch: pytest.MonkeyPatch, run_of
) -> None:
    path = write_kind("iris", tmp_path)
    with drawing(), monkeypatch.context() as patched:
        Full(patched, "pictures")
        status, out, err = cli("train", path, "--device", device)
    run = Run(tmp_path / "runs" / "iris" / "0001")
    assert status == 0
    assert f"warning[W2002]: the pictures are missing: {run.path}/pictures/curves.png: no space left on device\n" in err
    assert out.splitlines()[-1] == f"{run.path}: model.onnx, model.py, weights"
    assert run.record["status"] == "finished"
    assert bits(run) == bits(run_of("iris"))
    assert [event["event"] for event in run.history if "event" in event] == ["W2002"]


def test_a_run_folder_that_is_taken_away_is_said(tmp_path: Path, cli: Cli, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_kind("iris", tmp_path)
    folder = tmp_path / "runs" / "iris" / "0001"
    append = RunFolder.append_event

    def taken_away(run: RunFolder, event: dict) -> None:
        shutil.rmtree(run.path, ignore_errors=True)
        append(run, event)

    monkeypatch.setattr(RunFolder, "append_event", taken_away)
    status, out, err = cli("train", path, "--device", device)
    assert (status, out) == (3, "")
    assert err.endswith(f"error: training stopped: the run's folder {folder} is gone: train anew, with `specc train {path}`\n")
    assert not folder.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_data_file_that_may_not_be_read_is_said(tmp_path: Path, cli: Cli) -> None:
    path = write_kind("iris", tmp_path)
    os.chmod(tmp_path / "data" / "iris.csv", 0)
    status, out, err = cli("train", path)
    os.chmod(tmp_path / "data" / "iris.csv", stat.S_IRUSR | stat.S_IWUSR)
    assert (status, out) == (1, "")
    assert "error[E0401]: `data/iris.csv` cannot be opened: permission denied\n" in err
