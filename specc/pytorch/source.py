"""The PyTorch source of a bound spec: readable, standing alone, and the very module that is trained."""

from __future__ import annotations

import linecache
from typing import NamedTuple

import torch
from torch import nn

from specc.composites import entering, giving
from specc.door import column_shapes, entries, identifier, state_key
from specc.ir import Graph, Node, Spec
from specc.pytorch.headline import headline
from specc.pytorch.whole import whole_forward
from specc.pytorch.written import Place, Written, writer_of
from specc.vocabulary.layers.boltzmann import Visible
from specc.vocabulary.layers.sources import Input


class ParameterInfo(NamedTuple):
    """Whose a trained tensor is; `is_weight`: neither a bias nor a gain."""

    node: Node
    is_weight: bool


def emit_source(spec: Spec) -> str:
    """The source of the model's module, as `specc compile` writes it."""
    body, uses = _class_source(spec)
    imports = ["import torch", "from torch import Tensor, nn", "from torch.nn import functional as F"]
    if uses:
        imports += ["", f"from specc.pytorch.nn import {', '.join(sorted(uses))}"]
    return f'"""{headline(spec)}"""\n\n' + "\n".join(imports) + "\n\n\n" + body


def build_module(spec: Spec) -> nn.Module:
    """The module of a bound spec on the CPU: its emitted source, executed. Weights are as PyTorch makes them until `start`."""
    source = emit_source(spec)
    name = f"<{spec.name}.dn as PyTorch>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace: dict[str, type[nn.Module]] = {}
    exec(compile(source, name, "exec"), namespace)
    with torch.random.fork_rng(devices=[]):  # PyTorch's own starting values must not move the stream of dropout
        return namespace[class_name(spec)]()


def class_name(spec: Spec) -> str:
    """`network` → `Network`, and of a part that stands alone `encoder` → `Encoder`."""
    (name, *others) = spec.graphs
    return "".join(word.capitalize() for word in identifier(spec.model.word if others else name).split("_"))


def parameter_table(spec: Spec) -> dict[str, ParameterInfo]:
    """Whose each trained tensor is, by its key in the state dict."""
    table = {}
    for node in spec.nodes:
        inputs = () if isinstance(node.layer, Input) else tuple(spec.shapes[name] for name in node.inputs)
        for parameter in node.layer.parameter_shapes(*inputs):
            table[state_key(node, parameter)] = ParameterInfo(node, parameter.endswith("weight"))
    return table


def _class_source(spec: Spec) -> tuple[str, set[str]]:
    """The class of a spec, and what it takes from `specc.pytorch.nn`: a method for each part, `forward` for the whole."""
    layers: list[str] = []
    start: list[str] = []
    methods: list[str] = []
    uses: set[str] = set()
    for graph in spec.graphs.values():
        lines, written = _method(spec, graph, "forward" if len(spec.graphs) == 1 else identifier(graph.name))
        methods += ["", *lines]
        for layer in written:
            layers += [f"self.{name} = {constructor}" for name, constructor in layer.attributes.items()]
            start += layer.start
            uses.update(layer.uses)
    if len(spec.graphs) > 1:
        methods += ["", *whole_forward(spec)]
    lines = [
        f"class {class_name(spec)}(nn.Module):",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *(f"        {line}" for line in layers),
        "",
        "    @torch.no_grad()",
        "    def start(self, generator: torch.Generator | None = None) -> None:",
        '        """Gives every weight its starting value."""',
        *(f"        {line}" for line in start or ["pass"]),
        *(f"    {line}" if line else "" for line in methods),
    ]
    return "\n".join(lines) + "\n", uses


def _method(spec: Spec, graph: Graph, name: str) -> tuple[list[str], list[Written]]:
    """The method that computes a graph, and its layers as they are written."""
    taken = entering(spec, graph)
    tensors = [one.name for one in taken]
    expressions = {one.reference: one.name for one in taken if one.reference}
    entries_of = {one.node.name: one.name for one in taken if one.node is not None}
    doors = {one.tensor.name: one.name for one in taken if one.tensor is not None}
    forward: list[str] = []
    layers: list[Written] = []
    for node in graph.nodes:
        if node.name in entries_of:
            expressions[node.name] = entries_of[node.name]
            continue
        written = _written(spec, node, expressions, doors)
        layers.append(written)
        if written.forward.isidentifier():
            expressions[node.name] = written.forward  # nothing is done: the tensor keeps its name
            continue
        variable = identifier(node.name.removeprefix(f"{graph.name}."))
        variable = f"{variable}_" if variable in tensors else variable
        expressions[node.name] = variable
        forward.append(f"{variable} = {written.forward}  # {node.shape}")
        for output, expression in written.more.items():
            expressions[f"{node.name}.{output}"] = f"{variable}_{output}"
            forward.append(f"{variable}_{output} = {expression}  # {node.outputs[output]}")
    given = [expressions[tensor] for tensor in giving(spec, graph)]
    gives = "Tensor" if len(given) == 1 else f"tuple[{', '.join(['Tensor'] * len(given))}]"
    lines = [
        f"def {name}(self, {', '.join(f'{tensor}: Tensor' for tensor in tensors)}) -> {gives}:",
        *(f"    {line}" for line in forward),
        f"    return {', '.join(given)}",
    ]
    return lines, layers


def _written(spec: Spec, node: Node, expressions: dict[str, str], doors: dict[str, str]) -> Written:
    if isinstance(node.layer, Input):
        columns = tuple(column_shapes(spec, node)) if isinstance(node.layer, Visible) else ()
        place = Place(node, tuple(doors[tensor.name] for tensor in entries(spec, node)), columns)
    else:
        place = Place(node, tuple(expressions[name] for name in node.inputs), tuple(spec.shapes[name] for name in node.inputs))
    return writer_of(type(node.layer))(node.layer, place)
