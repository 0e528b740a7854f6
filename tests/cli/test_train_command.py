"""`specc train`: what it prints and how it ends, for runs that go well and for every mistake of the data."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from specc.runs.folder import RunFolder
from specc.runs.run import Run
from tests.cli.conftest import Cli
from tests.data.binding import halves, spec_of, write
from tests.data.test_mistakes import CASES
from tests.runs.made import drawing, write_kind


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    return write_kind("iris", tmp_path)


def line_of(path: Path, text: str) -> int:
    """The first line that says it, from 1."""
    return path.read_text("utf-8").partition(text)[0].count("\n") + 1


def test_a_run_prints_its_lines_its_table_and_its_folder(iris: Path, cli: Cli, device: str) -> None:
    with drawing():
        status, out, err = cli("train", iris, "--set", "train.epochs=2", "--device", device)
    folder = iris.parent / "runs" / "iris" / "0001"
    assert status == 0
    lines = err.splitlines()
    assert lines[0] == f"training iris in {folder}"
    assert lines[1].startswith(f"403 parameters; {device}")
    assert lines[1].endswith("rows: 105 train, 23 validation, 22 test")
    assert lines[-1].startswith("epoch 2/2  train: loss ")
    table = out.splitlines()
    assert table[0].split() == ["loss", "accuracy"]
    assert [line.split()[0] for line in table[1:4]] == ["train", "validation", "test"]
    assert f"{Run(folder).metrics['test']['accuracy']:.4f}" == table[3].split()[2]
    assert table[4:] == [f"{folder}: model.onnx, model.py, weights, pictures"]


def test_phases_and_kept_epochs_are_told(tmp_path: Path, cli: Cli, device: str) -> None:
    path = write_kind("parquet", tmp_path)
    worse = ["--set", "train.fine.optimizer=sgd(20.0, momentum = 0.9)", "--set", "train.fine.epochs=7"]
    status, _, err = cli("train", path, "--device", device, *worse)
    assert status == 0
    kept = [event["epoch"] for event in Run(tmp_path / "runs" / "parquet" / "0001").history if event.get("best")][-1]
    assert kept < 7, "the example must keep an earlier epoch"
    assert "\nwarm epoch 2/2  train: " in err
    assert err.endswith(f"\nkept epoch {kept}, the best one\n")


def test_a_phase_that_stops_says_why(tmp_path: Path, cli: Cli, device: str) -> None:
    path = write_kind("iris", tmp_path)
    stop = ["--set", "train.stop=early(validation.loss, patience = 1)", "--set", "train.optimizer=sgd(30.0)"]
    status, _, err = cli("train", path, "--device", device, *stop, "--set", "train.epochs=50")
    assert status == 0
    assert "\nstopped: no better validation.loss for 1 epoch; kept epoch " in err


def test_wrong_specs_end_with_1_before_torch_is_loaded(iris: Path, cli: Cli) -> None:
    iris.write_text(iris.read_text("utf-8").replace("dense(", "dens(", 1), "utf-8")
    status, out, err = cli("train", iris)
    assert (status, out) == (1, "")
    assert err.startswith(f"error[E0101]: there is no layer called `dens`\n  --> {iris}:{line_of(iris, 'dens')}:3\n")
    assert not (iris.parent / "runs").exists()


@pytest.mark.parametrize("name", CASES)
def test_every_mistake_of_the_data_ends_with_1_at_its_place(name: str, tmp_path: Path, cli: Cli) -> None:
    case = CASES[name]
    write(tmp_path, case.files)
    (tmp_path / "t.dn").write_text(case.text)
    status, out, err = cli("train", tmp_path / "t.dn")
    assert (status, out) == (1, "")
    assert re.search(r"^error\[E0", err, re.MULTILINE)
    assert f"--> {tmp_path / 't.dn'}:" in err
    assert "= help: " in err
    assert err.splitlines()[-1].endswith(("1 error", "errors"))
    assert not (tmp_path / "runs").exists()


def test_advice_on_the_data_is_shown(tmp_path: Path, cli: Cli, device: str) -> None:
    write(tmp_path, {"t.csv": halves(40), "t.dn": spec_of('x = number; y = category(labels = ["a", "b", "c"])')})
    status, _, err = cli("train", tmp_path / "t.dn", "--device", device)
    assert status == 0
    assert "warning[W1001]: no row of `y` has the label `c`" in err


def test_diverged_training_ends_with_3(iris: Path, cli: Cli, device: str) -> None:
    status, out, err = cli("train", iris, "--set", "train.optimizer=sgd(1e30)", "--device", device)
    assert (status, out) == (3, "")
    assert "error[E0506]: training diverged: the loss is no longer finite in epoch 1, batch 2\n" in err
    assert f"--> {iris}:{line_of(iris, 'dense') + 1}:3" in err
    assert err.endswith(f"the run is kept in {iris.parent / 'runs' / 'iris' / '0001'}\n")


def test_a_folder_with_something_in_it_is_not_taken(iris: Path, cli: Cli) -> None:
    (iris.parent / "mine").mkdir()
    (iris.parent / "mine" / "notes.txt").write_text("keep me")
    said = f"error: {iris.parent / 'mine'} is not empty: choose another folder, or go on with it by --resume\n"
    assert cli("train", iris, "--run", iris.parent / "mine") == (2, "", said)
    assert [path.name for path in (iris.parent / "mine").iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made(iris: Path, cli: Cli) -> None:
    status, out, err = cli("train", iris, "--run", iris / "below a file")
    assert (status, out) == (2, "")
    assert err == f"error: {iris / 'below a file'} cannot be made: not a directory\n"


def test_a_disk_that_is_full_ends_with_3_and_says_how_to_go_on(
    iris: Path, cli: Cli, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: RunFolder, event: object) -> None:
        raise OSError(28, "No space left on device", str(folder.path / "metrics.jsonl"))

    monkeypatch.setattr(RunFolder, "append_event", full)
    status, out, err = cli("train", iris, "--device", device)
    assert (status, out) == (3, "")
    assert "error: training stopped: " in err
    way_on = f"when that is mended, go on with: specc train {iris} --resume\n"
    kept = f"the run is kept in {iris.parent / 'runs' / 'iris' / '0001'} as it was last saved"
    assert err.endswith(f"metrics.jsonl: no space left on device\n{kept}\n{way_on}")


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(iris: Path, cli: Cli, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("specc.cli.progress.PlainLines.step", pressed)
    folder = iris.parent / "my runs"
    status, out, err = cli("train", iris, "--device", device, "--run", folder)
    assert (status, out) == (130, "")
    assert err.endswith(f"stopped; go on with: specc train {iris} --run '{folder}' --resume\n")
    monkeypatch.undo()


def test_a_device_that_is_not_there(iris: Path, cli: Cli) -> None:
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("there is one")
    assert cli("train", iris, "--device", "mps") == (
        2,
        "",
        "error: there is no MPS device here: take `--device cpu`, or `auto`\n",
    )


def test_resuming_says_what_it_does(iris: Path, cli: Cli, device: str) -> None:
    short = ["--set", "train.epochs=1", "--device", device]
    status, first, err = cli("train", iris, "--resume", *short)
    assert status == 0
    assert err.startswith("training iris in ")  # there was none: it begins
    folder = iris.parent / "runs" / "iris" / "0001"
    status, out, err = cli("train", iris, "--resume")
    assert (status, out, err) == (0, first, f"{folder} is finished already\n")
    status, out, err = cli("train", iris, "--resume", "--set", "train.epochs=2")
    assert (status, out) == (1, "")
    assert err.startswith(f"error[E0508]: {folder} began with `--set train.epochs=1`, and now it is `--set train.epochs=2`\n")
    (iris.parent / "data" / "iris.csv").write_text("changed")
    assert cli("train", iris, "--resume")[0] == 0  # it is finished whatever has become of the data
    iris.write_text(iris.read_text("utf-8") + "\n", "utf-8")
    status, out, err = cli("train", iris, "--resume")
    assert (status, out) == (1, "")
    assert err.startswith(f"error[E0508]: the spec has changed since {folder} began\n")


def test_compile_writes_the_source_that_train_trains(iris: Path, cli: Cli, device: str) -> None:
    cli("train", iris, "--device", device, "--set", "train.epochs=0")
    source = (iris.parent / "runs" / "iris" / "0001" / "model.py").read_text("utf-8")
    assert cli("compile", iris) == (0, source, "")
    assert cli("compile", iris, "-o", iris.parent / "new" / "model.py") == (0, "", "")
    assert (iris.parent / "new" / "model.py").read_text("utf-8") == source
    status, out, err = cli("compile", iris, "-o", iris / "model.py")
    assert (status, out, err) == (2, "", f"error: {iris / 'model.py'} cannot be written: not a directory\n")
    shutil.rmtree(iris.parent / "data")
    status, out, err = cli("compile", iris)
    assert (status, out) == (1, "")
    assert err.startswith("error[E0401]: there is no `data/iris.csv`\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_device_is_a_message(iris: Path, cli: Cli) -> None:
    assert cli("compile", iris, "-o", "/dev/full") == (2, "", "error: /dev/full cannot be written: no space left on device\n")
    assert cli("compile", iris, "-o", "/dev/null") == (0, "", "")
    assert not Path("/dev/null").is_file()
    assert sys.platform != "linux" or Path("/dev/null").is_char_device()
