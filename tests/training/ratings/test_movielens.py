"""The example of the design on MovieLens itself, where `SPECC_DATA` names the full data sets."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from specc.api import load, train
from specc.ir import RatingsFit

EXAMPLE = Path(__file__).parents[2] / "syntax" / "examples" / "movielens_rbm.dn"
FOLDER = Path(os.environ.get("SPECC_DATA", "")) / "movielens_latest_small"


@pytest.mark.skipif(not (FOLDER / "ratings.csv.gz").is_file(), reason="needs SPECC_DATA")
def test_the_example_trains_on_the_whole_of_movielens(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    shutil.copyfile(FOLDER / "ratings.csv.gz", tmp_path / "data" / "ratings.csv")  # packed, whatever its name says
    shutil.copyfile(EXAMPLE, tmp_path / "movielens_rbm.dn")
    run = train(load(tmp_path / "movielens_rbm.dn", **{"train.epochs": 1, "rbm.hidden_1.count": 10}), threads=1)
    assert run.spec.bound is not None
    fit = run.spec.bound.fits["ratings"]
    assert isinstance(fit, RatingsFit)
    assert len(fit.units) == 9_724 and fit.levels == tuple(k / 2 for k in range(1, 11))
    assert run.record["data"]["rows"] == {"train": 610, "test": 610}
    assert run.metrics["test"]["root_mean_squared_error"] < 0.97  # the mean of each film has 0.98
