"""The nearest training rows: against every distance worked out, by bits and by numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars
import pytest

from specc.diagnostics import SpecError
from specc.parts import NoSuchPart
from specc.runs.data import data_of
from specc.runs.nearest import _nearest, nearest_rows
from specc.runs.run import Run
from tests.cli.conftest import Cli
from tests.runs.autoencoders import write_table
from tests.runs.made import trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, device: str) -> Run:
    return trained(write_table(tmp_path_factory.mktemp("nearest")), device)


def rows_of(run: Run) -> Path:
    return run.path.parents[2] / "rows.csv"


@pytest.mark.parametrize("bits", [True, False])
def test_they_are_those_of_all_distances_in_the_order_of_the_rows(bits: bool) -> None:
    draw = np.random.default_rng(1)
    asked, known = (
        (draw.random((count, 12)) < 0.5).astype(float) if bits else draw.normal(size=(count, 12)) for count in (7, 40)
    )
    distances, places = _nearest(asked, known, 5, bits)
    apart = (asked[:, None] != known).sum(axis=2) if bits else np.sqrt(((asked[:, None] - known) ** 2).sum(axis=2))
    expected = np.argsort(apart, axis=1, kind="stable")[:, :5]
    assert (places == expected).all()
    assert distances == pytest.approx(np.take_along_axis(apart, expected, axis=1))


def test_a_training_row_finds_itself_first_and_labels_are_told(run: Run) -> None:
    dataset = data_of(run)
    found = run.nearest(rows_of(run), 3)
    assert found.columns == [f"{name}_{k}" for k in (1, 2, 3) for name in ("nearest", "distance", "kind")]
    train = dataset.rows["train"]  # type: ignore[union-attr]
    assert (found["nearest_1"].to_numpy()[train] == train + 1).all()
    assert found["distance_1"].to_numpy()[train] == pytest.approx(0.0)
    kinds = dataset.table.columns["kind"]  # type: ignore[union-attr]
    assert found["kind_2"].to_list() == kinds[found["nearest_2"].to_numpy() - 1].tolist()
    assert not set(found["nearest_3"].to_list()) - set((train + 1).tolist())


def test_codes_that_are_bits_are_told_apart_by_them(tmp_path: Path, device: str) -> None:
    path = write_table(tmp_path)
    bits = "dense(6); gaussian_noise(6); sigmoid code"
    path.write_text(path.read_text("utf-8").replace("dense code(2)", bits).replace("epochs = 30", "epochs = 150"), "utf-8")
    run = trained(path, device)
    neighbors = nearest_rows(run, rows_of(run), 4)
    found = neighbors.predicted.frame
    assert neighbors.told == "distances count the bits that differ, of 6"
    codes = run.predict(rows_of(run), "code").to_numpy().round().astype(int)
    assert found["code"].to_list() == ["".join(map(str, row)) for row in codes]
    other = found["nearest_4"].to_numpy() - 1
    assert found["distance_4"].dtype == polars.Int64
    assert found["distance_4"].to_list() == (codes != codes[other]).sum(axis=1).tolist()


def test_what_cannot_be_compared_is_refused(run: Run, cli: Cli, tmp_path: Path) -> None:
    called = cli("predict", run.path / "model.onnx", rows_of(run), "--nearest", 3)
    assert called.status == 2 and "`--nearest` takes a run" in called.err
    with pytest.raises(NoSuchPart, match="did you mean `code`"):
        run.nearest(rows_of(run), 3, "cod")
    with pytest.raises(SpecError):
        run.nearest({"long": [1.0]}, 3)
    called = cli("predict", run.path, rows_of(run), "--nearest", 1000)
    assert called.status == 0 and "Euclidean, of 2 numbers" in called.err
    assert called.out.partition("\n")[0].endswith(f"kind_{run.record['data']['rows']['train']}")


@pytest.mark.parametrize("part", ["decoder", "decoder.dense_1"])
def test_what_is_made_of_a_code_has_no_features_of_rows(part: str, run: Run) -> None:
    with pytest.raises(NoSuchPart, match="has no features of rows: take a layer of the encoder"):
        nearest_rows(run, rows_of(run), 3, part)
