"""What an ONNX file says about itself: its columns, labels and marks as JSON, enough to read rows for it and its answers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from specc.about import specc_version
from specc.composites import entering, is_masked, is_noise, results_of, shape_entering
from specc.data.visible import made_seats, rebuilt_tensor
from specc.diagnostics import Span
from specc.door import answers
from specc.ir import FORMAT, ArrayFit, CategoryFit, Fit, Graph, ImageFit, Node, NumberFit, Spec
from specc.onnx.back import output_names
from specc.onnx.front import missing_marks, read_columns
from specc.onnx.made import error_answer, made_answer
from specc.stored import bound_spec
from specc.vocabulary.activations import Sigmoid, Softmax
from specc.vocabulary.families import Layer
from specc.vocabulary.layers.boltzmann import Hidden
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.sources import Input

KEY = "specc"
"""The key of the file's metadata that holds the JSON."""
SAMPLER = "sampler"
"""The `kind` of a file that draws rows in place of answering them."""


def describe(
    spec: Spec, logits: dict[str, str], error: str = "", masks: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The description of the file of a bound spec; `logits` names the tensor that each output's node gives, and `error` the
    one with the error of each row that is made again. `masks` are what layers asked for beside what enters the spec.
    """
    assert spec.bound is not None
    fits, marks = spec.bound.fits, missing_marks(spec)
    outputs = output_names(spec)
    return {
        "format": FORMAT,
        "version": specc_version(),
        "name": spec.name,
        "inputs": {name: _input(fits[name], marks) for name in read_columns(spec)} | _noise(spec) | dict(masks),
        "answers": {n: a for node, names in outputs.items() for n, a in _answers(spec, node, names, logits[node], error).items()},
        "spec": json.loads(reading_spec(spec).model_dump_json()),
    }


def write_description(description: dict[str, Any]) -> str:
    return json.dumps(description, ensure_ascii=False, separators=(",", ":"))


def read_spec(description: dict[str, Any]) -> Spec:
    """The part of the spec that reading rows and answers takes. Raises `Broken`."""
    return bound_spec(description["spec"], whole=False)


def reading_spec(spec: Spec) -> Spec:
    """The spec with what reading rows and answers takes and no more: no path, no row counts, no layer between the ends."""
    assert spec.data is not None and spec.bound is not None
    path = os.path.basename(os.path.normpath(getattr(spec.data.source, "path", "")))
    source = spec.data.source.model_copy(update={"path": path} | ({"opened": ""} if hasattr(spec.data.source, "opened") else {}))
    data = spec.data.model_copy(update={"source": source, "split": None, "augment": ()})
    named = {*read_columns(spec), *data.target, *(seat.column for seat in made_seats(spec))}
    fits = {name: fit for name, fit in spec.bound.fits.items() if name in named}
    bound = spec.bound.model_copy(update={"fits": fits, "rows": {}, "files": {}, "class_counts": {}})
    graphs = {name: _ends(graph, results_of(spec)) for name, graph in spec.graphs.items()}
    return Spec(name=spec.name, data=data, model=spec.model, graphs=graphs, bound=bound)


def _ends(graph: Graph, last: tuple[str, ...]) -> Graph:
    """The layers that a graph begins with, and the `last`."""
    begins = {n.name for n in graph.nodes if isinstance(n.layer, Input) or is_noise(n) or is_masked(n)}
    kept = [node for node in graph.nodes if node.name in {*begins, *last}]
    bare = {"inputs": (), "span": Span(0, 0), "trail": ()}
    return graph.model_copy(update={"nodes": tuple(node.model_copy(update=bare) for node in kept)})


def _input(fit: Fit, marks: tuple[str, ...]) -> dict[str, Any]:
    match fit:
        case NumberFit():
            return {"kind": "number", "type": "double", "missing": "NaN"}
        case CategoryFit():
            return {"kind": "category", "type": "string", "labels": list(fit.labels), "missing": list(marks)}
        case ImageFit():
            return {"kind": "image", "type": "uint8", "size": list(fit.size)}
        case ArrayFit():
            return {"kind": "array", "type": "float", "size": list(fit.size)}
    raise AssertionError(f"{fit.kind} has a file of another kind")


def _noise(spec: Spec) -> dict[str, Any]:
    """What the file takes beside columns: noise, codes, what another part gives."""
    entries = (one for one in entering(spec, spec.graph) if one.tensor is None)
    return {
        one.name: {"kind": "noise", "type": "float", "size": list(shape_entering(spec, one).dimensions())} | _drawn(one.node)
        for one in entries
    }


def _drawn(node: Node | None) -> dict[str, str]:
    """How noise is drawn: `normal` N(0, 1), `uniform` between −1 and 1, `category` one of its numbers 1 and the others 0."""
    distribution = getattr(node.layer, "distribution", None) if node is not None else None
    return {} if distribution is None else {"distribution": distribution}


def _answers(spec: Spec, node: str, outputs: tuple[str, ...], logits: str, error: str) -> dict[str, Any]:
    """What each output of a node is, by its name."""
    layer = spec.graph.node(node).layer
    if isinstance(layer, Made):
        made = {name: made_answer(seat, logits) for name, seat in zip(outputs, made_seats(spec))}
        return made | ({outputs[-1]: error_answer(error, logits)} if rebuilt_tensor(spec) is not None else {})
    return {outputs[0]: _answer(spec, node, outputs, logits)}


def _answer(spec: Spec, node: str, outputs: tuple[str, ...], logits: str) -> dict[str, Any]:
    assert spec.bound is not None
    if node not in [answer.node for answer in answers(spec.graph)]:
        layer = spec.graph.node(node).layer
        features = {"kind": "features", "size": list(spec.graph.node(node).shape.dimensions()), "logits": logits}
        return features | {"chances": True} if _gives_chances(layer) else features
    fit = spec.bound.fits[outputs[0]]
    if not isinstance(fit, CategoryFit):
        return {"kind": "number", "logits": logits}
    return {"kind": "category", "labels": list(fit.labels), "probabilities": outputs[1], "logits": logits}


def _gives_chances(layer: Layer) -> bool:
    """Whether a layer ends with a sigmoid or softmax."""
    if isinstance(layer, Hidden):
        return layer.units.word == "bernoulli"
    return isinstance(getattr(layer, "activation", None), Sigmoid | Softmax)
