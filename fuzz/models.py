"""ONNX files that load and lie, or ask for what no model of ours does: made from one that specc has exported."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from random import Random

import onnx
from onnx import TensorProto, helper

from fuzz.damage import INTEGERS, damaged, damaged_json

OPERATORS = (
    "Loop",
    "If",
    "Scan",
    "Identity",
    "Gemm",
    "Conv",
    "Reshape",
    "Expand",
    "ConstantOfShape",
    "Tile",
    "Range",
    "Resize",
    "Pad",
    "LSTM",
)
OPERATORS += (
    "Gather",
    "OneHot",
    "Cast",
    "Unsqueeze",
    "StringNormalizer",
    "TfIdfVectorizer",
    "LabelEncoder",
    "Where",
    "Softmax",
    "Einsum",
)
OUTSIDE = (
    "/etc/passwd",
    "../../../../etc/passwd",
    "/dev/zero",
    "weights.bin",
    "",
    "a\x00b",
    "*/_ORT_MEM_ADDR_/*",
    "https://a.b/c",
)
Change = Callable[[onnx.ModelProto, Random], object]


def model_lie(content: bytes, random: Random) -> bytes:
    """The model after one or two changes of its parts."""
    model = onnx.load_model_from_string(content)
    for _ in range(random.choice((1, 1, 2))):
        with contextlib.suppress(IndexError, ValueError):  # the change before took away what this one is about
            random.choice(CHANGES)(model, random)
    return model.SerializeToString()


def weights_outside(model: onnx.ModelProto, random: Random) -> None:
    tensor = random.choice(model.graph.initializer)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    for key, value in (("location", random.choice(OUTSIDE)), ("offset", str(random.choice(INTEGERS))), ("length", "16")):
        tensor.external_data.add(key=key, value=value)


def other_weights(model: onnx.ModelProto, random: Random) -> None:
    tensor = random.choice(model.graph.initializer)
    match random.randrange(4):
        case 0:
            tensor.raw_data = tensor.raw_data[: len(tensor.raw_data) // 2]
        case 1:
            tensor.data_type = random.choice((*range(25), -1, 999))
        case 2 if tensor.dims:
            tensor.dims[random.randrange(len(tensor.dims))] = random.choice(INTEGERS)
        case _:
            tensor.dims.extend([random.choice(INTEGERS)] * random.choice((1, 3, 100)))


def other_operator(model: onnx.ModelProto, random: Random) -> None:
    node = random.choice(model.graph.node)
    node.op_type = random.choice(OPERATORS)
    node.domain = random.choice(("", "", "", "ai.onnx.ml", "com.microsoft", "evil.custom", "ai.onnx.preview.training"))


def other_wires(model: onnx.ModelProto, random: Random) -> None:
    """Cycles, names twice, inputs that nothing gives."""
    node, other = random.choice(model.graph.node), random.choice(model.graph.node)
    match random.randrange(5):
        case 0:
            node.input.extend(other.output)
        case 1 if node.input:
            node.input[random.randrange(len(node.input))] = random.choice(
                [*other.output, *other.input, "", "nothing", node.output[0]]
            )
        case 2:
            del node.input[:]
        case 3:
            node.output[0] = other.output[0]
        case _:
            model.graph.node.add().CopyFrom(other)


def other_order(model: onnx.ModelProto, random: Random) -> None:
    nodes = list(model.graph.node)
    random.shuffle(nodes)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def other_attribute(model: onnx.ModelProto, random: Random) -> None:
    node = random.choice([node for node in model.graph.node if node.attribute] or list(model.graph.node))
    if not node.attribute:
        return
    attribute = random.choice(node.attribute)
    match random.randrange(5):
        case 0:
            attribute.i = random.choice(INTEGERS)
        case 1:
            attribute.type = random.randrange(0, 15)
        case 2:
            attribute.ints.extend([random.choice(INTEGERS) for _ in range(3)])
        case 3:
            attribute.name = random.choice(("axis", "perm", "to", "keys_strings", "x"))
        case _:
            node.attribute.remove(attribute)


def large_work(model: onnx.ModelProto, random: Random) -> None:
    """Nodes that ask for more memory or time than there is."""
    size = random.choice((10**6, 10**9, 10**12, 2**62))
    shape = helper.make_tensor("large", TensorProto.INT64, [1], [size])
    model.graph.initializer.append(shape)
    output = model.graph.output[0].name
    kind = random.randrange(3)
    if kind == 0:
        model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["large"], ["large_zeros"]))
        model.graph.node.append(helper.make_node("Identity", ["large_zeros"], ["large_too"]))
        model.graph.output.append(helper.make_tensor_value_info("large_too", TensorProto.FLOAT, None))
    elif kind == 1:
        body = helper.make_graph(
            [helper.make_node("Identity", ["go"], ["on"])],
            "body",
            [
                helper.make_tensor_value_info("i", TensorProto.INT64, []),
                helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            ],
            [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
        )
        model.graph.initializer.append(helper.make_tensor("yes", TensorProto.BOOL, [], [True]))
        model.graph.initializer.append(helper.make_tensor("rounds", TensorProto.INT64, [], [size]))
        model.graph.node.append(helper.make_node("Loop", ["rounds", "yes"], [], body=body))
    else:
        model.graph.node.append(helper.make_node("Tile", [output, "large"], ["tiled"]))


def deep_graph(model: onnx.ModelProto, random: Random) -> None:
    name = model.graph.output[0].name
    for number in range(random.choice((10, 3000))):
        model.graph.node.add().CopyFrom(helper.make_node("Identity", [name], [f"deep{number}"]))
        name = f"deep{number}"


def other_description(model: onnx.ModelProto, random: Random) -> None:
    """What the file says of its columns."""
    (entry,) = (entry for entry in model.metadata_props if entry.key == "specc")
    if random.random() < 0.9:
        entry.value = json.dumps(damaged_json(json.loads(entry.value), random)).encode("utf-8", "replace").decode()
    else:
        entry.value = random.choice(("", "[]", "null", "1", '{"format": 1}', "[" * 5000, '{"format": 1, "spec": {}}'))


def other_ends(model: onnx.ModelProto, random: Random) -> None:
    end = random.choice([*model.graph.input, *model.graph.output])
    match random.randrange(4):
        case 0:
            end.name = random.choice(("", "x", model.graph.node[0].output[0]))
        case 1:
            end.type.tensor_type.elem_type = random.choice((0, 1, 7, 8, 11, 99))
        case 2:
            end.type.ClearField("tensor_type")
        case _:
            ends = random.choice((model.graph.input, model.graph.output))
            del ends[random.randrange(len(ends))]


def other_versions(model: onnx.ModelProto, random: Random) -> None:
    match random.randrange(3):
        case 0:
            model.ir_version = random.choice((0, 1, 3, 99, 2**31))
        case 1:
            opset = model.opset_import[0] if model.opset_import else model.opset_import.add()
            opset.version = random.choice((0, 1, 7, 99, 2**31))
        case _:
            del model.opset_import[:]


def bytes_of_it(model: onnx.ModelProto, random: Random) -> None:
    """Damage that still is a message, where it happens to be one."""
    content = damaged(model.SerializeToString(), random)
    try:
        found = onnx.load_model_from_string(content)
    except Exception:  # the parser's errors share no base
        return
    model.CopyFrom(found)


CHANGES: list[Change] = [
    weights_outside,
    other_weights,
    other_operator,
    other_wires,
    other_order,
    other_attribute,
    large_work,
    deep_graph,
    other_description,
    other_description,
    other_ends,
    other_versions,
    bytes_of_it,
]
