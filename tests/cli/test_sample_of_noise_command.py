"""`sample` of gans and vaes: what is written where, and what is said of what cannot be."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars
import pytest
from PIL import Image

from specc.runs.run import Run
from tests.cli.conftest import Cli
from tests.runs.makers import made_run


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_run(tmp_path_factory.mktemp("conditional"), "conditional")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_run(tmp_path_factory.mktemp("table"), "table")


def test_pictures_are_drawn_as_a_grid(conditional: Run, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = cli("sample", conditional.path, "--given", "digit=2", "-n", 5, "--seed", 3)
    assert (status, out, err) == (0, "", "samples.png: 5 rows\n")
    with Image.open("samples.png") as image:
        grid = np.asarray(image)
    scale, gap = 64 // 6, 2
    step = 6 * scale + gap
    assert grid.shape == (2 * step + gap, 3 * step + gap), "three stand side by side"
    drawn = conditional.sample(5, {"digit": "2"}, seed=3).draws["image"]
    assert np.array_equal(grid[gap:step:scale, gap + step : 2 * step : scale], drawn[1, 0])


def test_lines_stand_in_lines(conditional: Run, cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "lines.png"
    assert cli("sample", conditional.path, "--interpolate", 4, "-o", out) == (0, "", f"{out}: 32 rows\n")
    with Image.open(out) as grid:
        assert grid.size == (4 * 62 + 2, 8 * 62 + 2)


def test_a_table_goes_to_standard_output_and_can_be_put_to_the_one_it_is_like(table: Run, cli: Cli) -> None:
    status, out, err = cli("sample", table.path, "-n", 40, "--given", "town=Ulm")
    assert (status, err) == (0, "")
    frame = polars.read_csv(io.BytesIO(out.encode()))
    assert frame.columns == ["size", "year", "kind", "town"] and frame.height == 40
    assert set(frame["town"]) == {"Ulm"} and set(frame["kind"]) <= {"house", "flat"}
    assert frame.equals(polars.read_csv(table.sample(40, {"town": "Ulm"}).frame.write_csv().encode()))


def test_rows_of_a_file_are_what_rows_are_made_for(table: Run, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "wanted.csv").write_text("town,year\nUlm,1\nBonn,2\nBonn,3\n")
    status, out, err = cli("sample", table.path, "--given", tmp_path / "wanted.csv")
    assert (status, err) == (0, "")
    assert polars.read_csv(io.BytesIO(out.encode()))["town"].to_list() == ["Ulm", "Bonn", "Bonn"]
    (tmp_path / "wanted.csv").write_text("town\nUlm\nMainz\n")
    assert cli("sample", table.path, "--given", tmp_path / "wanted.csv") == (
        1,
        "",
        "error: `town` has no label `Mainz`: it has `Bonn` and `Ulm`\n",
    )
    (tmp_path / "wanted.csv").write_text("city\nUlm\n")
    status, out, err = cli("sample", table.path, "--given", tmp_path / "wanted.csv")
    assert status == 1 and f"error[E0404]: `{tmp_path / 'wanted.csv'}` has no column `town`" in err


def test_arrays_have_the_noise_beside_the_rows(conditional: Run, cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "rows.npz"
    assert cli("sample", conditional.path, "-n", 9, "-o", out) == (0, "", f"{out}: 9 rows\n")
    with np.load(out, allow_pickle=False) as file:
        assert {name: file[name].shape for name in file.files} == {"latent": (9, 5), "image": (9, 1, 6, 6), "digit": (9,)}
        assert file["latent"].dtype == np.float32 and file["image"].dtype == np.uint8


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--given", "digit=7"), 1, "error: `digit` has no label `7`: it has `0`, `1` and `2`"),
        (
            ("--steps", 5),
            1,
            "error: `steps` are Gibbs steps of the chains of an rbm or dbn: a gan makes each row of noise, at once",
        ),
        (("--given", "digit"), 2, "error: `--given digit` names no column and value: write it as in `--given digit=7`"),
        (
            ("--given", "rows.csv", "--given", "digit=1"),
            2,
            "error: a file says what all rows are made for: give rows.csv alone",
        ),
        (("--given", "none.csv"), 1, "error[E0401]: there is no `none.csv`"),
        (("-o", "rows.txt"), 2, "error: rows.txt is no .png, .npz or .csv file: what is drawn is written as its name ends"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    arguments: tuple[object, ...], status: int, message: str, conditional: Run, cli: Cli
) -> None:
    found, out, err = cli("sample", conditional.path, *arguments)
    assert (found, out, err.partition("\n")[0]) == (status, "", message)


def test_a_generator_is_not_asked_to_predict(conditional: Run, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("digit\n1\n")
    for model in (conditional.path / "generator.onnx", conditional.path):
        status, out, err = cli("predict", model, tmp_path / "rows.csv")
        assert (status, out) == (1, "")
        assert "`specc sample`" in err
