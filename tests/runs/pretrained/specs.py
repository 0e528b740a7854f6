"""Specs that take a part of another run, of each kind of column, and what came of it."""

from __future__ import annotations

from pathlib import Path

import torch

from specc.diagnostics import Report
from specc.ir import Spec
from specc.loading import bind_spec, load_spec
from specc.runs.run import Run

MIXED = """data {
  source = csv("more.csv", missing = ["?"])
  columns {
    age  = number(impute = median, scale = standard, indicator = true)
    year = number(scale = standard)
    seen = number(scale = minmax)
    town = category(impute = mode)
    sold = category(labels = ["no", "yes"])
  }
  target = sold
}
network {
  input(age, year, seen, town)
  pretrained("runs/mixed", part = last)
  dense(3, relu)
  output(sold)
}
train { epochs = 3; batch = 16 }
"""
EMBEDDED = """data {
  source = csv("rows.csv", missing = ["?"])
  columns {
    town = category(encode = embedding(3), missing = drop)
    year = number(scale = robust)
    sold = category
    age  = number(impute = constant(0), scale = standard)
  }
  target = sold
}
network { input(features); pretrained known("runs/embedded", part = layer_norm_1); dense(4, tanh); output(sold) }
train { epochs = 3; batch = 16 }
"""
PICTURES = """data {
  source = images("pictures")
  columns { picture = image([3, 8, 10], scale = standard); side = category }
  target = side
  split = random(train = 0.5, validation = 0.25, test = 0.25, seed = 3)
}
network { input(picture); pretrained known("runs/pictures", part = max_pool2d_1); flatten; dense(6, relu); output(side) }
train { epochs = 3; batch = 5 }
"""
SPECS = {"mixed": MIXED, "embedded": EMBEDDED, "pictures": PICTURES}
SCOPE = {"mixed": "pretrained_1", "embedded": "known", "pictures": "known"}
PART = {"mixed": "last", "embedded": "layer_norm_1", "pictures": "max_pool2d_1"}


def bound(path: Path, text: str | None = None) -> tuple[Spec, Report]:
    if text is not None:
        path.write_text(text, "utf-8")
    spec, report = load_spec(path)
    return bind_spec(spec, report, path.parent)[0], report


def state_of(run: Run) -> dict[str, torch.Tensor]:
    return run.module.state_dict()


def brought(kind: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What came from the old run, under its keys there: the part's layers, and the tables of the input."""
    prefix = f"{SCOPE[kind]}_"
    scope = {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}
    return scope | {key: tensor for key, tensor in state.items() if key.startswith("input_1_")}
