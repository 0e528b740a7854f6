"""What tests share: where real data lies, and the device that those which train take."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Two workers on two cores: more threads would wait for each other most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

REPOSITORY = Path(__file__).parents[1]


def pytest_collection_finish() -> None:
    """What is imported by now stays to the end: the collector need not look through it again and again, a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def pictures_are_left_out() -> Iterator[None]:
    """Runs draw no pictures: they take two thirds of a small run, and one without them is a whole one (`W2002`).

    Tests that look at pictures train in `tests.runs.made.drawing`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specc.runs.pictures.draw_pictures", lambda *given: None)
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that the tests stand in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the full data sets, named by `SPECC_DATA`; a test that needs it skips where it is absent."""
    folder = Path(os.environ.get("SPECC_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("SPECC_DATA names no folder with the full data sets")
    return folder


@pytest.fixture(scope="session")
def device() -> str:
    """The device of tests that train: `SPECC_DEVICE`, else a GPU where there is one."""
    import torch

    return os.environ.get("SPECC_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
