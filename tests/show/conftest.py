"""Specs with their data, and the command as a user calls it."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from specc.cli.show import command

HERE = Path(__file__).parent


@pytest.fixture
def show() -> Callable[..., Result]:
    """Runs `specc show` with some arguments, its output in a pipe."""
    return lambda *arguments: CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def iris(tmp_path: Path, repository: Path) -> Path:
    """The shipped spec with its data."""
    shutil.copytree(repository / "specs", tmp_path / "iris")
    return tmp_path / "iris" / "iris.dn"


@pytest.fixture
def titanic(tmp_path: Path) -> Path:
    """A spec without its data."""
    return Path(shutil.copy(HERE / "titanic.dn", tmp_path / "titanic.dn"))


@pytest.fixture
def residual(tmp_path: Path) -> Path:
    """A residual network with 33 training and 10 test pictures of ten labels."""
    folder = tmp_path / "data" / "pictures"
    folder.mkdir(parents=True)
    for stem, count in (("train", 33), ("t10k", 10)):
        pixels = bytes(i * 7 % 256 for i in range(count * 144))
        (folder / f"{stem}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 2051, count, 12, 12) + pixels)
        (folder / f"{stem}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, count) + bytes(i % 10 for i in range(count)))
    return Path(shutil.copy(HERE / "residual.dn", tmp_path / "residual.dn"))
