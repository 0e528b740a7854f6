"""Wrong labels: so many, of the training rows alone, each other label as likely, whatever the seed of the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from specc.data.noise import with_wrong_labels
from tests.data.binding import bound, table

ROWS = 3000
SPEC = """data {{
  source = csv("t.csv"); columns {{ x = number; y = category }}; target = y
  split = random(train = 0.8, test = 0.2, seed = {seed})
}}
network {{ input(features); output(y) }}
train {{ epochs = 1 }}
"""


def example(folder: Path, seed: int = 0):
    files = {"t.csv": table(ROWS, lambda i: f"{i},{'abcd'[i % 4]}", "x,y")}
    return bound(folder, SPEC.format(seed=seed), files)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_so_many_training_rows_have_another_label_each_as_likely(share: float, tmp_path: Path) -> None:
    spec, dataset = example(tmp_path)
    rows = dataset.rows["train"]
    noisy = with_wrong_labels(spec, dataset, rows, share)
    before, after = dataset.targets["y"], noisy.targets["y"]
    changed = np.flatnonzero(before != after)
    assert len(changed) == round(share * len(rows)) and set(changed) <= set(rows)
    assert np.array_equal(after, noisy.truth["y"])
    turns = np.bincount((after[changed] - before[changed]) % 4, minlength=4)
    assert turns[0] == 0
    assert np.all(np.abs(turns[1:] - len(changed) / 3) < 4 * np.sqrt(len(changed) * 2 / 9))


def test_the_data_itself_stays_and_the_lot_is_the_splits(tmp_path: Path) -> None:
    spec, dataset = example(tmp_path)
    rows, before = dataset.rows["train"], dataset.targets["y"].copy()
    first = with_wrong_labels(spec, dataset, rows, 0.3)
    assert np.array_equal(dataset.targets["y"], before)
    assert np.array_equal(first.targets["y"], with_wrong_labels(spec, dataset, rows, 0.3).targets["y"])
    other_spec, other = example(tmp_path, seed=1)
    assert not np.array_equal(first.targets["y"], with_wrong_labels(other_spec, other, rows, 0.3).targets["y"])
    assert with_wrong_labels(spec, dataset, rows, None) is dataset
