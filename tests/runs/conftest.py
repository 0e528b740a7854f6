"""A run of every kind, trained once for all tests that only look at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from specc.runs.run import Run
from tests.cli.conftest import cli as cli
from tests.runs.made import KINDS, drawing, trained, write_kind
from tests.runs.makers import made_run


@pytest.fixture(scope="session")
def run_of(tmp_path_factory: pytest.TempPathFactory, device: str) -> Callable[[str], Run]:
    """The run of a kind; its folder's fourth parent is where the spec and its data lie."""
    folder = tmp_path_factory.mktemp("runs")
    runs: dict[str, Run] = {}

    def run(kind: str) -> Run:
        if kind not in runs:
            with drawing():
                runs[kind] = trained(write_kind(kind, folder / kind), device)
        return runs[kind]

    return run


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def run(kind: str, run_of: Callable[[str], Run]) -> Run:
    return run_of(kind)


@pytest.fixture
def home(run: Run) -> Path:
    """Where the spec of the run lies."""
    return run.path.parents[2]


@pytest.fixture(scope="session")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """The run of a kind of model that makes rows of noise; its spec and data lie in the folder of its fourth parent."""
    folder = tmp_path_factory.mktemp("makers")
    runs: dict[str, Run] = {}

    def run(kind: str) -> Run:
        if kind not in runs:
            with drawing():
                runs[kind] = made_run(folder / kind, kind)
        return runs[kind]

    return run
