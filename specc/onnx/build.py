"""A bound spec and its weights become one ONNX file: raw columns in, answers out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx_ir as ir

from specc.about import specc_version
from specc.composites import entering, shape_entering
from specc.costs import LARGEST_FILE
from specc.data.visible import rebuilt_tensor
from specc.door import answers, door, entries
from specc.ir import Graph, Node, Spec
from specc.onnx.back import blanked, output_names, write_answer, write_features
from specc.onnx.description import KEY, describe, write_description
from specc.onnx.front import Front, noise_input, raw_input, read_columns
from specc.onnx.made import write_error, write_made
from specc.onnx.writer import Place, Writer, writer_of
from specc.shapes import Shape
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.pooling import GlobalMaxPool2d, MaxPool2d
from specc.vocabulary.layers.sources import Input

OPSETS = {"": 20, "ai.onnx.ml": 4}
IR_VERSION = 10

LOSE_NAN = (MaxPool2d, GlobalMaxPool2d)
"""Layers behind which onnxruntime forgets that a number was missing: the largest of NaN and 1 is 1 to it."""


class ModelTooLarge(Exception):
    """The weights do not fit into one ONNX file."""


def build_onnx(spec: Spec, weights: Mapping[str, np.ndarray]) -> bytes:
    """The file of a bound spec, the same bytes for the same weights. `weights` is the state dict of its PyTorch module.

    Inputs: the columns that the network takes, under their own names. Outputs: each target, with the probabilities of a
    category beside it; for a part that ends with no answer, its last layer.
    """
    assert spec.bound is not None
    size = sum(array.nbytes for array in weights.values())
    if size > LARGEST_FILE:
        raise ModelTooLarge(f"the weights take {size / 2**30:.1f} GiB, and an ONNX file in one piece holds 2 GiB")
    columns = {name: raw_input(name, spec.bound.fits[name]) for name in read_columns(spec)}
    noise = [(one, noise_input(one.name, shape_entering(spec, one))) for one in entering(spec, spec.graph) if one.tensor is None]
    outputs = output_names(spec)
    writer = Writer(weights, [*columns, *(one.name for one, _ in noise), *(name for names in outputs.values() for name in names)])
    front = Front(spec, writer, columns, watches=any(isinstance(node.layer, LOSE_NAN) for node in spec.graph.nodes))
    doors = {tensor.name: front.tensor(tensor) for tensor in door(spec)}
    given = {one.node.name if one.node is not None else one.reference: value for one, value in noise}
    tensors = _write_layers(spec, spec.graph, doors, given, writer)
    rebuilt = rebuilt_tensor(spec)
    end = next((node for node in spec.graph.nodes if isinstance(node.layer, Made)), None)
    error = (
        write_error(spec, end, tensors[end.name], doors[rebuilt.name], writer)
        if rebuilt is not None and end is not None
        else None
    )
    logits = {node: str(tensors[node].name) for node in outputs}
    masks = {name: asked.description for name, asked in writer.asked.items()}
    about = {KEY: write_description(describe(spec, logits, str(error.name) if error is not None else "", masks))}
    answered = []
    targets = {answer.node: answer for answer in answers(spec.graph)}
    for node, names in outputs.items():
        sizes = spec.graph.node(node).shape.dimensions()
        tensor = blanked(tensors[node], 1 + len(sizes), front.unknown, writer)
        if isinstance(spec.graph.node(node).layer, Made):
            answered += write_made(spec, spec.graph.node(node), tensor, names, writer)
            if error is not None:
                answered.append(write_features(error, names[-1], (), writer))
        elif node in targets:
            answered += write_answer(spec, targets[node], tensor, writer)
        else:
            answered.append(write_features(tensor, names[0], sizes, writer))
    return file_of(
        spec.name,
        [*columns.values(), *(value for _, value in noise), *(a.value for a in writer.asked.values())],
        answered,
        writer,
        about,
    )


def file_of(name: str, inputs: list[ir.Value], outputs: list[ir.Value], writer: Writer, about: dict[str, str]) -> bytes:
    """The file of what was written, the same bytes for the same graph; `about` is its metadata."""
    nodes, read = _needed(writer.nodes, outputs)
    graph = ir.Graph(
        inputs,
        outputs,
        nodes=nodes,
        initializers=[constant for constant in writer.constants.values() if constant in read],
        opset_imports=OPSETS,
        name=name,
    )
    model = ir.Model(graph, ir_version=IR_VERSION, producer_name="specc", producer_version=specc_version(), metadata_props=about)
    return ir.to_proto(model).SerializeToString(deterministic=True)


def _needed(nodes: list[ir.Node], outputs: list[ir.Value]) -> tuple[list[ir.Node], set[ir.Value]]:
    """The nodes without those that nothing comes of, as the features of a machine that answers a label; and all they read."""
    read, needed = set(outputs), []
    for node in reversed(nodes):
        if any(output in read for output in node.outputs):
            needed.append(node)
            read.update(value for value in node.inputs if value is not None)
    return needed[::-1], read


def _write_layers(
    spec: Spec, graph: Graph, doors: dict[str, ir.Value], given: dict[str, ir.Value], writer: Writer
) -> dict[str, ir.Value]:
    """The tensors of a graph by their references; those of noise and of other parts are `given`."""
    tensors: dict[str, ir.Value] = dict(given)
    shapes: dict[str, Shape] = {}
    for node in graph.nodes:
        if node.name in given:
            shapes[node.name] = node.shape
            continue
        writer.about = _about(node)
        if isinstance(node.layer, Input):
            place = Place(node, tuple(doors[tensor.name] for tensor in entries(spec, node)), (), writer)
        else:
            inputs, seen = tuple(tensors[name] for name in node.inputs), tuple(shapes[name] for name in node.inputs)
            givers = tuple(graph.by_name[name] for name in node.inputs if name in graph.by_name)
            place = Place(node, inputs, seen, writer, givers)
        value = writer_of(type(node.layer))(node.layer, place)
        if any(value is x for x in place.inputs):
            value = place.op("Identity", value)  # the layer does nothing here, and is still found by its name
        writer.call(value, node.name)
        tensors[node.name], shapes[node.name] = value, node.shape
    writer.about = {}
    return tensors


def _about(node: Node) -> dict[str, str]:
    """What stands on the nodes of a layer: its name, its word, and where it stands in the spec (characters `start-end`)."""
    places = [f"{span.start}-{span.end}" for span in (*node.trail, node.span) if not span.origin]
    return {"layer": node.name, "word": node.layer.word, "span": " ".join(places)}
