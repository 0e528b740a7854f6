"""Small bound machines for the tests of the files that answer, reconstruct and draw: every kind of unit on both sides."""

from __future__ import annotations

import numpy as np
import torch

from specc.checking import check_text
from specc.defaults import with_defaults
from specc.diagnostics import Report, Source
from specc.infer import infer_shapes
from specc.ir import ArrayFit, Bound, CategoryFit, Fit, ImageFit, NumberFit, Spec
from specc.pytorch.source import build_module

COLUMNS = {
    "photo": "image([1, 3, 4], scale = unit)",
    "real": "number(scale = standard)",
    "odd": "number(scale = standard, impute = mean, indicator = true)",
    "share": "number(scale = minmax)",
    "money": "number(scale = standard, transform = log1p)",
    "port": "category",
    "sex": "category",
    "block": "array([1, 2, 3], scale = standard)",
    "hand": "number",
    "ball": "number",
    "kind": "category",
}
FITS: dict[str, Fit] = {
    "photo": ImageFit(size=(1, 3, 4), scale=(1 / 255,), shift=(0.0,)),
    "real": NumberFit(center=3.0, scale=2.0),
    "odd": NumberFit(center=-1.0, scale=0.5, impute=-1.0, indicator=True),
    "share": NumberFit(center=10.0, scale=40.0),
    "money": NumberFit(transform="log1p", center=4.0, scale=1.5),
    "port": CategoryFit(labels=("C", "Q", "S")),
    "sex": CategoryFit(labels=("female", "male", "neither")),
    "block": ArrayFit(size=(1, 2, 3), center=0.5, scale=2.0),
    "hand": NumberFit(),
    "ball": NumberFit(),
    "kind": CategoryFit(labels=("a", "b", "c", "d"), encode="label"),
}
RBMS = {
    "bernoulli": ("visible(photo)", "bernoulli", ""),
    "bernoulli, gaussian hidden": ("visible(photo)", "gaussian", ""),
    "gaussian": ("visible(real); visible(block)", "bernoulli", ""),
    "gaussian, relu hidden": ("visible(real); visible(block)", "relu", ""),
    "learned variance": ("visible(photo); visible(real, units = gaussian(variance = learned)); visible(port)", "bernoulli", ""),
    "learned variance, relu hidden": ("visible(block, units = gaussian(variance = learned))", "relu", ""),
    "softmax": ("visible(port); visible(sex); visible(share)", "bernoulli", ""),
    "counts": ("visible(hand, ball, units = replicated_softmax)", "bernoulli", ""),
    "counts, gaussian hidden": ("visible(hand, ball, units = replicated_softmax)", "gaussian", ""),
    "labels": ("visible(photo); visible(kind)", "bernoulli", "kind"),
    "labels, gaussian hidden": ("visible(real, port); visible(kind)", "gaussian", "kind"),
    "labels, relu hidden": ("visible(share); visible(kind)", "relu", "kind"),
    "labels, learned variance": ("visible(real, odd, units = gaussian(variance = learned)); visible(kind)", "bernoulli", "kind"),
    "labels, counts": ("visible(hand, ball, units = replicated_softmax); visible(kind)", "bernoulli", "kind"),
    "everything": ("visible(photo); visible(real, odd, money, port, share); visible(sex); visible(kind)", "bernoulli", "kind"),
}
TRAIN = "train { epochs = 1 }"
DBNS = {
    "bernoulli": "visible(photo); rbm(7); rbm(5); rbm(4); output(kind)",
    "gaussian and relu": "visible(real, money, port); rbm(7, units = relu); rbm(5, units = gaussian); output(kind)",
    "counts": "visible(hand, ball, units = replicated_softmax); rbm(6); rbm(5); output(kind)",
    "weights of its own for the way down": "visible(photo); rbm(7); rbm(5); rbm(4); output(kind)",
}
UP_DOWN = "train { phase pretrain { epochs = 1 }; phase together { procedure = up_down(steps = 3); epochs = 1 } }"


def rbm(name: str) -> Spec:
    visible, hidden, target = RBMS[name]
    return bound_machines(f"rbm {{ {visible}; hidden(6, units = {hidden}) }}", target)


def dbn(name: str) -> Spec:
    train = UP_DOWN if name.startswith("weights of its own") else TRAIN
    return bound_machines(f"dbn {{ {DBNS[name]} }}", "kind", train)


def bound_machines(model: str, target: str, train: str = TRAIN) -> Spec:
    """The spec of a model with the columns that it names."""
    used = {name: column for name, column in COLUMNS.items() if name in model or name == target}
    columns = "; ".join(f"{name} = {column}" for name, column in used.items())
    data = f'data {{ source = csv("rows.csv")\n columns {{ {columns} }}\n {f"target = {target}" if target else ""} }}\n'
    report = Report(Source("rows.dn", f"{data}{model}\n{train}\n"))
    spec = check_text(report.source, report=report)
    fits = {name: FITS[name] for name in used}
    sizes = {f"labels({name})": len(fit.labels) for name, fit in fits.items() if isinstance(fit, CategoryFit)}
    spec = infer_shapes(spec.model_copy(update={"bound": Bound(fits=fits, sizes=sizes, rows={"train": 8})}), report, sizes)
    report.raise_errors()
    return with_defaults(spec)


def drawn_module(spec: Spec, seed: int = 1, scale: float = 0.6) -> torch.nn.Module:
    """The module of a spec with parameters far enough from zero that every unit matters."""
    module = build_module(spec)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.normal_(0.0, scale, generator=generator)
    return module.eval()


def raw_rows(spec: Spec, rows: int, seed: int = 3) -> dict[str, np.ndarray]:
    """Rows as a file takes them, of every column that the spec has a fit of."""
    assert spec.bound is not None
    draw = np.random.default_rng(seed)
    raw: dict[str, np.ndarray] = {}
    for name, fit in spec.bound.fits.items():
        match fit:
            case ImageFit():
                raw[name] = draw.integers(0, 256, (rows, *fit.size)).astype(np.uint8)
            case ArrayFit():
                raw[name] = draw.normal(0.5, 2.0, (rows, *fit.size)).astype(np.float32)
            case CategoryFit():
                raw[name] = np.array(fit.labels, dtype=object)[draw.integers(0, len(fit.labels), rows)]
            case NumberFit():
                raw[name] = _numbers(name, fit, rows, draw)
    return raw


def _numbers(name: str, fit: NumberFit, rows: int, draw: np.random.Generator) -> np.ndarray:
    if name in ("hand", "ball"):
        return draw.integers(0, 9, rows).astype(np.float64)
    if name == "share":
        return draw.uniform(10.0, 50.0, rows)
    values = draw.normal(fit.center, fit.scale, rows)
    if fit.transform == "log1p":
        return np.expm1(values)
    return np.where(np.arange(rows) % 3 == 0, np.nan, values) if fit.indicator else values
