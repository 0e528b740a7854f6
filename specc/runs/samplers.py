"""The files of a run that draw rows, proven to draw what its module draws of the same noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from specc.door import identifier
from specc.machines import machines
from specc.onnx.parity import BOUND, LARGER, Disagreement
from specc.onnx.sampler import build_decoder, build_sampler
from specc.onnx.session import open_session
from specc.pytorch.nn import RestrictedBoltzmann
from specc.reconstructing import can_be_reconstructed

if TYPE_CHECKING:
    from specc.runs.run import Run

SAMPLER, DECODER = "sampler.onnx", "decoder.onnx"
DRAWS = 30
"""Draws of a row's counts that are proven."""
STEPS = 3

Arrays = dict[str, np.ndarray]


def export_samplers(run: Run) -> dict[str, Any]:
    """Writes `sampler.onnx`, and of several machines `decoder.onnx`; gives what was measured. Raises `Disagreement`."""
    if not can_be_reconstructed(run.spec):
        return {}
    stack = [run.module.get_submodule(identifier(node.name)) for node in machines(run.spec)]
    names = [identifier(node.name) for node in machines(run.spec)]
    files = {SAMPLER: (build_sampler(run.spec, run.weights), _step(stack[-1]))}  # type: ignore[arg-type]
    if len(stack) > 1:
        files[DECODER] = (build_decoder(run.spec, run.weights), _way_down(stack[:-1], names[:-1]))  # type: ignore[arg-type]
    record = {}
    for name, (content, reference) in files.items():
        record[name] = measured(content, name, reference)
        run.folder.write_bytes(name, content)
    return record


Reference = Callable[[Arrays], Arrays]
"""What PyTorch makes of the inputs of a file."""


def measured(content: bytes, name: str, reference: Reference) -> dict[str, Any]:
    """The largest difference of each output from PyTorch's over some steps at batch 1, 2 and a larger one. Raises `Disagreement`."""
    session = open_session(content)
    inputs = {value.name: value.shape[1] for value in session.get_inputs()}
    record: dict[str, Any] = {"bound": "64 * eps * scale, but for ties of a draw", "batches": [1, 2, LARGER], "outputs": {}}
    draw = np.random.default_rng(0)
    worst: dict[str, tuple[float, float]] = {}
    for batch in record["batches"]:
        state: np.ndarray | None = None
        for _ in range(STEPS):
            feeds = {name: _noise(name, (batch, DRAWS if width == "draws" else width), draw) for name, width in inputs.items()}
            if state is not None and "visible" in feeds:
                feeds["visible"] = state
            expected = reference(feeds)
            given = dict(zip(expected, session.run(list(expected), feeds)))
            state = given["sample"]
            for output, theirs in expected.items():
                ours = np.asarray(given[output])
                scale = float(np.abs(theirs).max(initial=0.0))
                ...
    return record
