"""Rows that a run makes as another spec's data: the rows of `specc sample`, their conditions as labels, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from specc.data.bind import Dataset
from specc.diagnostics import SpecError
from specc.ir import Spec
from specc.loading import bind_spec, load_spec
from specc.runs.data import data_of
from specc.runs.evaluate import evaluate_splits
from specc.runs.run import Run
from tests.runs.made import trained, write_kind

Maker = Callable[[str], Run]
DIGITS = "columns { image = image([1, 6, 6], scale = unit); digit = category }\n  target = digit"
ANSWERED = "network { input(image); flatten; output(digit) }\ntrain { epochs = 1 }\n"


def spec_of(folder: Path, run: Path, source: str, columns: str = DIGITS, rest: str = ANSWERED) -> Path:
    """A spec beside a copy of a run, which lies in `runs/maker/0001`."""
    shutil.copytree(run, folder / "runs" / "maker" / "0001", dirs_exist_ok=True)
    path = folder / "taught.dn"
    path.write_text(f"data {{\n  source = {source}\n  {columns}\n}}\n{rest}")
    return path


def bound(path: Path) -> tuple[Spec, Dataset]:
    spec, report = load_spec(path)
    return bind_spec(spec, report, path.parent)


def test_the_rows_are_those_of_specc_sample(maker: Maker, tmp_path: Path) -> None:
    run = maker("conditional")
    spec, dataset = bound(spec_of(tmp_path, run.path, 'samples("runs/maker", count = 300, seed = 7)'))
    drawn = run.sample(300, seed=7).draws
    for name in ("image", "digit"):
        assert np.array_equal(dataset.table.columns[name], drawn[name])
    assert spec.bound is not None and sum(spec.bound.rows.values()) == 300
    assert spec.bound.fits["digit"].labels == ("0", "1", "2")  # type: ignore[union-attr]
    _, other = bound(spec_of(tmp_path, run.path, 'samples("runs/maker", count = 300, seed = 8)'))
    assert not np.array_equal(other.table.columns["image"], dataset.table.columns["image"])


def test_numbers_and_labels_of_a_table_come_in_their_own_units(maker: Maker, tmp_path: Path) -> None:
    columns = "columns { size = number(scale = standard); kind = category; town = category }\n  target = kind"
    rest = "network { input(features); output(kind) }\ntrain { epochs = 1 }\n"
    _, dataset = bound(spec_of(tmp_path, maker("table").path, 'samples("runs/maker", count = 200)', columns, rest))
    drawn = maker("table").sample(200).draws
    assert np.array_equal(dataset.table.columns["size"], drawn["size"]) and drawn["size"].min() > -1
    assert dataset.table.columns["town"].tolist() == drawn["town"].tolist()
    assert dataset.table.left_out == ("year",)


def test_a_run_knows_who_made_its_rows_and_a_newer_one_changes_nothing(maker: Maker, tmp_path: Path) -> None:
    run = trained(spec_of(tmp_path, maker("conditional").path, 'samples("runs/maker", count = 200)'), "cpu")
    files = set(run.record["data"]["files"])
    assert files == {f"runs/maker/0001/{name}" for name in ("run.json", "generator.onnx", "conditions.npz")}
    before = evaluate_splits(run)
    shutil.copytree(maker("vae").path, tmp_path / "runs" / "maker" / "0002")
    again = Run(run.path)
    assert evaluate_splits(again) == before == run.metrics
    assert np.array_equal(data_of(again).table.columns["image"], data_of(run).table.columns["image"])
    (tmp_path / "runs" / "maker" / "0001" / "generator.onnx").write_bytes((maker("plain").path / "generator.onnx").read_bytes())
    with pytest.raises(SpecError) as refused:
        data_of(Run(run.path))
    assert {d.code for d in refused.value.report.errors} <= {"E0409", "E0404", "E0411"}


def test_torch_is_not_needed_to_read_them(maker: Maker, tmp_path: Path) -> None:
    import subprocess
    import sys

    path = spec_of(tmp_path, maker("conditional").path, 'samples("runs/maker", count = 50)')
    code = (
        "import sys\nfrom pathlib import Path\nfrom specc.loading import bind_spec, load_spec\n"
        f"path = Path({str(path)!r})\nspec, report = load_spec(path)\nbind_spec(spec, report, path.parent)\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def record_of(folder: Path) -> dict[str, object]:
    return json.loads((folder / "runs" / "maker" / "0001" / "run.json").read_text())


@pytest.mark.parametrize(
    "kind, columns, code, message, way_out",
    [
        (
            "conditional",
            "columns { image = image([1, 6, 6]); digit = number }\n  target = digit",
            "E0406",
            "`digit` is number here, and category in runs/maker/0001, which makes it",
            "declare it as `category`",
        ),
        (
            "plain",
            DIGITS,
            "E0404",
            "`runs/maker/0001` has no column `digit`",
            "it has `image`",
        ),
        (
            "autoencoder",
            DIGITS,
            "E0411",
            "the run runs/maker/0001 is of an autoencoder, which makes a row of a code: nothing says which codes there are",
            "a `vae` has a distribution of codes, and so has an autoencoder with a `latent`",
        ),
        (
            "iris",
            DIGITS,
            "E0411",
            "the run runs/maker/0001 is of a network, which makes no rows of noise",
            "`samples` takes the run of a `gan` or a `vae`",
        ),
    ],
)
def test_what_does_not_fit_is_said_where_it_stands(
    kind: str, columns: str, code: str, message: str, way_out: str, maker: Maker, tmp_path: Path
) -> None:
    path = trained(write_kind("iris", tmp_path / "iris"), "cpu").path if kind == "iris" else maker(kind).path
    with pytest.raises(SpecError) as refused:
        bound(spec_of(tmp_path, path, 'samples("runs/maker", count = 20)', columns))
    (error,) = refused.value.report.errors
    assert (error.code, error.message, error.help) == (code, message, way_out)
    assert error.span is not None


def test_a_damaged_run_and_one_that_is_not_there_are_refused(maker: Maker, tmp_path: Path) -> None:
    path = spec_of(tmp_path, maker("conditional").path, 'samples("runs/maker", count = 20)')
    run = tmp_path / "runs" / "maker" / "0001"

    def refusal() -> str:
        with pytest.raises(SpecError) as refused:
            bound(path)
        return refused.value.report.errors[0].message

    whole = (run / "generator.onnx").read_bytes()
    (run / "generator.onnx").write_bytes(whole[:100])
    assert refusal() == "the run runs/maker/0001 is damaged: its `generator.onnx` is damaged or no ONNX file"
    (run / "generator.onnx").write_bytes(whole)
    (run / "conditions.npz").write_bytes(b"PK")
    assert refusal().startswith("the run runs/maker/0001 is damaged: of `conditions.npz` it lacks the conditions")
    (run / "run.json").write_text(json.dumps(record_of(tmp_path) | {"status": "running"}))
    assert refusal() == "`runs/maker` has no finished run"
    shutil.rmtree(run.parent)
    assert refusal() == "there is no `runs/maker`"
    (tmp_path / "maker.dn").write_text("")
    with pytest.raises(SpecError) as refused:
        bound(path)
    assert refused.value.report.errors[0].help == "train `maker.dn` first: `specc train maker.dn`"
