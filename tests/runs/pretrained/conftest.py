"""The homes of runs that parts are taken from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs.made import mixed_rows, trained, write_kind
from tests.runs.pretrained.specs import SPECS


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory, device: str) -> dict[str, Path]:
    """A finished run of each kind, beside its data and the spec that takes a part of it."""
    folder = tmp_path_factory.mktemp("pretrained")
    for kind, text in SPECS.items():
        trained(write_kind(kind, folder / kind), device)
        (folder / kind / "next.dn").write_text(text, "utf-8")
    rows = [row | {"year": str(int(row["year"]) + 300)} for row in mixed_rows(60)]
    lines = [",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows)]
    (folder / "mixed" / "more.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return {kind: folder / kind for kind in SPECS}


@pytest.fixture
def home(homes: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the home of a kind, to be changed and trained in."""
    return lambda kind: Path(shutil.copytree(homes[kind], tmp_path / kind))
