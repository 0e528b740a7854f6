"""Several runs of one spec: each is the ordinary run of its seed or fold, at once or one by one, killed or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.api import train
from specc.diagnostics import SpecError
from specc.runs.run import NotARun, Run, open_run
from specc.runs.several import average, mean_and_error
from tests.cli.conftest import Cli
from tests.data.binding import table
from tests.runs.made import REPOSITORY, trained
from tests.runs.test_same_bits import bits, log

TEXT = """data {
  source = csv("t.csv")
  columns { x = number(scale = standard); y = category }
  target = y
}
network { input(features); dense(4, relu); dropout(0.1); output(y) }
train { epochs = 15; batch = 8; optimizer = sgd(0.1, momentum = 0.9) }
"""


def small(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_text(table(40, lambda i: f"{i},{'ab'[i % 5 > 1]}"))
    (folder / "t.dn").write_text(TEXT)
    return folder / "t.dn"


def group_of(path: Path, number: int = 1) -> Path:
    return path.parent / "runs" / "t" / f"{number:04d}"


def record_of(group: Path) -> dict:
    return json.loads((group / "runs.json").read_text("utf-8"))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_mean_and_standard_error_are_those_of_numpy(values: list[float]) -> None:
    found = mean_and_error(values)
    assert found["count"] == len(values)
    assert found["mean"] == pytest.approx(np.mean(values), rel=1e-9, abs=1e-9)
    assert found["error"] == pytest.approx(np.std(values, ddof=1) / np.sqrt(len(values)), rel=1e-6, abs=1e-6)


def test_what_is_no_number_is_left_out_of_a_mean() -> None:
    found = average([{"test": {"loss": 1.0, "auroc": None, "confusion_matrix": [[1]]}}, {"test": {"loss": 3.0, "auroc": 0.5}}])
    assert found == {"test": {"loss": {"mean": 2.0, "error": 1.0, "count": 2}, "auroc": {"mean": 0.5, "error": None, "count": 1}}}


def test_seeds_are_the_ordinary_runs_of_those_seeds(tmp_path: Path, cli: Cli, device: str) -> None:
    path = small(tmp_path)
    called = cli("train", path, "--seed", 3, "--seeds", 2, "--device", device)
    assert called.status == 0
    group = group_of(path)
    assert called.out.splitlines()[-1] == f"{group}: 2 runs, seed_3 to seed_4"
    alone = [trained(small(tmp_path / str(seed)), device, seed=seed) for seed in (3, 4)]
    for seed, run in zip((3, 4), alone):
        assert bits(Run(group / f"seed_{seed}")) == bits(run)
        assert log(Run(group / f"seed_{seed}")) == log(run)
    losses = [run.metrics["test"]["loss"] for run in alone]
    error = np.std(losses, ddof=1) / np.sqrt(2)
    assert record_of(group)["metrics"]["test"]["loss"] == {
        "mean": pytest.approx(np.mean(losses)),
        "error": pytest.approx(error),
        "count": 2,
    }
    assert f"{np.mean(losses):.4f} ± {error:.4f}" in next(line for line in called.out.splitlines() if line.startswith("test"))
    listed = cli("runs", tmp_path / "runs").out.splitlines()
    assert [line.split()[0] for line in listed[1:]] == ["t/0001", "t/0001/seed_3", "t/0001/seed_4"]
    assert f"{np.mean(losses):.4f} ± {error:.4f}" in listed[1]
    with pytest.raises(NotARun, match=r"holds 2 runs, seed_3 to seed_4: name one of them, as in .*0001/seed_3$"):
        open_run(tmp_path / "runs" / "t")
    again = cli("train", path, "--resume")
    assert (again.status, again.out) == (0, called.out)
    assert again.err == f"{group} is finished already\n"
    refused = cli("train", path, "--resume", "--seeds", 3)
    assert refused.status == 1
    assert "began with `--seeds 2`, and now it is `--seeds 3`" in refused.err


def test_folds_are_trained_each_in_turn_and_killed_go_on_to_the_same_bits(tmp_path: Path, cli: Cli, device: str) -> None:
    options = ["--set", "data.split=folds(3, validation = 0)", "--device", device]
    whole = small(tmp_path / "whole")
    called = cli("train", whole, *options)
    assert called.status == 0
    killed = small(tmp_path / "killed")
    command = [sys.executable, "-m", "specc", "train", str(killed), *options, "--jobs", "2"]
    child = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    group = group_of(killed)
    while child.poll() is None and not list(group.glob("*/metrics.jsonl")):
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert record_of(group)["status"] == "running"
    gone_on = cli("train", killed, "--resume")
    assert gone_on.status == 0
    assert gone_on.out.replace(str(killed.parent), str(whole.parent)) == called.out
    for fold in (1, 2, 3):
        runs = [Run(group_of(path) / f"fold_{fold}") for path in (whole, killed)]
        assert bits(runs[0]) == bits(runs[1])
        assert log(runs[0]) == log(runs[1])
        assert runs[0].record["overrides"] == ["data.split=folds(3, validation = 0)", f"data.split.fold={fold}"]
    assert record_of(group)["metrics"] == record_of(group_of(whole))["metrics"]
    assert record_of(group)["status"] == "finished"


def test_one_fold_is_an_ordinary_run_and_python_asks_which(tmp_path: Path, cli: Cli, device: str) -> None:
    path = small(tmp_path)
    path.write_text(TEXT.replace("target = y", "target = y\n  split = folds(4)").replace("epochs = 15", "epochs = 1"))
    assert cli("train", path, "--set", "data.split.fold=2", "--device", device).status == 0
    assert Run(group_of(path)).record["data"]["rows"] == {"train": 24, "validation": 6, "test": 10}
    with pytest.raises(SpecError, match="a run on each of 4 folds"):
        train(path)


def test_a_mistake_in_the_data_leaves_no_folder(tmp_path: Path, cli: Cli) -> None:
    path = small(tmp_path)
    (tmp_path / "t.csv").unlink()
    called = cli("train", path, "--seeds", 2)
    assert called.status == 1
    assert called.err.count("error[") == 1
    assert not group_of(path).exists()


def test_a_run_that_diverges_does_not_stop_the_others(tmp_path: Path, cli: Cli, device: str) -> None:
    path = small(tmp_path)
    called = cli("train", path, "--seeds", 2, "--set", "train.optimizer=sgd(1e30)", "--device", device)
    assert called.status == 3
    assert called.err.count("error[E0506]") == 2
    assert called.out.splitlines()[-1] == f"{group_of(path)}: 2 runs, seed_0 to seed_1; 2 not finished"
    assert record_of(group_of(path))["status"] == "failed"


def test_jobs_are_for_several_runs(tmp_path: Path, cli: Cli) -> None:
    called = cli("train", small(tmp_path), "--jobs", 2)
    assert called.status == 2
    assert "--jobs is for several runs" in called.err


@pytest.mark.parametrize("folder", ["../../elsewhere", "seed_1", "fold_1", 3, None])
def test_a_group_names_no_folder_but_its_runs(folder: object, tmp_path: Path, cli: Cli, device: str) -> None:
    path = small(tmp_path)
    path.write_text(TEXT.replace("epochs = 15", "epochs = 1"))
    assert cli("train", path, "--seeds", 1, "--device", device).status == 0
    record = record_of(group_of(path))
    record["runs"][0]["folder"] = folder
    (group_of(path) / "runs.json").write_text(json.dumps(record))
    called = cli("train", path, "--resume")
    assert (called.status, called.out) == (1, "")
    assert "cannot be resumed, its files are damaged: runs.json does not list runs" in called.err
    assert not (tmp_path / "runs" / "elsewhere").exists()
