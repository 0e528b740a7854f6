"""The ONNX file as a file: one piece, the same bytes again, the spec's names in it, no path, and what it says about itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from specc.door import answers, door
from specc.ir import CategoryFit, ImageFit, NumberFit
from specc.onnx.build import ModelTooLarge, build_onnx
from specc.onnx.description import KEY
from specc.onnx.session import NotAModel, OnnxModel
from tests.onnx.bound import LABEL, bound, exported, started, texts, weights_of

FITS = {"age": NumberFit(impute=3.0), "port": CategoryFit(labels=("é", "s"), encode="embedding"), **LABEL}
COLUMNS = "age = number(impute = mean); port = category(encode = embedding(2)); y = category"
NETWORK = "input(features); dense trunk(4, relu); batch_norm; dropout(0.5); repeat(2) { dense(4, tanh) }; output(y)"


def written(source: str = 'csv("data/rows.csv", missing = ["?"])') -> bytes:
    spec = bound(COLUMNS, NETWORK, FITS, source=source)
    return build_onnx(spec, weights_of(started(spec)))


def test_the_same_weights_give_the_same_bytes() -> None:
    assert written() == written()


def test_it_is_one_valid_file_of_the_promised_versions() -> None:
    model = onnx.ModelProto.FromString(written())
    onnx.checker.check_model(model, full_check=True)
    assert {o.domain: o.version for o in model.opset_import} == {"": 20, "ai.onnx.ml": 4} and model.ir_version == 10
    assert all(t.data_location == TensorProto.DEFAULT for t in model.graph.initializer)
    assert {n.domain for n in model.graph.node} == {"", "ai.onnx.ml"}


def test_layers_bear_the_names_and_places_of_the_spec() -> None:
    spec = bound(COLUMNS, NETWORK, FITS)
    graph = onnx.ModelProto.FromString(build_onnx(spec, weights_of(started(spec)))).graph
    nodes = {node.name: node for node in graph.node}
    for node in spec.graph.nodes:
        assert list(nodes[node.name].output) == [node.name]
        about = {entry.key: entry.value for entry in nodes[node.name].metadata_props}
        assert about["word"] == node.layer.word and about["span"].endswith(f"{node.span.start}-{node.span.end}")
    assert nodes["trunk"].op_type == "Relu" and nodes["trunk/Gemm"].op_type == "Gemm"
    constants = {tensor.name for tensor in graph.initializer}
    assert {"trunk.weight", "trunk.bias", "input_1.port.weight", "batch_norm_1.running_mean"} <= constants
    assert len(nodes) == len(graph.node)


def test_a_layer_may_bear_the_name_of_a_column() -> None:
    network = "input(features); dense age(3); dense y(4); output(y)"
    spec = bound("age = number; y = category", network, {"age": NumberFit(), **LABEL})
    given = exported(spec).answer({"age": np.array([1.0])})
    assert given["y"].tolist()[0] in ("a", "b", "c")


def test_no_path_stands_in_it() -> None:
    for text in (b"data/rows.csv", os.getcwd().encode(), str(Path.home()).encode() + b"/", sys.prefix.encode(), b".py"):
        assert text not in written()
    assert b"rows.csv" in written()


def test_it_says_its_columns_marks_and_labels() -> None:
    model = OnnxModel.load(written())
    assert model.columns == {
        "age": {"kind": "number", "type": "double", "missing": "NaN"},
        "port": {"kind": "category", "type": "string", "labels": ["é", "s"], "missing": ["", "?"]},
    }
    assert model.targets == {
        "y": {"kind": "category", "labels": ["a", "b", "c"], "probabilities": "y_probabilities", "logits": "output_1"},
    }
    assert model.description["name"] == "rows"


def test_it_holds_what_reading_rows_takes() -> None:
    spec = bound(COLUMNS, NETWORK, FITS, source='csv("data/rows.csv", missing = ["?"], delimiter = ";", header = false)')
    read = exported(spec).spec
    assert spec.data is not None and read.data is not None and read.bound is not None
    assert read.data.columns == spec.data.columns and read.data.target == ("y",)
    assert read.data.source == spec.data.source.model_copy(update={"path": "rows.csv"})
    assert read.bound.fits == FITS
    assert door(read) == door(spec) and answers(read.graph) == answers(spec.graph)


def test_images_are_described_by_their_size() -> None:
    fits = {"image": ImageFit(size=(1, 2, 3), scale=(1.0,), shift=(0.0,)), **LABEL}
    network = "input(image); flatten; output(y)"
    model = exported(bound("image = image([1, 2, 3]); y = category", network, fits, source='idx("digits")'))
    assert model.columns == {"image": {"kind": "image", "type": "uint8", "size": [1, 2, 3]}}
    (taken,) = model.session.get_inputs()
    assert (taken.type, taken.shape) == ("tensor(uint8)", ["batch", 1, 2, 3])


def test_weights_of_more_than_two_gibibytes_are_refused() -> None:
    spec = bound("age = number; y = category", "input(features); output(y)", {"age": NumberFit(), **LABEL})
    with pytest.raises(ModelTooLarge, match=r"4\.0 GiB"):
        build_onnx(spec, {"output_1.weight": np.broadcast_to(np.float32(0), (2**30,))})


def test_a_long_table_is_answered_in_pieces() -> None:
    model = OnnxModel.load(written())
    raw = {"age": np.arange(10_000.0), "port": np.resize(texts("é", "s", "x"), 10_000)}
    whole, end = model.answer(raw), model.answer({name: column[9_990:] for name, column in raw.items()})
    assert whole["y"].shape == (10_000,) and np.allclose(whole["y_probabilities"][9_990:], end["y_probabilities"], atol=1e-6)


def foreign() -> bytes:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "other", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()


def described(text: str) -> bytes:
    model = onnx.ModelProto.FromString(written())
    for entry in model.metadata_props:
        if entry.key == KEY:
            entry.value = text
    return model.SerializeToString()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: b"", "damaged or no ONNX file"),
        (lambda: b"a,b\n1,2\n", "damaged or no ONNX file"),
        (lambda: written()[:-400], "damaged or no ONNX file"),
        (foreign, "not written by specc"),
        (lambda: described("{"), "cannot be read"),
        (lambda: described("[]"), "cannot be read"),
        (lambda: described(json.dumps({"format": 1, "inputs": {}, "answers": {}, "spec": {"name": 3}})), "cannot be read"),
        (lambda: described(json.dumps({"format": 99, "version": "9.0"})), r"another version of specc, 9\.0"),
    ],
)
def test_other_files_are_refused_with_a_message(tmp_path: Path, content, message: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content())
    with pytest.raises(NotAModel, match=message) as caught:
        OnnxModel.open(path)
    assert str(path) in str(caught.value)


def test_a_file_is_built_opened_and_asked_without_torch(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(written())
    code = (
        "import sys, numpy, pathlib, specc.onnx.build, specc.onnx.parity, specc.onnx.session as s;"
        f"m = s.OnnxModel.open(pathlib.Path({str(path)!r}));"
        "r = m.answer({'age': numpy.array([1.0]), 'port': numpy.array(['s'], dtype=object)});"
        "sys.exit('torch' in sys.modules or r['y'][0] not in ('a', 'b', 'c'))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0
