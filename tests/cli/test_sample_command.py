"""`sample`, and `predict` and `export` of machines: what is written where, and what is said of what cannot be."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import onnxruntime
import polars
import pytest
from PIL import Image

from specc.runs.run import Run
from tests.cli.conftest import Cli
from tests.runs.drawn import bars, documents, frauds, trained_on


@pytest.fixture(scope="module")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained_on(frauds(tmp_path_factory.mktemp("payments")), overrides=["train.epochs=15"])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Run:
    model = "rbm { visible(image); visible(label); hidden(6) }"
    return trained_on(bars(tmp_path_factory.mktemp("pictures"), model, "label"), overrides=["train.epochs=2"])


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Run:
    model = "dbn { visible(image); rbm(6); rbm(5); output(label) }"
    return trained_on(bars(tmp_path_factory.mktemp("deep"), model, "label"), overrides=["train.epochs=2"])


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained_on(documents(tmp_path_factory.mktemp("texts")))


def test_a_table_is_drawn_as_csv(payments: Run, cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "extra.csv"
    status, said, err = cli("sample", payments.path, "--given", "fraud=yes", "-n", 500, "--steps", 30, "-o", out)
    assert (status, said, err) == (0, "", f"{out}: 500 rows, each after 30 steps\n")
    frame = polars.read_csv(out)
    assert frame.columns == ["amount", "hour", "how", "share", "fraud"] and frame.height == 500
    assert frame["fraud"].unique().to_list() == ["yes"]
    assert frame.equals(polars.read_csv(payments.sample(500, {"fraud": "yes"}, steps=30).frame.write_csv().encode()))


@pytest.mark.parametrize("name", ["payments", "texts"])
def test_rows_of_another_file_are_measured(name: str, cli: Cli, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(name)
    rows = run.sample(50, steps=5).frame
    rows.write_csv(tmp_path / "more.csv")
    status, out, err = cli("evaluate", run.path, "--data", tmp_path / "more.csv", "--json")
    assert (status, err) == (0, "")
    measured = json.loads(out)["metrics"]["more.csv"]
    assert 0 < measured["reconstruction_error"] < 100
    if name == "payments":
        answers = run.predict(tmp_path / "more.csv")["fraud"]
        assert measured["accuracy"] == pytest.approx((answers == rows["fraud"]).mean())


def test_a_table_without_a_file_goes_to_standard_output(payments: Run, cli: Cli) -> None:
    status, out, err = cli("sample", payments.path, "-n", 3, "--steps", 5, "--given", "amount = 12.5", "--given", "how=card")
    assert (status, err) == (0, "")
    frame = polars.read_csv(out.encode())
    assert frame.select("amount", "how").rows() == [(12.5, "card")] * 3


def test_pictures_are_drawn_as_a_grid_and_as_arrays(
    pictures: Run, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = cli("sample", pictures.path, "--steps", 3, "--given", "label=1")
    assert (status, out, err) == (0, "", "samples.png: 64 rows, each after 3 steps\n")
    assert Image.open(io.BytesIO((tmp_path / "samples.png").read_bytes())).size == (8 * 66 + 2, 8 * 66 + 2)
    assert cli("sample", pictures.path, "-n", 2, "--steps", 3, "--given", "label=1", "-o", "two.npz")[0] == 0
    arrays = np.load(tmp_path / "two.npz")
    assert sorted(arrays.files) == ["image", "image_mean", "label"]
    assert arrays["label"].tolist() == ["1", "1"] and arrays["image"].shape == (2, 1, 4, 4)
    assert cli("sample", pictures.path, "-n", 2, "--steps", 3, "-o", "two.csv")[0] == 0
    assert polars.read_csv(tmp_path / "two.csv").columns == [*(f"image_{pixel}" for pixel in range(16)), "label"]


def test_a_dbn_is_drawn_and_says_what_fine_tuning_did(deep: Run, cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "deep.png"
    status, _, err = cli("sample", deep.path, "-n", 1, "--steps", 2, "-o", out)
    note = (
        "note: the machines were fine-tuned to answer, and draw what that left of the data: "
        "train with `--set train.finetune.epochs=0` for machines that draw their data\n"
    )
    assert (status, err) == (0, f"{note}{out}: 1 row, each after 2 steps\n")
    status, _, err = cli("sample", deep.path, "--given", "label=1", "-o", out)
    assert (status, err) == (
        1,
        "error: `bars` is a `dbn`, which is drawn from its top machine, and that sees features: no column can be given. "
        "An `rbm` with the column among its visible units can\n",
    )


def test_documents_have_as_many_words_as_are_asked_for(texts: Run, cli: Cli) -> None:
    for arguments, total in (((), 100), (("--total", 7), 7)):
        status, out, err = cli("sample", texts.path, "-n", 5, "--steps", 4, *arguments)
        assert (status, err) == (0, "")
        frame = polars.read_csv(out.encode())
        assert frame.dtypes == [polars.Int64] * 4
        assert frame.sum_horizontal().to_list() == [total] * 5


MISTAKES = {
    ("--given", "frauds=yes"): (1, "`frauds` is no visible column: did you mean `fraud`?"),
    ("--given", "zzz=1"): (1, "`zzz` is no visible column: there are `amount`, `hour`, `how`, `share` and `fraud`"),
    ("--given", "fraud=yess"): (1, "`fraud` has no label `yess`: did you mean `yes`?"),
    ("--given", "how=gold"): (1, "`how` has no label `gold`: it has `card` and `cash`"),
    ("--given", "hour=noon"): (1, "`hour` is a number, and `noon` is none"),
    ("--given", "hour=nan"): (1, "`hour` cannot be nan: give a number"),
    ("--given", "hour=1e300"): (1, "`hour` cannot be 1e300: it is too large"),
    ("--given", "amount=-3"): (1, "`amount` cannot be -3: `log1p` is defined above −1"),
    ("--given", "fraud"): (2, "`--given fraud` names no column and value: write it as in `--given digit=7`"),
    ("--given", "how=card", "--given", "how=cash"): (2, "`how` is given twice"),
    ("-o", "rows.txt"): (2, "rows.txt is no .png, .npz or .csv file: what is drawn is written as its name ends"),
    ("-o", "rows.png"): (1, "nothing that is drawn is a picture: write the rows to a .csv or .npz file"),
    ("--total", "3"): (1, "a total is that of counts, and no units here are `replicated_softmax`"),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_what_cannot_be_drawn_is_said(payments: Run, cli: Cli, arguments: tuple[str, ...]) -> None:
    status, message = MISTAKES[arguments]
    assert cli("sample", payments.path, "--steps", 2, *arguments) == (status, "", f"error: {message}\n")


def test_a_number_outside_its_units_is_said_with_what_they_hold(payments: Run, cli: Cli) -> None:
    status, out, err = cli("sample", payments.path, "--given", "share=99")
    fit = payments.spec.bound.fits["share"]  # type: ignore[union-attr]
    ends = f"{fit.center:.6g} to {fit.center + fit.scale:.6g}"  # type: ignore[union-attr]
    assert (status, out, err) == (1, "", f"error: `share` cannot be 99: its unit holds {ends}\n")


def test_neither_pictures_nor_single_counts_can_be_given(pictures: Run, texts: Run, cli: Cli) -> None:
    assert cli("sample", pictures.path, "--given", "image=7")[::2] == (
        1,
        "error: `image` is a picture, and what can be given is a number or a label\n",
    )
    assert cli("sample", texts.path, "--given", "goal=7")[::2] == (
        1,
        "error: `goal` is a count among others, drawn together with them: it cannot be given alone\n",
    )


def test_a_network_is_not_drawn_from(iris_run: Run, cli: Cli) -> None:
    message = "error: `iris` is a network: rows are drawn from a `gan`, a `vae`, an `rbm` or a `dbn`\n"
    assert cli("sample", iris_run.path) == (1, "", message)


# ---- predict and export


def test_an_rbm_without_a_label_gives_its_features(texts: Run, cli: Cli) -> None:
    rows = texts.path.parents[2] / "documents.csv"
    status, out, err = cli("predict", texts.path, rows)
    assert (status, err) == (0, "")
    frame = polars.read_csv(out.encode())
    assert frame.columns == ["hidden_1_0", "hidden_1_1", "hidden_1_2"]
    assert frame.height == polars.read_csv(rows).height
    assert cli("predict", texts.path, rows, "--part", "hidden_1").out == out


def test_an_rbm_with_a_label_answers_it(payments: Run, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("amount,hour,how,share\n900,2,card,30\n12,13,cash,30\n")
    status, out, err = cli("predict", payments.path, tmp_path / "new.csv")
    assert (status, err) == (0, "")
    frame = polars.read_csv(out.encode())
    assert frame.columns == ["fraud", "fraud_probability_no", "fraud_probability_yes"]
    by_module = payments.predict(tmp_path / "new.csv")
    for label in ("no", "yes"):
        column = f"fraud_probability_{label}"
        assert frame[column].to_list() == pytest.approx(by_module[column].to_list(), abs=1e-5)
    likelier = (frame["fraud_probability_yes"] > frame["fraud_probability_no"]).to_list()
    assert frame["fraud"].to_list() == by_module["fraud"].to_list() == ["yes" if is_yes else "no" for is_yes in likelier]


def test_parts_of_machines_are_predicted_and_exported(deep: Run, cli: Cli, tmp_path: Path) -> None:
    rows = deep.path.parents[2] / "bars.npz"
    for part, columns in (("rbm_2", [f"rbm_2_{i}" for i in range(5)]), ("reconstruction", [f"image_{i}" for i in range(16)])):
        status, out, _ = cli("predict", deep.path, rows, "--part", part)
        assert status == 0 and polars.read_csv(out.encode()).columns == columns
        file = tmp_path / f"{part}.onnx"
        assert cli("export", deep.path, "--part", part, "-o", file)[0] == 0
        assert cli("predict", file, rows).out == out
    assert [value.name for value in onnxruntime.InferenceSession(tmp_path / "reconstruction.onnx").get_outputs()] == [
        "reconstruction"
    ]
    assert cli("predict", deep.path, rows, "--part", "reconstructon")[::2] == (
        1,
        "error: `bars` has no layer `reconstructon`: did you mean `reconstruction`?\n",
    )
    status, _, err = cli("predict", deep.path / "sampler.onnx", rows)
    assert status == 1
    assert err == (
        f"error: {deep.path / 'sampler.onnx'} draws rows and answers none: "
        "run it with onnxruntime, or the run with `specc sample`\n"
    )
