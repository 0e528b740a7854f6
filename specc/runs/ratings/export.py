"""The ONNX file of a machine of ratings, and whether it answers as its module does."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from onnxruntime import InferenceSession
from torch import nn

from specc.data.ratings import RatingsDataset
from specc.data.table import SETS
from specc.door import identifier
from specc.ir import Spec
from specc.machines import machines
from specc.onnx.parity import BOUND, LARGER, Disagreement
from specc.onnx.ratings import EXPECTED, build_ratings, ratings_fit
from specc.onnx.session import open_session
from specc.pytorch.nn import RatingsBoltzmann
from specc.pytorch.source import build_module
from specc.training.ratings.rows import RatingsRows

MOST_CASES = 64
"""Real cases that parity is measured on, all units of each."""


def proven_ratings(spec: Spec, weights: dict[str, np.ndarray], dataset: RatingsDataset) -> tuple[bytes, dict[str, Any]]:
    """The file and what was measured of it on real cases. Raises `Disagreement`."""
    module = build_module(spec)
    module.load_state_dict({name: torch.from_numpy(weights[name]) for name in module.state_dict()})
    content = build_ratings(spec, weights)
    numbers = dataset.rows["train"]
    numbers = numbers[:: max(1, -(-len(numbers) // MOST_CASES))]
    record: dict[str, Any] = {"split": SETS[0], "bound": "64 * eps * scale", "rows": len(numbers), "batches": [], "outputs": {}}
    session, rows = open_session(content), RatingsRows(spec, dataset, torch.device("cpu"))
    for size in sorted({1, min(2, len(numbers)), min(LARGER, len(numbers))}):
        record["batches"].append(size)
        most = 4 if size <= 2 else len(numbers)
        for start in range(0, min(most, len(numbers)), size):
            _compare(spec, module, session, rows, numbers[start : start + size], record)
    outputs: dict[str, dict[str, Any]] = record["outputs"]
    wrong = [
        f"`{name}`: numbers up to {o['scale']:.6g} differ by {o['difference']:.3g}"
        for name, o in outputs.items()
        if not o["difference"] <= o["allowed"]
    ]
    if wrong:
        raise Disagreement(f"ONNX and PyTorch disagree on {'; '.join(wrong)}", record)
    return content, record


def _compare(
    spec: Spec, module: nn.Module, session: InferenceSession, rows: RatingsRows, numbers: np.ndarray, record: dict[str, Any]
) -> None:
    """Adds what one batch shows to the record."""
    fit, (node,) = ratings_fit(spec), machines(spec)
    batch = rows.batch(torch.from_numpy(numbers))
    row, unit, level = (part.numpy() for part in batch.inputs["ratings"].unbind(1))
    feeds = {
        fit.case: row,
        fit.unit: np.array(fit.units, dtype=object)[unit],
        fit.rating: np.array(fit.levels)[level],
    }
    found = session.run([EXPECTED, node.name], feeds)
    machine = getattr(module, identifier(node.name))
    assert isinstance(machine, RatingsBoltzmann)
    with torch.no_grad():
        hidden = module(batch.inputs["ratings"])
        places = torch.arange(len(fit.units))
        expected = torch.stack(
            [machine.expected(torch.full_like(places, i), places, hidden, rows.values) for i in range(len(batch))]
        )
    for name, ours, theirs in ((EXPECTED, found[0], expected.numpy()), (node.name, found[1], hidden.numpy())):
        before = record["outputs"].get(name, {"difference": 0.0, "scale": 0.0})
        difference = max(before["difference"], float(np.abs(np.asarray(ours, np.float64) - theirs).max(initial=0.0)))
        scale = max(before["scale"], 1.0, float(np.abs(theirs).max(initial=0.0)))  # chances and stars are of size 1
        record["outputs"][name] = {"difference": difference, "allowed": BOUND * scale, "scale": scale}
