"""A training that has run on made-up rows, and what plain PyTorch makes of the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from specc.diagnostics import Source
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module
from specc.training.device import compute_with
from specc.training.judging import Event
from specc.training.loop import Training
from specc.training.streams import Streams

State = dict[str, torch.Tensor]
LABELS = ["rose", "tulip", "violet"]
ROWS = 90


def table(folder: Path) -> None:
    """Three labels of unequal number, two of which overlap, and a number that depends on both columns."""
    draw = np.random.default_rng(3)
    labels = draw.choice(3, ROWS, p=[0.5, 0.3, 0.2])
    x = labels * 0.7 + draw.normal(size=ROWS)
    y = draw.normal(size=ROWS)
    fold = np.arange(ROWS) % 6
    lines = [f"{a:.6f},{b:.6f},{LABELS[k]},{2 * a - b:.6f},{f}" for a, b, k, f in zip(x, y, labels, fold)]
    (folder / "t.csv").write_text("\n".join(["x,y,label,price,fold", *lines]) + "\n")


DATA = """data {{
  source = csv("t.csv")
  columns {{ x = number(scale = standard); y = number; label = category; price = number(scale = standard) }}
  target = {target}
  split = column(fold, train = [0, 1, 2, 3], validation = [4], test = [5])
}}
"""
NETWORK = "input(features); dense(5, tanh); output({target})"


class Trained:
    """A training that has run: the module, its events, and the weights as they were after each epoch."""

    def __init__(self, folder: Path, train: str, network: str = NETWORK, target: str = "label", seed: int = 0, run: bool = True):
        self.folder, self.seed = folder, seed
        table(folder)
        other = "price" if target == "label" else "label"
        data = DATA.format(target=target).replace(
            f"; {other} = category" if other == "label" else f"; {other} = number(scale = standard)", ""
        )
        source = Source("t.dn", f"{data}network {{ {network.format(target=target)} }}\ntrain {{ {train} }}\n")
        spec, report = check_source(source, folder)
        self.spec, self.dataset = bind_spec(spec, report, folder)
        self.events: list[Event] = []
        self.states: list[dict[str, torch.Tensor]] = []
        streams = Streams(seed)
        self.module = build_module(self.spec)
        self.module.start(streams["weights"])  # type: ignore[operator]
        self.began = copy(self.module)
        self.training = Training(
            self.spec, self.dataset, self.module, streams, torch.device("cpu"), self.events.append, self.save
        )
        if run:
            self.run()

    def run(self) -> None:
        with compute_with(torch.device("cpu"), threads=1):
            self.training.run()

    def save(self, training: Training, final: bool) -> None:
        if not final and not training.position.step_of_epoch:
            self.states.append(copy(training.module))

    def values(self, measure: str) -> list[float]:
        split, _, name = measure.partition(".")
        return [event[split][name] for event in self.events]

    def loss_on(self, split: str) -> float:
        """The cross-entropy of a split with the weights that the module has, by torch."""
        self.module.eval()
        rows = self.dataset.rows[split]
        with torch.no_grad():
            logits = self.module(features=torch.from_numpy(self.dataset.inputs["features"][rows]))
        return float(F.cross_entropy(logits, torch.from_numpy(self.dataset.targets["label"][rows])))


def copy(module: torch.nn.Module) -> State:
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def same(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def by_hand(trained: Trained, batch: int, phases: list[tuple[int, Any]], each_step: Any = None, backward: Any = None) -> State:
    """The weights after plain PyTorch has done the same: an optimizer of its own for each phase, given its length.

    `backward(module, features, labels)` makes the gradient, `each_step(module, optimizer, step)` is called before the step.
    """
    spec, dataset = trained.spec, trained.dataset
    streams = Streams(trained.seed)
    module = build_module(spec)
    module.start(streams["weights"])  # type: ignore[operator]
    rows = torch.from_numpy(dataset.rows["train"])
    features, labels = torch.from_numpy(dataset.inputs["features"]), torch.from_numpy(dataset.targets["label"])
    for epochs, optimizer_of in phases:
        optimizer, step = optimizer_of(module), 0
        for _ in range(epochs):
            order = rows[torch.randperm(len(rows), generator=streams["order"])]
            for chosen in order.split(batch):
                optimizer.zero_grad()
                if backward is not None:
                    backward(module, features[chosen], labels[chosen])
                else:
                    F.cross_entropy(module(features=features[chosen]), labels[chosen]).backward()
                if each_step is not None:
                    each_step(module, optimizer, step)
                optimizer.step()
                step += 1
    return copy(module)


def assert_close(one: State, other: State) -> None:
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, other[name], rtol=1e-5, atol=1e-6, msg=name)
