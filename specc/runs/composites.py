"""What the parts of a trained composite make of rows: codes, rebuilt rows, and how far these are from the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from specc.composites import IN_USE, made_node, results_of
from specc.data.entering import masks_for
from specc.data.visible import Seat, in_own_unit, label_places, made_seats, rebuilt_tensor
from specc.door import answers
from specc.ir import ImageFit, Spec
from specc.memory import rows_at_once
from specc.onnx.back import output_names
from specc.runs.answers import decode_answers
from specc.runs.masks import Masked
from specc.training.composites.parts import Parts, made_tensor
from specc.training.composites.reconstruction import activated
from specc.training.evaluate import in_use
from specc.training.rows import scaled_inputs
from specc.vocabulary.layers.composite import Made

if TYPE_CHECKING:
    from torch import nn

    from specc.training.rows import Rows


class Rebuilt(NamedTuple):
    """Of some rows, all in the network's scale: `rows` and what is `made` of them `[rows, …]`, `codes` `[rows, numbers]` and
    the mean squares of the differences, `errors` `[rows]`.
    """

    rows: np.ndarray
    made: np.ndarray
    codes: np.ndarray
    errors: np.ndarray


def rebuilds(spec: Spec) -> bool:
    """Whether a model makes rows again that it is given."""
    return "encoder" in IN_USE.get(spec.model.word, ())


def head_of(spec: Spec) -> str:
    """What makes the numbers of the columns of those that a decoder or generator gives."""
    made = made_node(spec)
    assert made is not None and isinstance(made.layer, Made)
    return made.layer.head


def numbers_made(spec: Spec, made: Tensor) -> Tensor:
    """The numbers of the columns, in the network's scale, of what a decoder or generator gives."""
    own = activated(made, head_of(spec))
    if places := label_places(spec):
        own = own.clone()
        for place in places:
            own[:, place] = torch.softmax(own[:, place], dim=1)
    return own


def errors_of_rows(spec: Spec, made: Tensor, rows: Tensor) -> Tensor:
    """The mean square of the differences between each row and what was made of it, `[rows]`, in the network's scale."""
    return (numbers_made(spec, made) - rows).square().flatten(1).mean(1)


@torch.no_grad()
def rebuilt(spec: Spec, module: nn.Module, rows: Rows, numbers: np.ndarray) -> Rebuilt:
    """Rows by number as they come back in use: no noise, of a vae the means of the codes."""
    parts, name = Parts(spec), made_tensor(spec).name
    found: list[tuple[Tensor, ...]] = []
    with in_use(module):
        for chunk in _chunks(spec, numbers):
            batch = rows.batch(chunk)
            code = parts(module, "encoder", batch.inputs)
            made = parts(module, "decoder", batch.inputs, code)[parts.ends["decoder"]]
            given = batch.inputs[name]
            codes = code[parts.ends["encoder"]].flatten(1)
            found.append((given, numbers_made(spec, made), codes, errors_of_rows(spec, made, given)))
    return Rebuilt(*(torch.cat(tensors).cpu().numpy() for tensors in zip(*found)))


@torch.no_grad()
def decoded(spec: Spec, module: nn.Module, codes: Tensor) -> np.ndarray:
    """What a decoder that takes nothing but the code makes of codes `[rows, …]`, in the network's scale."""
    parts = Parts(spec)
    (taken,) = parts.calls["decoder"].takes
    with in_use(module):
        made = parts(module, "decoder", {}, {taken.reference or taken.name: codes})[parts.ends["decoder"]]
    return numbers_made(spec, made).numpy()


def _chunks(spec: Spec, numbers: np.ndarray) -> Iterator[Tensor]:
    yield from torch.as_tensor(numbers).split(rows_at_once(spec))


@torch.no_grad()
def given_by_module(spec: Spec, module: nn.Module, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the module of a spec of one graph gives, by the outputs of its ONNX file: columns in their units, answers, numbers.

    `inputs` are the tensors of the door, pictures as bytes, and codes.
    """
    outputs, wanted, size = output_names(spec), results_of(spec), rows_at_once(spec)
    count = len(next(iter(inputs.values())))
    masks = masks_for(spec, count).values()
    found: dict[str, list[np.ndarray]] = {}
    for start in range(0, max(1, count), size):
        chunk = scaled_inputs(spec, {name: torch.tensor(values[start : start + size]) for name, values in inputs.items()})
        with Masked(torch.from_numpy(mask[start : start + size]) for mask in masks):
            result = module(**chunk)
        for node, tensor in zip(wanted, result if isinstance(result, tuple) else (result,)):
            for name, values in zip(outputs[node], _outputs(spec, node, tensor, chunk)):
                found.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _outputs(spec: Spec, node: str, tensor: Tensor, inputs: dict[str, Tensor]) -> list[np.ndarray]:
    """The outputs of one node, in their order."""
    if isinstance(spec.graph.node(node).layer, Made):
        own = numbers_made(spec, tensor).flatten(1).double().numpy()
        made = [_as_bytes(seat, in_own_unit(seat, own[:, seat.place])) for seat in made_seats(spec)]
        again = rebuilt_tensor(spec)
        return made if again is None else [*made, errors_of_rows(spec, tensor, inputs[again.name]).numpy()]
    answer = next((answer for answer in answers(spec.graph) if answer.node == node), None)
    if answer is None:
        return [tensor.numpy()]
    return list(decode_answers(spec, {answer.column: tensor.numpy()}, (answer,)).values())


def _as_bytes(seat: Seat, values: np.ndarray) -> np.ndarray:
    return values.round().astype(np.uint8) if isinstance(seat.fit, ImageFit) else values
