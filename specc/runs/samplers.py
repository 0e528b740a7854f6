"""The files of a run that draw rows, proven to draw what its module draws of the same noise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from onnxruntime import InferenceSession
from torch import Tensor

from specc.door import identifier
from specc.machines import machines
from specc.onnx.parity import BOUND, LARGER, Disagreement
from specc.onnx.sampler import build_decoder, build_sampler, drawn_name
from specc.onnx.session import open_session
from specc.pytorch.nn import RestrictedBoltzmann
from specc.reconstructing import can_be_reconstructed
from specc.runs.noise import Given, noise_of

if TYPE_CHECKING:
    from specc.runs.run import Run

SAMPLER, DECODER = "sampler.onnx", "decoder.onnx"
DRAWS = 30
"""Draws of a row's counts that are proven."""
STEPS = 3


class Stage(NamedTuple):
    """One side of a machine drawn from the other: `takes` that tensor of a file, `gives` a draw and perhaps its mean."""

    machine: RestrictedBoltzmann
    side: str
    takes: str
    gives: tuple[str, ...]
    noise: str

    def received(self, given: dict[str, np.ndarray]) -> Tensor:
        """What the units of the side receive from the other."""
        x = torch.from_numpy(given[self.takes])
        with torch.no_grad():
            # In double, numbers between 0 and 1 come one by one from `uniform_`, where the given ones stand in for them.
            return (self.machine.hidden_input(x) if self.side == "hidden" else self.machine.generative_input(x)).double()

    def drawn(self, x: Tensor, given: dict[str, np.ndarray], shift: float) -> tuple[Tensor, ...]:
        """What PyTorch makes of it, numbers between 0 and 1 shifted by so much."""
        noise = noise_of(self.machine, self.side == "hidden", self.noise, given, shift)
        if self.side == "hidden":
            units = self.machine.hidden_units
            with Given(noise):
                return units.draw_(x.clone(), None), units.mean_(x.clone())
        totals = self.machine.totals(torch.from_numpy(given["visible"])) if "visible" in given else None
        totals = torch.from_numpy(given["totals"])[:, 0] if "totals" in given and self.machine.counts is not None else totals
        with Given(noise):
            draw = self.machine.draw_visible_(x.clone(), None, totals)
        return (draw, self.machine.visible_mean_(x.clone(), totals))[: len(self.gives)]


def export_samplers(run: Run) -> dict[str, Any]:
    """Writes `sampler.onnx`, and of several machines `decoder.onnx`; gives what was measured. Raises `Disagreement`."""
    if not can_be_reconstructed(run.spec):
        return {}
    names = [node.name for node in machines(run.spec)]
    stack: list[Any] = [run.module.get_submodule(identifier(name)) for name in names]
    step = [
        Stage(stack[-1], "hidden", "visible", ("hidden", "hidden_mean"), "hidden"),
        Stage(stack[-1], "visible", "hidden", ("sample", "mean"), "visible"),
    ]
    files = {SAMPLER: (build_sampler(run.spec, run.weights), step)}
    if len(stack) > 1:
        files[DECODER] = (build_decoder(run.spec, run.weights), way_down(names[:-1], stack[:-1]))
    record = {}
    for name, (content, stages) in files.items():
        record[name] = measured(content, name, stages)
        run.folder.write_bytes(name, content)
    return record


def way_down(names: list[str], lower: list[RestrictedBoltzmann]) -> list[Stage]:
    """The stages from the features of the last of these machines to the data."""
    stages, takes = [], "features"
    for place in reversed(range(len(lower))):
        gives = (drawn_name(names[place - 1]),) if place else ("sample", "mean")
        stages.append(Stage(lower[place], "visible", takes, gives, identifier(names[place])))
        takes = gives[0]
    return stages


def measured(content: bytes, name: str, stages: list[Stage]) -> dict[str, Any]:
    """The largest difference of each output from PyTorch's, over some steps at batch 1, 2 and a larger one.

    Each stage is measured on what the file itself has before it. Raises `Disagreement`.
    """
    session = open_session(content)
    draw = np.random.default_rng(0)
    outputs = {output: {"difference": 0.0, "allowed": 0.0, "scale": 0.0} for stage in stages for output in stage.gives}
    beyond: dict[str, float] = {}
    for batch in (1, 2, LARGER):
        given = _start(session, batch, draw)
        counts = stages[0].machine.counts
        if counts is not None and "visible" in given:
            given["visible"][:, counts.start] = draw.integers(1, DRAWS + 1, batch)
        for _ in range(STEPS):
            given |= run(session, outputs, given)
            for stage in stages:
                for output, found in zip(stage.gives, _compared(stage, given)):
                    if not found["difference"] <= found["allowed"]:
                        beyond[output] = max(beyond.get(output, 0.0), found["difference"])
                    outputs[output] = {name: max(value, found[name]) for name, value in outputs[output].items()}
            given |= _start(session, batch, draw) | ({"visible": given["sample"]} if "visible" in given else {})
    record = {"bound": "64 * eps * scale of what units receive", "batches": [1, 2, LARGER], "steps": STEPS, "outputs": outputs}
    if beyond:
        wrong = " and ".join(f"`{output}` by {off:.3g}" for output, off in beyond.items())
        raise Disagreement(f"ONNX and PyTorch disagree in {name} on {wrong}", record)
    return record


def run(session: InferenceSession, outputs: Iterable[str], tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Some outputs of a file, which takes its own of these tensors."""
    names = list(outputs)
    given = session.run(names, {value.name: tensors[value.name] for value in session.get_inputs()})
    return {name: np.asarray(values) for name, values in zip(names, given)}


def _start(session: InferenceSession, batch: int, draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Rows that say nothing, fresh noise, and counts of a few draws."""
    tensors: dict[str, np.ndarray] = {}
    for value in session.get_inputs():
        shape = (batch, DRAWS if value.shape[1] == "draws" else value.shape[1])
        if value.name.endswith("uniform"):
            tensors[value.name] = draw.random(shape, dtype=np.float32)
        elif value.name == "totals":
            tensors[value.name] = draw.integers(1, DRAWS + 1, shape).astype(np.float32)
        elif value.name == "visible":
            tensors[value.name] = np.zeros(shape, np.float32)
        else:
            tensors[value.name] = draw.standard_normal(shape, dtype=np.float32)
    return tensors


def _compared(stage: Stage, given: dict[str, np.ndarray]) -> list[dict[str, float]]:
    """What is measured of each output of a stage.

    `x`, what the units receive, may differ by 64 ulps of its largest number, and so then a mean; a draw changes with it where a
    number between 0 and 1 is that near to where it falls the other way: a tie. A draw is right that lies between those of
    noise which is so much lower and higher.
    """
    x = stage.received(given)
    allowed = BOUND * max(1.0, float(x.abs().max()))
    between = [torch.stack(tensors) for tensors in zip(*(stage.drawn(x, given, shift) for shift in (-allowed, 0.0, allowed)))]
    found = []
    for output, theirs in zip(stage.gives, between):
        ours = torch.from_numpy(given[output])
        low, high = theirs.min(0).values, theirs.max(0).values
        beyond = torch.maximum(low - ours, ours - high).clamp_(min=0.0)
        difference = float(beyond.max()) if torch.isfinite(ours).all() else float("inf")
        scale = float(theirs.abs().max())
        found.append({"difference": difference, "allowed": allowed * max(1.0, scale), "scale": scale})
    return found
