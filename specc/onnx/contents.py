"""What an ONNX file from a stranger may hold, looked at before it is run: its own weights, standard operators, no loops."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

DOMAINS = frozenset(("", "ai.onnx", "ai.onnx.ml"))
LARGEST = 2 << 30
"""Bytes of a file; Protocol Buffers hold no more."""


def why_refused(content: bytes) -> str | None:
    """What is wrong with a file's bytes, to stand behind its name; None where they may be opened."""
    if len(content) >= LARGEST:
        return "has more than 2 GiB, and no ONNX file in one piece has"
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except (DecodeError, ValueError):  # a text in it that is no UTF-8 is a ValueError
        return "is damaged or no ONNX file"
    if model.functions:
        return "defines operators of its own, as no file that specc writes does"
    for node in model.graph.node:
        if node.domain not in DOMAINS:
            return f"needs the operator `{node.op_type}` of `{node.domain}`, which is no part of ONNX"
        if any(
            attribute.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS) or attribute.HasField("g")
            for attribute in node.attribute
        ):
            return f"has a graph within its graph (`{node.op_type}`), as no file that specc writes does: it could run forever"
    if any(tensor.data_location == TensorProto.EXTERNAL or tensor.external_data for tensor in _tensors(model.graph)):
        return "keeps weights in other files: a file that specc writes is all in one, and no other is opened for it"
    return None


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Every tensor that a model holds."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        yield from _tensors_of(node)


def _tensors_of(node: NodeProto) -> Iterator[TensorProto]:
    for attribute in node.attribute:
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
