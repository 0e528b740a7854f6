"""The PyTorch source of a bound spec: readable, standing alone, and the very module that is trained."""

from __future__ import annotations

import linecache
import textwrap
from typing import NamedTuple

import torch
from torch import nn

from specc.costs import shapes_seen
from specc.door import DoorTensor, answers, column_shapes, door, entries, identifier, results, state_key
from specc.ir import Graph, Node, Spec
from specc.pytorch.written import Place, Written, writer_of
from specc.shapes import Shape
from specc.vocabulary.layers.boltzmann import Visible
from specc.vocabulary.layers.sources import Input


class ParameterInfo(NamedTuple):
    """Whose a trained tensor is; `is_weight`: neither a bias nor a gain."""

    node: Node
    is_weight: bool


def emit_source(spec: Spec) -> str:
    """The source of the model's module, as `specc compile` writes it."""
    (graph,) = spec.graphs.values()
    body, uses = _class_source(spec, graph)
    imports = ["import torch", "from torch import Tensor, nn", "from torch.nn import functional as F"]
    if uses:
        imports += ["", f"from specc.pytorch.nn import {', '.join(sorted(uses))}"]
    return f'"""{_headline(spec, graph)}"""\n\n' + "\n".join(imports) + "\n\n\n" + body


def build_module(spec: Spec) -> nn.Module:
    """The module of a bound spec on the CPU: its emitted source, executed. Weights are as PyTorch makes them until `start`."""
    source = emit_source(spec)
    (graph,) = spec.graphs.values()
    name = f"<{spec.name}.dn as PyTorch>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace: dict[str, type[nn.Module]] = {}
    exec(compile(source, name, "exec"), namespace)
    with torch.random.fork_rng(devices=[]):  # PyTorch's own starting values must not move the stream of dropout
        return namespace[class_name(graph)]()


def class_name(graph: Graph) -> str:
    """`network` → `Network`."""
    return "".join(word.capitalize() for word in identifier(graph.name).split("_"))


def parameter_table(spec: Spec) -> dict[str, ParameterInfo]:
    """Whose each trained tensor is, by its key in the state dict."""
    table = {}
    for graph in spec.graphs.values():
        shapes = shapes_seen(spec, graph)
        for node in graph.nodes:
            inputs = () if isinstance(node.layer, Input) else tuple(shapes[name] for name in node.inputs)
            for parameter in node.layer.parameter_shapes(*inputs):
                table[state_key(node, parameter)] = ParameterInfo(node, parameter.endswith("weight"))
    return table


def _class_source(spec: Spec, graph: Graph) -> tuple[str, set[str]]:
    """The class of a graph, and what it takes from `specc.pytorch.nn`."""
    shapes = shapes_seen(spec, graph)
    tensors = [tensor.name for tensor in door(spec)]
    expressions: dict[str, str] = {}
    layers: list[str] = []
    start: list[str] = []
    forward: list[str] = []
    uses: set[str] = set()
    for node in graph.nodes:
        written = _written(spec, node, expressions, shapes)
        layers += [f"self.{name} = {constructor}" for name, constructor in written.attributes.items()]
        start += written.start
        uses.update(written.uses)
        if written.forward.isidentifier():
            expressions[node.name] = written.forward  # nothing is done: the tensor keeps its name
            continue
        variable = identifier(node.name)
        variable = f"{variable}_" if variable in tensors else variable
        expressions[node.name] = variable
        forward.append(f"{variable} = {written.forward}  # {node.shape}")
    given = [expressions[tensor] for tensor in results(graph)]
    gives = "Tensor" if len(given) == 1 else f"tuple[{', '.join(['Tensor'] * len(given))}]"
    lines = [
        f"class {class_name(graph)}(nn.Module):",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *(f"        {line}" for line in layers),
        "",
        "    @torch.no_grad()",
        "    def start(self, generator: torch.Generator | None = None) -> None:",
        '        """Gives every weight its starting value."""',
        *(f"        {line}" for line in start),
        "",
        f"    def forward(self, {', '.join(f'{name}: Tensor' for name in tensors)}) -> {gives}:",
        *(f"        {line}" for line in forward),
        f"        return {', '.join(given)}",
    ]
    return "\n".join(lines) + "\n", uses


def _written(spec: Spec, node: Node, expressions: dict[str, str], shapes: dict[str, Shape]) -> Written:
    if isinstance(node.layer, Input):
        columns = tuple(column_shapes(spec, node)) if isinstance(node.layer, Visible) else ()
        place = Place(node, tuple(tensor.name for tensor in entries(spec, node)), columns)
    else:
        place = Place(node, tuple(expressions[name] for name in node.inputs), tuple(shapes[name] for name in node.inputs))
    return writer_of(type(node.layer))(node.layer, place)


def _headline(spec: Spec, graph: Graph) -> str:
    """What the module is, takes and gives."""
    takes = "; ".join(_takes(tensor) for tensor in door(spec))
    gives = "; ".join(f"{answer.column} {graph.node(answer.node).shape}" for answer in answers(graph))
    paragraphs = [
        f"The {graph.name} of `{spec.name}`, written by specc.",
        "",
        f"Takes {takes}.",
        f"Gives logits, or numbers as they were scaled: {gives}.",
    ]
    text = "\n".join(textwrap.fill(paragraph, 110) if paragraph else "" for paragraph in paragraphs) + "\n"
    return text.replace("\\", "\\\\").replace('"""', "'''")


def _takes(tensor: DoorTensor) -> str:
    columns = ", ".join(tensor.columns)
    if tensor.kind == "index":
        return f"{tensor.name} (int64 [N]: the row in the table of {columns}, 0 the unseen label)"
    if tensor.kind == "ratings":
        return f"{tensor.name} (int64 [ratings, 3]: the row of the batch, ascending, the unit, the level)"
    return f"{tensor.name} (float32 [N, …]: {columns})"
