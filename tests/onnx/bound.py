"""Small bound specs for the tests of the ONNX file: a text and the fits that its data would give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from specc.checking import check_text
from specc.defaults import with_defaults
from specc.diagnostics import Report, Source
from specc.infer import infer_shapes
from specc.ir import Bound, CategoryFit, Fit, Spec
from specc.onnx.build import build_onnx
from specc.onnx.session import OnnxModel
from specc.parts import part_of
from specc.pytorch.source import build_module

TRAIN = "train { epochs = 1 }\n"
LABEL = {"y": CategoryFit(labels=("a", "b", "c"), encode="label")}


def bound(
    columns: str, network: str, fits: Mapping[str, Fit], target: str = "y", source: str = 'csv("rows.csv")', train: str = TRAIN
) -> Spec:
    """The spec of some columns and a network's body."""
    data = f"data {{ source = {source}\n columns {{ {columns} }}\n target = {target} }}\n"
    text = Source("rows.dn", f"{data}network {{ {network} }}\n{train}")
    report = Report(text)
    spec = check_text(text, report=report)
    sizes = {f"labels({name})": len(fit.labels) for name, fit in fits.items() if isinstance(fit, CategoryFit)}
    bound = Bound(fits=dict(fits), sizes=sizes, rows={"train": 8})
    spec = infer_shapes(spec.model_copy(update={"bound": bound}), report, sizes)
    report.raise_errors()
    return with_defaults(spec)


def started(spec: Spec, seed: int = 1) -> torch.nn.Module:
    """The module of a spec, in use, with weights and running statistics that are none of the neutral ones."""
    module = build_module(spec)
    generator = torch.Generator().manual_seed(seed)
    module.start(generator)  # type: ignore[operator]
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith(("running_var", "length")):
                tensor.uniform_(0.5, 2.0, generator=generator)
            elif name.endswith(("bias", "running_mean", "direction")):
                tensor.uniform_(-0.5, 0.5, generator=generator)
    return module.eval()


def weights_of(module: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


def exported(spec: Spec) -> OnnxModel:
    """The file of a spec with some weights, opened."""
    return OnnxModel.load(build_onnx(spec, weights_of(started(spec))))


def entering(columns: str, fits: Mapping[str, Fit], taken: str = "features", source: str = 'csv("rows.csv")') -> OnnxModel:
    """The file of an `input` alone: what it answers is what the network would take."""
    body = f"input({taken}); {'flatten; ' if taken == 'image' else ''}dense(3); output(y)"
    spec = bound(f"{columns}; y = category", body, {**fits, **LABEL}, source=source)
    module = started(spec)
    return OnnxModel.load(build_onnx(part_of(spec, "input_1"), weights_of(module)))


def texts(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)
