"""`evaluate`, `predict`, `export` and `runs`: what they print, where, and how they end."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import polars
import pytest

from specc.runs.run import Run
from tests.cli.conftest import Cli
from tests.data.binding import png_file
from tests.runs.made import INPUTS, trained, write_kind

HEAD = "sepal_length,sepal_width,petal_length,petal_width"


# ---- evaluate


def test_evaluate_prints_every_split_and_the_confusion_matrices(iris_run: Run, cli: Cli) -> None:
    status, out, err = cli("evaluate", iris_run.path)
    assert (status, err) == (0, "")
    parts = out.split("\n\n")
    table = [line.split() for line in parts[0].splitlines()]
    assert table[0] == ["loss", "accuracy"]
    assert table[3] == ["test", *(f"{iris_run.metrics['test'][name]:.4f}" for name in ("loss", "accuracy"))]
    title, head, *rows = parts[3].rstrip("\n").splitlines()
    assert title == "confusion matrix of test: true labels down, answered ones across"
    assert head.split() == ["setosa", "versicolor", "virginica"]
    assert [[int(count) for count in row.split()[1:]] for row in rows] == iris_run.metrics["test"]["confusion_matrix"]
    assert len({len(line) for line in (head, *rows)}) == 1, "the columns stand under one another"


def test_evaluate_one_split_as_json(iris_run: Run, cli: Cli) -> None:
    status, out, err = cli("evaluate", iris_run.path.parent, "--split", "validation", "--json")
    assert (status, err) == (0, f"with {iris_run.path}\n")
    found = json.loads(out)
    assert found.keys() == {"format_version", "run", "metrics"}
    assert found["run"] == str(iris_run.path)
    assert found["metrics"].keys() == {"validation"}
    assert found["metrics"]["validation"]["accuracy"] == pytest.approx(iris_run.metrics["validation"]["accuracy"])


def test_evaluate_another_file(iris_home: Path, iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    lines = (iris_home / "data" / "iris.csv").read_text().splitlines()
    (tmp_path / "some.csv").write_text("\n".join([lines[0], *lines[1:11]]) + "\n")
    status, out, err = cli("evaluate", iris_run.path, "--data", tmp_path / "some.csv", "--json")
    assert (status, err) == (0, "")
    measured = json.loads(out)["metrics"]["some.csv"]
    predicted = iris_run.predict(tmp_path / "some.csv")["species"].to_list()
    assert measured["accuracy"] == pytest.approx(np.mean([label == "setosa" for label in predicted]))
    assert sum(map(sum, measured["confusion_matrix"])) == 10


def test_evaluate_refuses_what_it_cannot_measure(iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    assert cli("evaluate", iris_run.path, "--split", "test", "--data", "x.csv")[::2] == (
        2,
        "error: take --split or --data, not both\n",
    )
    status, out, err = cli("evaluate", iris_run.path, "--data", tmp_path / "gone.csv")
    assert (status, out) == (1, "")
    assert err.startswith("error[E0401]: there is no `")
    (tmp_path / "answers.csv").write_text(f"{HEAD},species\n5,3,1,0.2,rose\n")
    status, out, err = cli("evaluate", iris_run.path, "--data", tmp_path / "answers.csv")
    assert (status, out) == (1, "")
    assert "labels that the model does not know: `rose`" in err
    (tmp_path / "bare.csv").write_text(f"{HEAD}\n5,3,1,0.2\n")
    status, out, err = cli("evaluate", iris_run.path, "--data", tmp_path / "bare.csv")
    assert (status, out) == (1, "")
    assert "`species`" in err


def test_evaluate_names_the_splits_that_there_are(tmp_path: Path, cli: Cli, device: str) -> None:
    run = trained(
        write_kind("iris", tmp_path), device, overrides=["data.split=random(train = 0.7, test = 0.3)", "train.epochs=1"]
    )
    said = "error: the run has no validation rows: it has `train` and `test`\n"
    assert cli("evaluate", run.path, "--split", "validation") == (1, "", said)


def test_evaluate_wants_the_data_as_it_was(tmp_path: Path, cli: Cli, device: str) -> None:
    run = trained(write_kind("iris", tmp_path), device, overrides=["train.epochs=1"])
    data = tmp_path / "data" / "iris.csv"
    data.write_text(data.read_text() + "5.1,3.5,1.4,0.2,setosa\n")
    status, out, err = cli("evaluate", run.path)
    assert (status, out) == (1, "")
    assert err.startswith("error[E0409]: data/iris.csv has changed since the run was trained\n") or "E0409" in err
    assert "--data FILE" in err
    data.unlink()
    status, out, err = cli("evaluate", run.path)
    assert (status, out) == (1, "")
    assert "error[E0401]: there is no `data/iris.csv`" in err


@pytest.mark.parametrize("command", [["evaluate"], ["predict", "rows.csv"], ["export"]])
def test_a_run_that_is_not_there(command: list[str], cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.dn").write_text("")
    (tmp_path / "0001").mkdir()
    (tmp_path / "0001" / "run.json").write_text('{"status": "failed"}')
    for name, said in (
        ("nowhere", f"there is no folder {tmp_path / 'nowhere'}"),
        ("empty", f"{tmp_path / 'empty'} holds no finished run"),
        ("a.dn", f"{tmp_path / 'a.dn'} is a spec: train it first, with `specc train {tmp_path / 'a.dn'}`"),
        ("0001", f"the run {tmp_path / '0001'} is not finished (failed): train it anew"),
    ):
        assert cli(command[0], tmp_path / name, *command[1:]) == (1, "", f"error: {said}\n")


# ---- predict


def test_predict_writes_a_line_a_row(iris_home: Path, iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    rows = iris_home / "data" / "iris.csv"
    status, out, err = cli("predict", iris_run.path, rows)
    assert (status, err) == (0, "")
    assert polars.read_csv(out.encode()).height == 150
    assert cli("predict", iris_run.path / "model.onnx", rows) == (0, out, "")
    answers = tmp_path / "new" / "answers.csv"
    assert cli("predict", iris_run.path, rows, "-o", answers) == (0, "", f"{answers}: 150 rows\n")
    assert answers.read_text("utf-8") == out
    frame = iris_run.predict(rows)
    assert polars.read_csv(out.encode())["species"].to_list() == frame["species"].to_list()


def test_predict_keeps_the_order_of_the_rows(iris_home: Path, iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    lines = (iris_home / "data" / "iris.csv").read_text().splitlines()
    (tmp_path / "back.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    forth = cli("predict", iris_run.path, iris_home / "data" / "iris.csv").out.splitlines()
    back = cli("predict", iris_run.path, tmp_path / "back.csv").out.splitlines()
    assert [line.split(",")[0] for line in back[1:]] == [line.split(",")[0] for line in reversed(forth[1:])]


def test_predict_gives_features_with_part(iris_home: Path, iris_run: Run, cli: Cli) -> None:
    status, out, _ = cli("predict", iris_run.path, iris_home / "data" / "iris.csv", "--part", "dense_2")
    assert status == 0
    assert polars.read_csv(out.encode()).shape == (150, 16)
    assert cli("predict", iris_run.path, iris_home / "data" / "iris.csv", "--part", "dense_3")[::2] == (
        1,
        "error: `iris` has no layer `dense_3`: did you mean `dense_1`?\n",
    )
    status, _, err = cli("predict", iris_run.path / "model.onnx", iris_home / "data" / "iris.csv", "--part", "dense_2")
    assert (status, err.startswith("error: an ONNX file answers as it was exported")) == (2, True)


def test_predict_refuses_a_missing_number_that_nothing_fills_in(iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"{HEAD}\n5,3,1,0.2\n5,,1,0.2\n")
    status, out, err = cli("predict", iris_run.path, tmp_path / "rows.csv")
    assert (status, out) == (1, "")
    assert err.startswith("error[E0405]: `sepal_width` is missing in 1 row, and the model does not fill it in\n")
    assert "line 3 of " in err


def test_predict_fills_in_what_training_did_and_counts_the_unseen(mixed_run: Run, cli: Cli, tmp_path: Path) -> None:
    rows = [
        "age,year,seen,town",
        ",1999,1602000000,Ulm",
        "40,2001,1602000000,Rome",
        "41,2001,1602000000,Rome",
        "42,2003,1602000000,?",
    ]
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n")
    status, out, err = cli("predict", mixed_run.path, tmp_path / "rows.csv")
    assert status == 0
    assert len(out.splitlines()) == 5
    assert err == "note: `town` has 2 values that training never saw: `Rome`\n"


def test_predict_names_columns_that_are_not_there(iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("sepal_length,sepal_widht,petal_length,petal_width\n5,3,1,0.2\n")
    status, out, err = cli("predict", iris_run.path, tmp_path / "rows.csv")
    assert (status, out) == (1, "")
    assert err.startswith("error[E0404]: ")
    assert "`sepal_width`" in err and "`sepal_widht`" in err


def test_predict_says_what_it_cannot_read(iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    assert cli("predict", iris_run.path, tmp_path / "gone.csv") == (1, "", f"error: there is no file {tmp_path / 'gone.csv'}\n")
    assert cli("predict", tmp_path / "gone.onnx", tmp_path) == (1, "", f"error: there is no file {tmp_path / 'gone.onnx'}\n")
    (tmp_path / "broken.onnx").write_bytes(b"\x08\x0a broken")
    (tmp_path / "rows.csv").write_text(f"{HEAD}\n5,3,1,0.2\n")
    status, out, err = cli("predict", tmp_path / "broken.onnx", tmp_path / "rows.csv")
    assert (status, out, err) == (1, "", f"error: {tmp_path / 'broken.onnx'} is damaged or no ONNX file\n")
    (tmp_path / "picture.png").write_bytes(png_file(np.zeros((4, 4), dtype=np.uint8)))
    status, out, err = cli("predict", iris_run.path, tmp_path / "picture.png")
    assert (status, out) == (1, "")
    assert "is a picture, and the model takes " in err
    copied = tmp_path / "copied"
    shutil.copytree(iris_run.path, copied)
    (copied / "model.onnx").unlink()
    status, out, err = cli("predict", copied, tmp_path / "rows.csv")
    assert (status, out) == (1, "")
    assert err == f"error: {copied / 'model.onnx'}: no such file or directory\n"


def test_predict_says_what_it_cannot_write(iris_home: Path, iris_run: Run, cli: Cli) -> None:
    rows = iris_home / "data" / "iris.csv"
    assert cli("predict", iris_run.path, rows, "-o", rows / "x.csv")[::2] == (
        2,
        f"error: {rows / 'x.csv'} cannot be written: not a directory\n",
    )
    assert cli("predict", iris_run.path, rows, "-o", iris_home)[::2] == (
        2,
        f"error: {iris_home} cannot be written: is a directory\n",
    )
    said = {
        "answers.png": "nothing that is answered is a picture: write the rows to a .csv or .npz file",
        "answers.csv.gz": "{} is no .csv, .npz or .png file: what is answered is written as its name ends",
    }
    for name, message in said.items():
        status, out, err = cli("predict", iris_run.path, rows, "-o", iris_home / name)
        assert (status, out) == (2, "") and not (iris_home / name).exists()
        assert err == f"error: {message.format(iris_home / name)}\n"


@pytest.mark.parametrize("kind", ["parquet", "pictures", "arrays", "digits"])
def test_predict_reads_every_kind_of_file(kind: str, tmp_path: Path, cli: Cli, device: str) -> None:
    run = trained(write_kind(kind, tmp_path), device)
    status, out, err = cli("predict", run.path, tmp_path / INPUTS[kind])
    assert (status, err) == (0, "")
    assert len(out.splitlines()) == 1 + run.predict(tmp_path / INPUTS[kind]).height
    if kind == "pictures":
        one = sorted((tmp_path / "pictures").rglob("*.png"))[0]
        assert cli("predict", run.path, one).out.splitlines() == out.splitlines()[:2]
        status, _, err = cli("evaluate", run.path, "--data", tmp_path / "pictures")
        assert (status, err) == (0, "")
    if kind == "digits":
        assert cli("predict", run.path, tmp_path / "m").status == 0


# ---- export


def test_export_writes_the_model_or_a_part_of_it(iris_home: Path, iris_run: Run, cli: Cli, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("export", iris_run.path.parent).status == 0
    assert (tmp_path / "model.onnx").read_bytes() == (iris_run.path / "model.onnx").read_bytes()
    status, out, err = cli("export", iris_run.path, "--part", "dense_1")
    assert (status, out) == (0, "")
    assert err.startswith("dense_1.onnx: ")
    rows = iris_home / "data" / "iris.csv"
    by_file, by_run = cli("predict", "dense_1.onnx", rows), cli("predict", iris_run.path, rows, "--part", "dense_1")
    assert by_file == by_run
    assert cli("export", iris_run.path, "--part", "dens_1")[::2] == (
        1,
        "error: `iris` has no layer `dens_1`: did you mean `dense_1`?\n",
    )
    status, out, err = cli("export", iris_run.path, "-o", rows / "model.onnx")
    assert (status, out) == (2, "")
    assert err.endswith("not a directory\n")


def test_a_link_is_written_through(iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "linked.onnx").symlink_to(tmp_path / "real.onnx")
    assert cli("export", iris_run.path, "-o", tmp_path / "linked.onnx").status == 0
    assert (tmp_path / "linked.onnx").is_symlink()
    assert (tmp_path / "real.onnx").read_bytes() == (iris_run.path / "model.onnx").read_bytes()


# ---- runs


def a_run(folder: Path, **changes: object) -> None:
    folder.mkdir(parents=True)
    record = {
        "name": "iris",
        "status": "finished",
        "started": "2026-01-01T00:00:00+00:00",
        "seed": 0,
        "overrides": [],
        "metrics": {"train": {"loss": 0.1, "accuracy": 1.0}, "test": {"loss": 0.25, "accuracy": 0.9, "confusion_matrix": [[1]]}},
        "seconds": {"training": 1.0},
    }
    (folder / "run.json").write_text(json.dumps(record | changes))


def test_runs_side_by_side(cli: Cli, tmp_path: Path) -> None:
    a_run(tmp_path / "runs" / "iris" / "0001")
    a_run(tmp_path / "runs" / "iris" / "0002", seed=3, overrides=["rate=0.1", "train.epochs=2"])
    a_run(tmp_path / "b" / "runs" / "price" / "0001", metrics={"validation": {"loss": 123_456.7, "price.r2": 0.5}})
    a_run(tmp_path / "b" / "runs" / "price" / "0002", status="failed", metrics={})
    a_run(tmp_path / ".hidden" / "0001")
    a_run(tmp_path / "runs" / "iris" / ".0003.ab12.writing")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "run.json").write_text("[]")
    status, out, err = cli("runs", tmp_path)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "run                  status  seed                      set     loss  price: r2  accuracy",
        "b/runs/price/0001  finished     0                        -  123,457     0.5000         -",
        "b/runs/price/0002    failed     0                        -        -          -         -",
        "runs/iris/0001     finished     0                        -   0.2500          -    0.9000",
        "runs/iris/0002     finished     3  rate=0.1 train.epochs=2   0.2500          -    0.9000",
    ]


def test_runs_as_json(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_run(tmp_path / "runs" / "iris" / "0001")
    monkeypatch.chdir(tmp_path)
    status, out, err = cli("runs", "--json")
    assert (status, err) == (0, "")
    (row,) = json.loads(out)["runs"]
    assert (row["run"], row["status"], row["metrics"]["test"]["accuracy"]) == (
        os.path.join("runs", "iris", "0001"),
        "finished",
        0.9,
    )


def test_no_runs(cli: Cli, tmp_path: Path) -> None:
    assert cli("runs", tmp_path) == (0, "", f"no runs below {tmp_path}: make one with `specc train SPEC`\n")
    assert json.loads(cli("runs", tmp_path, "--json").out) == {"format_version": 1, "runs": []}
    assert cli("runs", tmp_path / "gone") == (1, "", f"error: there is no folder {tmp_path / 'gone'}\n")


# ---- one JSON document, and nothing else


def test_json_is_one_document_on_standard_output(iris_home: Path, iris_run: Run, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "wrong.dn").write_text("network { dens(3) }\n")
    spec = iris_home / "iris.dn"
    for arguments, status in (
        (["check", spec], 0),
        (["check", spec, tmp_path / "wrong.dn"], 1),
        (["show", spec], 0),
        (["show", tmp_path / "wrong.dn"], 1),
        (["evaluate", iris_run.path], 0),
        (["runs", iris_home], 0),
        (["explain", "dense"], 0),
        (["explain", "E0301"], 0),
    ):
        called = cli(*arguments, "--json")
        assert called.status == status
        assert isinstance(json.loads(called.out), dict)
        assert "{" not in called.err
