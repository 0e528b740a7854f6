"""The ONNX file of a run: emitted from its IR and weights, and proven equal to its module before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from specc.composites import masks_of, results_of, whole_of
from specc.data.entering import noise_for
from specc.data.inputs import raw_inputs
from specc.data.ratings import RatingsDataset
from specc.data.visible import rebuilt_tensor
from specc.ir import Spec
from specc.onnx.back import output_names
from specc.onnx.build import build_onnx
from specc.onnx.parity import Reference, measure
from specc.parts import asked_part, part_of
from specc.pytorch.source import build_module
from specc.runs.composites import errors_of_rows
from specc.runs.masks import Masked
from specc.runs.ratings.export import proven_ratings
from specc.runs.sample.conditions import keep_conditions
from specc.runs.samplers import export_samplers
from specc.training.rows import Rows
from specc.vocabulary.layers.composite import Made
from specc.writing import write_output

if TYPE_CHECKING:
    from specc.data.bind import Dataset
    from specc.runs.run import Run

MOST_ROWS = 1_000
"""Real rows that parity is measured on."""


def export_run(run: Run, dataset: Dataset) -> None:
    """Writes `model.onnx` and `export.json` of a run, and of an rbm or dbn the files that draw rows, of a composite a file for
    each of its parts and, where it makes rows for conditions, those of its training rows. Raises `Disagreement`.
    """
    content, record = proven(whole_of(run.spec), run.weights, dataset)
    run.folder.write_bytes("model.onnx", content)
    for part in run.spec.graphs if run.spec.model.parts else ():
        content, record.setdefault("parts", {})[part] = proven(part_of(run.spec, part), run.weights, dataset)
        run.folder.write_bytes(f"{part}.onnx", content)
    keep_conditions(run, dataset)
    if samplers := export_samplers(run):
        record["samplers"] = samplers
    run.folder.write_json("export.json", record)


def export_again(run: Run, path: Path, part: str | None = None) -> Path:
    """Writes the run's model, or of a part everything up to that layer, to a file of the user's choice."""
    write_output(path, exported(run, part))
    return path


def exported(run: Run, part: str | None = None) -> bytes:
    """The run's model, or of a part everything up to that layer. Raises `NoSuchPart`, `Disagreement` or `SpecError`."""
    if part is None:
        return (run.path / "model.onnx").read_bytes()  # proven when the run was made
    from specc.runs.data import data_of

    return proven(asked_part(run.spec, part), run.weights, data_of(run))[0]


def proven(spec: Spec, weights: dict[str, np.ndarray], dataset: Dataset) -> tuple[bytes, dict[str, Any]]:
    """The file and what was measured of it on real rows, those of the test split where there is one."""
    if isinstance(dataset, RatingsDataset):
        return proven_ratings(spec, weights, dataset)
    module = build_module(spec)
    needed = module.state_dict().keys()
    weights = {name: weights[name] for name in needed}
    module.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})
    split = next(name for name in ("test", "validation", "train") if len(dataset.rows.get(name, ())))
    numbers = dataset.rows[split]
    numbers = numbers[:: max(1, len(numbers) // MOST_ROWS)][:MOST_ROWS]
    content = build_onnx(spec, weights)
    noise = noise_for(spec, len(numbers))
    raw = raw_inputs(dataset.table.taken(numbers), spec) | noise
    return content, {"split": split, **measure(content, raw, _reference(spec, module.eval(), dataset, numbers, noise))}


def _reference(
    spec: Spec, module: torch.nn.Module, dataset: Dataset, numbers: np.ndarray, noise: dict[str, np.ndarray]
) -> Reference:
    rows = Rows(spec, dataset, torch.device("cpu"), as_in_use=True)
    masks = masks_of(spec.graph)
    names, wanted, again = output_names(spec), results_of(spec), rebuilt_tensor(spec)

    @torch.no_grad()
    def logits(chosen: np.ndarray) -> tuple[np.ndarray, ...]:
        drawn = {name: torch.from_numpy(values[chosen]) for name, values in noise.items() if name not in masks}
        inputs = rows.batch(torch.from_numpy(numbers[chosen])).inputs
        with Masked(torch.from_numpy(noise[name][chosen]) for name in masks):
            given = module(**inputs, **drawn)
        tensors = dict(zip(wanted, given if isinstance(given, tuple) else (given,)))
        # Of what a decoder makes every column is read of one tensor.
        made = {n for n in wanted if isinstance(spec.graph.node(n).layer, Made)}
        found: list[torch.Tensor] = []
        for node in wanted:
            given = [errors_of_rows(spec, tensors[node], inputs[again.name])] if node in made and again is not None else []
            found += [tensors[node]] * (len(names[node]) - len(given) if node in made else 1) + given
        return tuple(tensor.numpy() for tensor in found)

    return logits
