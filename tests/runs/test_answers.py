"""A run answers alike by its module, by its emitted source alone, and by its ONNX file alone, whatever the rows are."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import polars
import pytest
import torch
from safetensors.torch import load_file

from specc.data.inputs import raw_inputs, read_rows
from specc.diagnostics import Report, Source
from specc.ir import NumberFit
from specc.parts import NoSuchPart
from specc.runs.predict import open_model, predict_file, predict_rows
from specc.runs.run import Run
from specc.training.rows import scaled_inputs
from tests.runs.made import KINDS, REPOSITORY, input_of

FEATURES = {"iris": "dense_2", "mixed": "last", "embedded": "layer_norm_1", "price": "dense_1", "digits": "dense_1"}
"""A hidden layer of some kinds: the name of the layer, as users give it to `--part`."""

WITHOUT_TORCH = """
import sys

sys.modules["torch"] = None  # from here on, importing it fails as where it is not installed
from specc.cli.main import main

for line in sys.stdin:
    model, rows, output = line.rstrip().split("\\t")
    sys.argv = ["specc", "predict", model, rows, "-o", output]
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code
"""


def door_tensors(run: Run, rows: Path) -> dict[str, torch.Tensor]:
    """What the module takes for the rows of a file."""
    from specc.data.inputs import door_inputs

    table = read_rows(rows, run.spec, Report(Source(str(rows), "")))
    return scaled_inputs(run.spec, {name: torch.from_numpy(values) for name, values in door_inputs(table, run.spec).items()})


def test_the_emitted_source_stands_alone(run: Run, kind: str, home: Path) -> None:
    source = (run.path / "model.py").read_text("utf-8")
    imported = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= {"torch", "torch.nn"}
    names: dict[str, Any] = {}
    exec(compile(source, "model.py", "exec"), names)
    module = names["Network"]()
    module.load_state_dict(load_file(run.path / "weights.safetensors"), strict=True)
    inputs = door_tensors(run, input_of(kind, home))
    with torch.no_grad():
        assert torch.equal(module.eval()(**inputs), run.module(**inputs))


def test_the_onnx_file_is_one_file_that_names_no_place(run: Run, home: Path) -> None:
    content = (run.path / "model.onnx").read_bytes()
    for place in (str(home), str(Path.home()), str(REPOSITORY), sys.prefix):
        assert place.encode() not in content
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    assert {entry.domain: entry.version for entry in model.opset_import}[""] == 20
    assert all(tensor.data_location == onnx.TensorProto.DEFAULT for tensor in model.graph.initializer)


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_the_onnx_file_takes_any_number_of_rows(count: int, run: Run, kind: str, home: Path) -> None:
    table = read_rows(input_of(kind, home), run.spec, Report(Source("rows", "")))
    raw = raw_inputs(table.taken(np.arange(count) % table.rows), run.spec)
    session = onnxruntime.InferenceSession(run.path / "model.onnx")
    (target,) = run.spec.data.target  # type: ignore[union-attr]
    answers = session.run([target], raw)[0]
    assert np.shape(answers) == (count,)
    once = session.run([target], raw_inputs(table, run.spec))[0]
    repeated = np.asarray(once)[np.arange(count) % table.rows]
    if repeated.dtype == object:
        assert (np.asarray(answers) == repeated).all()
    else:
        np.testing.assert_allclose(answers, repeated, rtol=1e-5)


@pytest.fixture(scope="module")
def by_onnx_alone(run_of, tmp_path_factory: pytest.TempPathFactory) -> dict[str, polars.DataFrame]:
    """The answers to each kind's file in a process that cannot import torch, as `specc predict` writes them."""
    folder = tmp_path_factory.mktemp("answers")
    jobs = []
    for kind in KINDS:
        run = run_of(kind)
        jobs.append(f"{run.path / 'model.onnx'}\t{input_of(kind, run.path.parents[2])}\t{folder / kind}.csv")
    subprocess.run([sys.executable, "-c", WITHOUT_TORCH], input="\n".join(jobs), text=True, check=True, cwd=REPOSITORY)
    return {kind: polars.read_csv(folder / f"{kind}.csv", infer_schema_length=None) for kind in KINDS}


def test_onnxruntime_alone_answers_as_the_run_does(run: Run, kind: str, home: Path, by_onnx_alone) -> None:
    same_answers(by_onnx_alone[kind], run.predict(input_of(kind, home)))


def same_answers(one: polars.DataFrame, other: polars.DataFrame) -> None:
    assert one.columns == other.columns
    assert one.height == other.height > 0
    for name in one.columns:
        if other[name].dtype == polars.String:
            assert one[name].cast(polars.String).to_list() == other[name].to_list()
        else:
            ours, theirs = one[name].to_numpy(), other[name].to_numpy()
            np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("kind", ["iris", "mixed", "embedded", "price"])
def test_a_path_a_frame_and_columns_are_answered_alike(kind: str, run: Run, home: Path) -> None:
    path = input_of(kind, home)
    by_path = run.predict(path)
    as_text = polars.read_csv(path, infer_schema=False)
    marks = {"": None, "?": None}
    numbers = [name for name, fit in run.spec.bound.fits.items() if isinstance(fit, NumberFit)]  # type: ignore[union-attr]
    typed = as_text.with_columns(polars.col(name).replace(marks).cast(polars.Float64) for name in numbers)
    assert by_path.equals(run.predict(str(path)))
    assert by_path.equals(run.predict(typed))
    assert by_path.equals(run.predict(typed.to_dict(as_series=False)))
    shuffled = typed.select(reversed(typed.columns))
    assert by_path.equals(run.predict(shuffled))
    (target,) = run.spec.data.target  # type: ignore[union-attr]
    assert by_path.equals(run.predict(typed.drop(target)))


def test_probabilities_sum_to_one_and_the_answer_is_the_largest(run_of) -> None:
    run = run_of("iris")
    frame = run.predict(input_of("iris", run.path.parents[2]))
    labels = ["setosa", "versicolor", "virginica"]
    assert frame.columns == ["species", *(f"species_probability_{label}" for label in labels)]
    probabilities = frame.select(frame.columns[1:]).to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
    assert frame["species"].to_list() == [labels[index] for index in probabilities.argmax(axis=1)]


def test_a_number_comes_in_its_own_unit(run_of) -> None:
    run = run_of("price")
    fit: Any = run.spec.bound.fits["price"]
    path = input_of("price", run.path.parents[2])
    with torch.no_grad():
        scaled = run.module(**door_tensors(run, path))[:, 0].double().numpy()
    answers = run.predict(path)["price"].to_numpy()
    np.testing.assert_allclose(answers, np.expm1(scaled * fit.scale + fit.center), rtol=1e-9)
    assert 50_000 < np.median(answers) < 500_000


def test_missing_values_are_filled_in_and_years_and_timestamps_keep_their_places(run_of) -> None:
    """A year or a second is less than what a float32 resolves of such numbers: `scale` is taken in double."""
    run = run_of("mixed")
    base = {"age": 40.0, "year": 1999.0, "seen": 1_602_000_000.0, "town": "Ulm"}
    given = [base, base | {"age": None}, base | {"town": "Atlantis"}, base | {"town": None}, base | {"seen": 1_602_000_001.0}]
    frame = polars.DataFrame(given)
    session = onnxruntime.InferenceSession(run.path / "model.onnx")
    raw: dict[str, Any] = {name: frame[name].fill_null(float("nan")).to_numpy() for name in ("age", "year", "seen")}
    raw["town"] = np.array([town or "" for town in frame["town"]], dtype=object)
    by_file = session.run(["sold_probabilities"], raw)[0]
    by_run = run.predict(frame).select("sold_probability_no", "sold_probability_yes").to_numpy()
    np.testing.assert_allclose(by_file, by_run, atol=1e-6)
    assert len(np.unique(by_run[:4], axis=0)) == 4
    fit: Any = run.spec.bound.fits["seen"]
    seconds = np.array([1_602_000_000.0, 1_602_000_001.0])
    inputs = [door_of(run, frame[[0, 4]])["features"][:, run_column(run, "seen")]]
    np.testing.assert_array_equal(inputs[0], ((seconds - fit.center) / fit.scale).astype(np.float32))
    assert inputs[0][0] != inputs[0][1]


def door_of(run: Run, frame: polars.DataFrame) -> dict[str, np.ndarray]:
    from specc.data.inputs import door_inputs, rows_of

    return door_inputs(rows_of(frame, run.spec, Report(Source("rows", ""))), run.spec)


def run_column(run: Run, name: str) -> int:
    """The place of a column among the features."""
    from specc.door import input_columns

    columns = input_columns(run.spec, run.spec.graph.nodes[0])
    fits = run.spec.bound.fits  # type: ignore[union-attr]
    return sum(fits[column].width for column in columns[: columns.index(name)])  # type: ignore[union-attr]


def test_unseen_labels_are_counted(run_of) -> None:
    answered = predict_rows(run_of("embedded"), {"town": ["Ulm", "Rome", "Rome", None], "year": [2000] * 4, "age": [1.0] * 4})
    assert {name: dict(counts) for name, counts in answered.unseen.items()} == {"town": {"Rome": 2, "": 1}}
    assert answered.frame[1].equals(answered.frame[3])  # both enter as the zero vector


@pytest.mark.parametrize("kind", FEATURES)
def test_a_part_gives_what_its_layer_gives(kind: str, run: Run, home: Path, tmp_path: Path) -> None:
    path, name = input_of(kind, home), FEATURES[kind]
    by_part = predict_file(open_model(run.path, name), path).frame
    hidden = hidden_layer(run, name, door_tensors(run, path))
    assert by_part.columns == [f"{name}_{index}" for index in range(hidden.shape[1])]
    scale = np.abs(hidden).max()
    np.testing.assert_allclose(by_part.to_numpy(), hidden, atol=64 * np.finfo(np.float32).eps * scale)
    exported = run.export(tmp_path / "part.onnx", part=name)
    assert predict_file(open_model(exported), path).frame.equals(by_part)


def hidden_layer(run: Run, name: str, inputs: dict[str, torch.Tensor]) -> np.ndarray:
    """A named tensor of the emitted source: what stands in its variable."""
    source = (run.path / "model.py").read_text("utf-8")
    head, _, _ = source.rpartition("        return ")
    names: dict[str, Any] = {}
    exec(f"{head}        return {name}\n", names)
    module = names["Network"]()
    module.load_state_dict(load_file(run.path / "weights.safetensors"))
    with torch.no_grad():
        return module.eval()(**inputs).numpy()


def test_a_part_that_is_not_there_names_those_that_are(run_of, tmp_path: Path) -> None:
    run = run_of("iris")
    with pytest.raises(NoSuchPart, match="did you mean `dense_1`"):
        open_model(run.path, "dense1")
    with pytest.raises(NoSuchPart, match="dense_1"):
        run.export(tmp_path / "part.onnx", part="encoder")
    assert not (tmp_path / "part.onnx").exists()


def test_an_export_is_the_file_of_the_run(run_of, tmp_path: Path) -> None:
    run = run_of("iris")
    assert run.export(tmp_path / "new folder" / "model.onnx").read_bytes() == (run.path / "model.onnx").read_bytes()


def test_what_the_file_says_of_itself_is_json(run: Run) -> None:
    session = onnxruntime.InferenceSession(run.path / "model.onnx")
    about = json.loads(session.get_modelmeta().custom_metadata_map["specc"])
    assert about["inputs"].keys() == {given.name for given in session.get_inputs()}
    (target,) = run.spec.data.target  # type: ignore[union-attr]
    assert about["answers"].keys() == {target}
    outputs = {output.name for output in session.get_outputs()}
    assert outputs == {target, *([f"{target}_probabilities"] if "labels" in about["answers"][target] else [])}


def test_no_rows_give_a_table_without_lines(run_of) -> None:
    run = run_of("iris")
    frame = run.predict({name: [] for name in ("sepal_length", "sepal_width", "petal_length", "petal_width")})
    assert frame.height == 0
    assert io.StringIO(frame.write_csv()).readline().startswith("species,species_probability_setosa")
