"""Rows of real files through the ONNX file, as the data's own code prepares them for PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from specc.data.inputs import door_inputs, raw_inputs, read_rows
from specc.diagnostics import Report, Source
from specc.ir import Spec
from specc.loading import bind_spec, check_source
from specc.onnx.build import build_onnx
from specc.onnx.parity import measure
from specc.onnx.session import OnnxModel
from specc.parts import part_of
from tests.onnx.bound import started, weights_of

TITANIC = """
data {
  source = csv("tabular/titanic3.csv", missing = ["?"])
  columns {
    survived = category(labels = ["0", "1"])
    embarked = category(encode = embedding(3), impute = mode)
    age      = number(impute = median, scale = standard, indicator = true)
    sex      = category
    fare     = number(transform = log1p, impute = median, scale = standard)
    pclass   = category
  }
  target = survived
}
network { input(features); dense(16, relu); batch_norm; output(survived) }
train { epochs = 1 }
"""


def compared(text: str, folder: Path, rows: Path) -> tuple[Spec, OnnxModel, dict[str, np.ndarray]]:
    """The file of a spec after its comparison with PyTorch on the rows of a file, read as the ONNX file says."""
    bound, _ = bind_spec(*check_source(Source("spec.dn", text), folder), folder)
    module = started(bound)
    file = build_onnx(bound, weights_of(module))
    model = OnnxModel.load(file)
    table = read_rows(rows, model.spec, Report(Source("model.onnx", "")))
    raw = raw_inputs(table, model.spec)
    tensors = {name: torch.tensor(values) for name, values in door_inputs(table, bound).items()}

    @torch.no_grad()
    def reference(numbers: np.ndarray) -> tuple[np.ndarray, ...]:
        return (module(**{name: tensor[torch.tensor(numbers)] for name, tensor in tensors.items()}).numpy(),)

    assert measure(file, raw, reference)["rows"] == table.rows
    entering = OnnxModel.load(build_onnx(part_of(bound, "input_1"), weights_of(module))).answer(raw)["input_1"]
    width = tensors["features"].shape[1]
    assert np.array_equal(entering[:, :width], tensors["features"].numpy())
    return bound, model, raw


def test_iris(repository: Path) -> None:
    spec = repository / "specs" / "iris.dn"
    _, model, raw = compared(spec.read_text("utf-8"), spec.parent, spec.parent / "data" / "iris.csv")
    assert model.answer(raw)["species"].shape == (150,)
    assert set(model.answer(raw)["species"]) <= {"setosa", "versicolor", "virginica"}


def test_titanic_with_missing_values(real_data: Path) -> None:
    bound, model, raw = compared(TITANIC, real_data, real_data / "tabular" / "titanic3.csv")
    assert np.isnan(raw["age"]).sum() == 263 and (raw["embarked"] == "").sum() == 2
    given = model.answer(raw)
    assert given["survived_probabilities"].shape == (1309, 2) and np.isfinite(given["survived_probabilities"]).all()
    named = model.answer({**raw, "embarked": np.full(1309, "?", dtype=object)})
    empty = model.answer({**raw, "embarked": np.full(1309, "", dtype=object)})
    assert np.array_equal(named["survived_probabilities"], empty["survived_probabilities"])
    assert bound.bound is not None and model.spec.bound is not None
    assert {name: bound.bound.fits[name] for name in model.spec.bound.fits} == model.spec.bound.fits
