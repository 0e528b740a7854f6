"""The command line as a user calls it, in this process: its exit status, and what it wrote where."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from specc.cli.main import main
from specc.runs.run import Run
from tests.runs.made import trained, write_kind


class Called(NamedTuple):
    status: int
    out: str
    err: str


Cli = Callable[..., Called]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`cli("train", path)`: both streams are pipes."""

    def call(*arguments: object) -> Called:
        monkeypatch.setattr(sys, "argv", ["specc", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        written = capsys.readouterr()
        assert "\x1b" not in written.out + written.err, "no colours in a pipe"
        assert "Traceback" not in written.err
        return Called(int(end.value.code or 0), written.out, written.err)

    return call


@pytest.fixture(scope="session")
def iris_home(tmp_path_factory: pytest.TempPathFactory, device: str) -> Path:
    """A folder with the shipped spec, its data and one run of it that shows its confusion matrix."""
    folder = tmp_path_factory.mktemp("iris")
    path = write_kind("iris", folder)
    trained(path, device, overrides=["train.metrics=[accuracy, confusion_matrix]"])
    return folder


@pytest.fixture
def iris_run(iris_home: Path) -> Run:
    return Run(iris_home / "runs" / "iris" / "0001")


@pytest.fixture(scope="session")
def mixed_run(tmp_path_factory: pytest.TempPathFactory, device: str) -> Run:
    return trained(write_kind("mixed", tmp_path_factory.mktemp("mixed")), device)
