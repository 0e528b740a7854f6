"""Every name under which something is measured of a composite has a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.explain.words import page_of
from tests.runs.makers import made_run


@pytest.mark.parametrize("kind", ["codes", "vae", "autoencoder"])
def test_what_is_measured_is_explained(kind: str, tmp_path: Path) -> None:
    run = made_run(tmp_path, kind)
    splits = [event[split] for event in run.history for split in ("train", "validation") if split in event]
    names = {name for measured in [*splits, *run.metrics.values()] for name in measured}
    assert len(names) >= 2
    assert [name for name in sorted(names) if not page_of(name)] == []
