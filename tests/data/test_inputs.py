"""Rows to be answered: the same preparation as in training, whatever file they come in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars
import pytest

from specc.data.dataset import Dataset
from specc.data.inputs import door_inputs, raw_inputs, read_dataset, read_rows, rows_of, unseen_labels
from specc.data.profile import profile
from specc.data.table import Table
from specc.diagnostics import Diagnostic, Report, Source, SpecError
from specc.ir import Spec
from tests.data.binding import bound, idx_file, idx_folder, npz_file, parquet_file, png_file, spec_of, table, write

COLUMNS = "n = number(scale = standard); m = number(impute = median, scale = minmax); c = category; "
COLUMNS += "e = category(encode = embedding(2), impute = mode); y = category"
ROWS = [f"{i / 4},{i * 3 if i % 7 else '?'},{'pqr'[i % 3]},{'u' if i % 4 else '?'},{'ab'[i % 2]}" for i in range(40)]
HEADER = "n,m,c,e,y"
PICTURES = np.random.default_rng(0).integers(0, 256, (20, 4, 5), dtype=np.uint8)


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Spec, Dataset, Path]:
    spec, dataset = bound(
        tmp_path, spec_of(COLUMNS, 'csv("t.csv", missing = ["?"])'), {"t.csv": table(40, lambda i: ROWS[i], HEADER)}
    )
    return spec, dataset, tmp_path


@pytest.fixture
def pictured(tmp_path: Path) -> tuple[Spec, Path]:
    text = spec_of("image = image([1, 4, 5]); y = category", 'idx("m")', takes="image")
    return bound(tmp_path, text, idx_folder(PICTURES, np.arange(20) % 2))[0], tmp_path


def _read(path: Path, spec: Spec, content: str | bytes | None = None) -> Table:
    if content is not None:
        write(path.parent, {path.name: content})
    return read_rows(path, spec, Report(Source(str(path), "")))


def _refused(path: Path, spec: Spec, content: str | bytes | None = None) -> Diagnostic:
    with pytest.raises(SpecError) as raised:
        _read(path, spec, content)
    (mistake,) = raised.value.report
    return mistake


def test_the_training_file_gives_the_tensors_of_training(trained: tuple[Spec, Dataset, Path]) -> None:
    spec, dataset, folder = trained
    tensors = door_inputs(_read(folder / "t.csv", spec), spec)
    assert tensors.keys() == dataset.inputs.keys() == {"features", "e"}
    assert all((tensors[name] == dataset.inputs[name]).all() for name in tensors)


def test_the_target_is_never_needed(trained: tuple[Spec, Dataset, Path]) -> None:
    spec, dataset, folder = trained
    without = "\n".join(["c,e,n,m", *(",".join([*row.split(",")[2:4], *row.split(",")[:2]]) for row in ROWS)])
    tensors = door_inputs(_read(folder / "new.csv", spec, without), spec)
    assert all((tensors[name] == dataset.inputs[name]).all() for name in tensors)


def test_the_raw_columns_are_those_of_the_onnx_file(trained: tuple[Spec, Dataset, Path]) -> None:
    spec, _, folder = trained
    raw = raw_inputs(_read(folder / "new.csv", spec, "n,m,c,e\n1,?,p,?\n2,3,,u\n"), spec)
    assert raw["n"].tolist() == [1, 2] and np.isnan(raw["m"][0]) and raw["m"].dtype == np.float64
    assert raw["c"].tolist() == ["p", ""] and raw["e"].tolist() == ["", "u"] and raw["c"].dtype == object


def test_other_kinds_of_tables_give_the_same(trained: tuple[Spec, Dataset, Path]) -> None:
    spec, _, folder = trained
    expected = door_inputs(_read(folder / "new.csv", spec, "n,m,c,e\n1,?,p,?\n2,3,?,u\n"), spec)
    columns = {"n": [1, 2], "m": [None, 3], "c": ["p", "?"], "e": [None, "u"]}
    others = [
        _read(folder / "new.parquet", spec, parquet_file(**columns)),
        _read(
            folder / "new.npz",
            spec,
            npz_file(n=np.array([1, 2]), m=np.array([np.nan, 3]), c=np.array(["p", ""]), e=np.array(["", "u"])),
        ),
        rows_of(columns, spec, Report(Source("rows", ""))),
        rows_of(polars.DataFrame(columns), spec, Report(Source("rows", ""))),
    ]
    for other in others:
        assert all((door_inputs(other, spec)[name] == expected[name]).all() for name in expected)


def test_unseen_labels_are_counted_and_are_zeros(trained: tuple[Spec, Dataset, Path]) -> None:
    spec, _, folder = trained
    rows = _read(folder / "new.csv", spec, "n,m,c,e\n1,1,new,u\n1,1,p,newer\n1,1,new,?\n1,1,,u\n")
    assert unseen_labels(rows, spec) == {"c": Counter({"new": 2, "": 1}), "e": Counter({"newer": 1})}
    tensors = door_inputs(rows, spec)
    assert (tensors["features"][[0, 2, 3], 2:] == 0).all() and tensors["e"].tolist() == [1, 0, 1, 1]


def test_a_missing_number_that_nothing_fills_in_is_refused_with_its_row(trained: tuple[Spec, Dataset, Path]) -> None:
    spec, _, folder = trained
    mistake = _refused(folder / "new.csv", spec, "n,m,c,e\n1,1,p,u\n?,1,p,u\n")
    assert (mistake.code, mistake.message) == ("E0405", "`n` is missing in 1 row, and the model does not fill it in")
    assert mistake.notes == (f"line 3 of {folder / 'new.csv'}",)
    with pytest.raises(SpecError, match="`n` is missing in 1 row"):
        rows_of({"n": [float("nan")], "m": [1], "c": ["p"], "e": ["u"]}, spec, Report(Source("rows", "")))


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("n,m,c\n1,1,p\n", "E0404", "`{}` has no column `e`"),
        ("n,m,c,e\n1,x,p,u\n", "E0406", "`m` is a number, and 1 row holds something else"),
        ("n,m,c,e\n1,1,p\n", "E0402", "1 row of `{}` has another number of fields: its header has 4 names"),
        ("n,m,c,e\n", "E0403", "`{}` has no rows below its header"),
    ],
)
def test_rows_that_do_not_fit_are_refused(trained: tuple[Spec, Dataset, Path], content: str, code: str, message: str) -> None:
    path = trained[2] / "new.csv"
    mistake = _refused(path, trained[0], content)
    assert (mistake.code, mistake.message) == (code, message.format(path))


def test_a_file_that_is_not_there_is_refused(trained: tuple[Spec, Dataset, Path]) -> None:
    mistake = _refused(trained[2] / "tt.csv", trained[0])
    assert mistake.code == "E0401" and mistake.help == f"did you mean `{trained[2]}/t.csv`?"


def test_without_a_header_the_target_may_be_left_out(tmp_path: Path) -> None:
    text = spec_of("a = number; y = category; b = number", 'csv("t.csv", header = false)')
    spec, dataset = bound(tmp_path, text, {"t.csv": "".join(f"{i},{'pq'[i % 2]},{-i}\n" for i in range(20))})
    without = _read(tmp_path / "new.csv", spec, "".join(f"{i},{-i}\n" for i in range(20)))
    assert (door_inputs(without, spec)["features"] == dataset.inputs["features"]).all()
    assert (door_inputs(_read(tmp_path / "t.csv", spec), spec)["features"] == dataset.inputs["features"]).all()


def test_pictures_come_one_by_one_in_folders_and_in_files(pictured: tuple[Spec, Path]) -> None:
    spec, folder = pictured
    write(folder, {f"new/{i:02}.png": png_file(pixels) for i, pixels in enumerate(PICTURES)})
    write(folder, {"all.npz": npz_file(images=PICTURES), "some-idx3-ubyte": idx_file(PICTURES)})
    for name in ("new", "all.npz", "some-idx3-ubyte"):
        assert (door_inputs(_read(folder / name, spec), spec)["image"] == PICTURES[:, None]).all()
    one = _read(folder / "new/07.png", spec)
    assert (one.columns["image"] == PICTURES[7]).all() and one.place(0) == str(folder / "new/07.png")
    assert _read(folder / "m", spec).rows == 30
    assert (rows_of({"image": PICTURES}, spec, Report(Source("rows", ""))).columns["image"] == PICTURES[:, None]).all()


def test_a_picture_is_no_row_of_a_table(trained: tuple[Spec, Dataset, Path]) -> None:
    mistake = _refused(trained[2] / "p.png", trained[0], png_file(PICTURES[0]))
    assert mistake.code == "E0404" and mistake.message.endswith("is a picture, and the model takes `n`, `m`, `c` and `e`")


def test_other_rows_with_targets_make_a_data_set(trained: tuple[Spec, Dataset, Path]) -> None:
    spec, dataset, folder = trained
    other = read_dataset(folder / "t.csv", spec, Report(Source("t.csv", "")))
    assert (other.truth["y"] == dataset.truth["y"]).all() and other.rows["data"].tolist() == list(range(40))
    for content, message in (
        ("n,m,c,e,y\n1,1,p,u,z\n", "the target `y` has labels that the model does not know: `z`"),
        ("n,m,c,e,y\n1,1,p,u,\n", "the target `y` is missing in 1 row"),
    ):
        write(folder, {"new.csv": content})
        with pytest.raises(SpecError, match=message):
            read_dataset(folder / "new.csv", spec, Report(Source("new.csv", "")))


def test_the_profile_counts_what_the_file_has(trained: tuple[Spec, Dataset, Path]) -> None:
    spec, dataset, _ = trained
    found = profile(dataset, spec)
    assert found["rows"] == 40 and found["sets"] == {"train": 28, "validation": 6, "test": 6} and found["left_out"] == []
    assert found["columns"]["n"] == {
        "type": "number",
        "target": False,
        "missing": 0,
        "minimum": 0.0,
        "mean": 4.875,
        "maximum": 9.75,
    }
    assert found["columns"]["m"]["missing"] == 6 and found["columns"]["e"]["missing"] == 10
    assert found["columns"]["c"]["labels"] == {"p": 14, "q": 13, "r": 13}
    assert found["columns"]["y"] == {"type": "category", "target": True, "missing": 0, "labels": {"a": 20, "b": 20}}
