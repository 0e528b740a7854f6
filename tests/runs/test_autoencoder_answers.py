"""What autoencoders give of rows: the rows rebuilt and their errors, codes, rows of codes; by module and by onnxruntime alone."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars
import pytest
from PIL import Image

from specc.data.inputs import read_rows
from specc.diagnostics import Report, Source, SpecError
from specc.runs.predict import open_model, predict_file
from specc.runs.run import Run, open_run
from tests.cli.conftest import Cli
from tests.runs.autoencoders import write_pictures, write_table
from tests.runs.made import trained

Home = Callable[[str], Run]
ROWS = {"table": "rows.csv", "autoencoder": "rows.npz", "vae": "rows.npz"}
FIRST = {"table": "code_0", "autoencoder": "squeezed_0", "vae": "latent_0"}
KINDS = tuple(ROWS)


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory, device: str) -> Home:
    runs: dict[str, Run] = {}

    def run(kind: str) -> Run:
        if kind not in runs:
            folder = tmp_path_factory.mktemp(kind)
            runs[kind] = trained(write_table(folder) if kind == "table" else write_pictures(folder, kind), device)
        return runs[kind]

    return run


def rows_of(run: Run) -> Path:
    return run.path.parents[2] / ROWS[run.spec.name]


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_of_a_row_is_the_mean_square_of_what_was_not_rebuilt(kind: str, run_of: Home) -> None:
    run = run_of(kind)
    table = read_rows(rows_of(run), run.spec, Report(Source("rows", "")))
    predicted = predict_file(open_model(run.path), rows_of(run)).frame
    if kind == "table":
        fits = run.spec.bound.fits  # type: ignore[union-attr]
        squares = [((table.columns[n] - predicted[n].to_numpy()) / fits[n].scale) ** 2 for n in ("long", "wide")]  # type: ignore[union-attr]
        rest = 4 * predicted["reconstruction_error"].to_numpy() - squares[0] - squares[1]
        # The rest is that of the two labels of `town`, which the table tells as one word.
        assert rest.min() >= -1e-5 and rest.max() < 1.0 and rest.mean() > 0
    else:
        made = predicted.select([f"image_{i}" for i in range(20)]).to_numpy() / 255
        rows = table.columns["image"].reshape(-1, 20) / 255
        squares = ((made - rows) ** 2).mean(axis=1)
        assert predicted["reconstruction_error"].to_numpy() == pytest.approx(squares, abs=2 / 255)


@pytest.mark.parametrize("kind", ["table", "autoencoder"])
def test_the_mean_of_the_errors_is_the_measure_of_the_run(kind: str, run_of: Home) -> None:
    run = run_of(kind)
    errors = run.predict(rows_of(run))["reconstruction_error"].to_numpy()
    splits = run.record["data"]["rows"]
    measured = sum(run.metrics[name]["reconstruction_error"] * count for name, count in splits.items()) / sum(splits.values())
    assert errors.mean() == pytest.approx(measured, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [None, "encoder", "reconstruction", "dense_1"])
def test_run_and_file_give_the_same(kind: str, part: str | None, run_of: Home) -> None:
    run = run_of(kind)
    ours, theirs = predict_file(open_model(run.path, part), rows_of(run)).frame, run.predict(rows_of(run), part)
    assert ours.columns == theirs.columns and ours.dtypes == theirs.dtypes
    for name in ours.columns:
        if ours[name].dtype == polars.String:
            assert ours[name].to_list() == theirs[name].to_list()
        else:
            shade = 1 if ours[name].dtype == polars.Int64 else 1e-5
            assert ours[name].to_list() == pytest.approx(theirs[name].to_list(), rel=1e-5, abs=shade)


@pytest.mark.parametrize("kind", KINDS)
def test_codes_are_a_table_that_the_decoder_takes(kind: str, run_of: Home, cli: Cli, tmp_path: Path) -> None:
    """The way over two tables is the way through the model, but for the digits of the table in the middle."""
    run, codes, whole, back = run_of(kind), tmp_path / "codes.csv", tmp_path / "whole.csv", tmp_path / "back.csv"
    assert cli("predict", run.path, rows_of(run), "--part", "encoder", "-o", codes).status == 0
    assert cli("predict", run.path, codes, "--part", "decoder", "-o", back).status == 0
    assert cli("predict", run.path, rows_of(run), "-o", whole).status == 0
    assert polars.read_csv(codes).columns[0] == FIRST[kind]
    made, expected = polars.read_csv(back), polars.read_csv(whole).drop("reconstruction_error")
    assert made.columns == expected.columns
    for name in made.columns:
        if made[name].dtype == polars.String:
            assert made[name].to_list() == expected[name].to_list()
        else:
            assert made[name].to_list() == pytest.approx(expected[name].to_list(), rel=1e-4, abs=1)
    by_module = run.predict(polars.read_csv(codes), "decoder")
    assert by_module.columns == made.columns and by_module.height == made.height


def test_codes_may_be_an_array(run_of: Home, cli: Cli, tmp_path: Path) -> None:
    run, codes = run_of("autoencoder"), tmp_path / "codes.npz"
    cli("predict", run.path, rows_of(run), "--part", "squeezed", "-o", codes)
    with np.load(codes) as file:
        assert {name: file[name].shape for name in file.files} == {"squeezed": (50, 3)}
        np.savez(tmp_path / "own.npz", code=file["squeezed"])
    picture = tmp_path / "made.png"
    assert cli("predict", run.path / "decoder.onnx", tmp_path / "own.npz", "-o", picture).status == 0
    with Image.open(io.BytesIO(picture.read_bytes())) as image:
        assert image.mode == "L" and image.width > 8 * 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "has no column `code_0`: the decoder makes rows of `code_0` and `code_1`"),
        ("code_0,code_1\n1,\n", "`code_1` is missing in 1 row"),
        ("code_0,code_1\n1,x\n", "`code_1`"),
    ],
)
def test_a_table_that_holds_no_codes_is_refused(text: str, said: str, run_of: Home, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text(text)
    called = cli("predict", run_of("table").path, tmp_path / "codes.csv", "--part", "decoder")
    assert called.status == 1 and said in called.err


def test_frames_without_codes_are_refused(run_of: Home) -> None:
    with pytest.raises(SpecError) as caught:
        run_of("table").predict({"x": [1.0]}, "decoder")
    (error,) = caught.value.report.errors
    assert error.message.startswith("the rows have no column `code_0`") and "--part encoder" in error.help


def test_what_is_no_picture_is_not_written_as_one(run_of: Home, cli: Cli, tmp_path: Path) -> None:
    called = cli("predict", run_of("table").path, rows_of(run_of("table")), "-o", tmp_path / "x.png")
    assert called.status == 2 and "nothing that is answered is a picture" in called.err
    called = cli("predict", run_of("table").path, rows_of(run_of("table")), "-o", tmp_path / "x.txt")
    assert called.status == 2 and "is no .csv, .npz or .png file" in called.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_is_proven_with_the_rest_of_the_file(kind: str, run_of: Home) -> None:
    record = json.loads((run_of(kind).path / "export.json").read_text("utf-8"))["outputs"]
    assert 0 <= record["reconstruction_error"]["difference"] <= record["reconstruction_error"]["allowed"] < 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_of_a_run_answers(kind: str, run_of: Home, cli: Cli, tmp_path: Path) -> None:
    run = run_of(kind)
    spec = run.path.parents[2] / f"{run.spec.name}.dn"
    for arguments in (
        ("evaluate", run.path),
        ("evaluate", run.path, "--data", rows_of(run)),
        ("evaluate", run.path, "--json"),
        ("runs", run.path.parents[1]),
        ("show", spec),
        ("compile", spec),
        ("export", run.path, "-o", tmp_path / "model.onnx"),
        ("export", run.path, "--part", "encoder", "-o", tmp_path / "encoder.onnx"),
        ("export", run.path, "--part", "decoder", "-o", tmp_path / "decoder.onnx"),
    ):
        assert cli(*arguments).status == 0, arguments
    assert (tmp_path / "encoder.onnx").read_bytes() == (run.path / "encoder.onnx").read_bytes()
    called = cli("export", run.path, "--part", "encodr", "-o", tmp_path / "x.onnx")
    assert called.status == 1 and "did you mean `encoder`?" in called.err


WITHOUT_TORCH = """
import sys

sys.modules["torch"] = None  # from here on, importing it fails as where it is not installed
from specc.cli.main import main

sys.argv = ["specc", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("options", [["--part", "encoder"], ["--nearest", "2"], ["-o", "rebuilt.png"]])
def test_the_command_needs_no_torch(options: list[str], run_of: Home, tmp_path: Path) -> None:
    run = run_of("autoencoder")
    command = [sys.executable, "-c", WITHOUT_TORCH, "predict", str(run.path), str(rows_of(run)), *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_an_opened_run_draws_nothing(run_of: Home) -> None:
    """Noise layers are off in use: the same rows give the same codes."""
    run = open_run(run_of("autoencoder").path)
    assert run.predict(rows_of(run), "encoder").equals(run.predict(rows_of(run), "encoder"))
