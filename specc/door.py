"""The door of a network: the tensors that enter it, and the answers that leave it, as every back end agrees on them."""

from __future__ import annotations

import keyword
import re
from typing import Literal, NamedTuple

from specc.ir import Graph, Node, Spec
from specc.shapes import Expression, Shape, Size
from specc.vocabulary.columns import Category, Embedding, is_pattern, symbol
from specc.vocabulary.layers.composite import Condition
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input


class DoorTensor(NamedTuple):
    """A tensor that enters the network.

    `features`: float32 `[batch, width]`, the columns' numbers side by side. `index`: int64 `[batch]`, the row of an
    embedded category's table (0 the unseen label). `image`, `array`: float32, one column's own block. `ratings`: int64
    `[ratings, 3]`, the row of the batch, ascending, the unit and the level of each rating.
    """

    name: str
    kind: Literal["features", "index", "image", "array", "ratings"]
    columns: tuple[str, ...]


class Answer(NamedTuple):
    """A prediction that leaves the network: the output's node, its target column, and how its numbers are read."""

    node: str
    column: str
    head: Literal["linear", "sigmoid", "softmax", "unknown"]
    units: Size


def input_columns(spec: Spec, node: Node) -> tuple[str, ...]:
    """The columns that an `input` joins, in the order of its tensor: those looked up in a table come last."""
    assert isinstance(node.layer, Input) and spec.data is not None
    names: list[str] = []
    for name in node.layer.columns:
        whole = name == "features" and name not in spec.data.columns
        names.extend((spec.data.features if isinstance(node.layer, Condition) else features_of(spec)) if whole else [name])
    return tuple([n for n in names if not is_embedded(spec, n)] + [n for n in names if is_embedded(spec, n)])


def features_of(spec: Spec) -> list[str]:
    """The columns that `features` means: what a composite is conditioned on stands apart."""
    assert spec.data is not None
    apart = {c for other in spec.nodes if isinstance(other.layer, Condition) for c in other.layer.columns}
    return [name for name in spec.data.features if name not in apart]


def is_embedded(spec: Spec, column: str) -> bool:
    """Whether a column enters as an index into a trained table."""
    assert spec.data is not None
    declared = spec.data.columns[column]
    return isinstance(declared, Category) and isinstance(declared.encode, Embedding)


def entries(spec: Spec, node: Node) -> tuple[DoorTensor, ...]:
    """The tensors that one `input` takes, in the order in which it joins them."""
    assert spec.data is not None and isinstance(node.layer, Input)
    columns = input_columns(spec, node)
    plain = tuple(name for name in columns if not is_embedded(spec, name))
    tensors = [DoorTensor(identifier(name), "index", (name,)) for name in columns if is_embedded(spec, name)]
    if len(columns) == 1 and plain and not spec.data.columns[plain[0]].joins_features:
        word = spec.data.columns[plain[0]].word
        kind = "image" if word == "image" else "ratings" if word == "ratings" else "array"
        return (DoorTensor(identifier(plain[0]), kind, plain),)
    if not plain:
        return tuple(tensors)
    name = "features" if node.layer.columns == ("features",) else plain[0] if len(plain) == 1 else f"{node.name}_columns"
    return (DoorTensor(identifier(name), "features", plain), *tensors)


def door(spec: Spec) -> tuple[DoorTensor, ...]:
    """All tensors that enter the networks of a spec, each once."""
    tensors: dict[str, DoorTensor] = {}
    for graph in spec.graphs.values():
        for node in graph.nodes:
            if isinstance(node.layer, Input):
                tensors.update((tensor.name, tensor) for tensor in entries(spec, node))
    return tuple(tensors.values())


def answers(graph: Graph) -> tuple[Answer, ...]:
    """The answers of a graph in the order of its outputs."""
    return tuple(
        Answer(node.name, node.layer.column, node.layer.head, node.layer.units)
        for node in graph.nodes
        if isinstance(node.layer, Output)
    )


def results(graph: Graph) -> tuple[str, ...]:
    """The tensors that leave a graph: its answers, or of a part of one its last."""
    return tuple(answer.node for answer in answers(graph)) or (graph.nodes[-1].name,)


def column_shapes(spec: Spec, node: Node) -> list[Shape]:
    """The shape of each column that an `input` joins; a pattern's is as wide as all columns that it stands for."""
    assert spec.data is not None
    shapes: list[Shape] = []
    for name in input_columns(spec, node):
        shape = spec.data.columns[name].shape(name)
        if is_pattern(name) and spec.data.columns[name].joins_features:
            shape = shape.with_size("features", shape.size("features") * Expression({symbol("columns", name): 1}))
        shapes.append(shape)
    return shapes


def state_key(node: Node, parameter: str) -> str:
    """The key of a trained tensor in the state dict: `dense_1.weight`; a gain is PyTorch's `weight`."""
    name = identifier(node.name)
    if isinstance(node.layer, Input):
        return f"{name}_{identifier(parameter.removesuffix('_weight'))}.weight"
    return f"{name}.{'weight' if parameter == 'gain' else parameter}"


def attributes_of(node: Node) -> tuple[str, ...]:
    """The attributes of the module in which a layer has tensors, as far as it has any: an input one for each embedding."""
    name = identifier(node.name)
    return tuple(f"{name}_{identifier(column)}" for column in node.layer.embeddings) if isinstance(node.layer, Input) else (name,)


RESERVED = frozenset(
    "F T_destination Tensor add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval"
    " extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia"
    " named_buffers named_children named_modules named_parameters nn parameters register_backward_hook register_buffer"
    " register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook"
    " register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter"
    " register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ self set_extra_state set_submodule share_memory"
    " start state_dict super to to_empty torch train training type xpu zero_grad".split()
)
"""What emitted source and PyTorch's modules already call something (a test holds it complete)."""


def identifier(name: str) -> str:
    """A name as PyTorch source and ONNX can spell it: `first.conv2d_1` → `first_conv2d_1`, `train` → `train_`."""
    word = re.sub(r"[^0-9A-Za-z_]", "_", name)
    if not word or word[0].isdigit():
        word = f"column_{word}"
    taken = word in RESERVED or keyword.iskeyword(word) or keyword.issoftkeyword(word) or word.startswith("_")
    return f"{word}_" if taken else word
