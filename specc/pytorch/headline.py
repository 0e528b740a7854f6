"""What emitted source says of itself: what the module is, takes and gives."""

from __future__ import annotations

import textwrap

from specc.composites import Entering, end_of, entering, is_composite, shape_entering
from specc.door import DoorTensor, answers, door
from specc.ir import Graph, Spec


def headline(spec: Spec) -> str:
    """The docstring of a module's source."""
    paragraphs = [_whole(spec)] if not is_composite(spec) else [_part(spec, graph) for graph in spec.graphs.values()]
    (name, *others) = spec.graphs
    text = f"The {spec.model.word if others else name} of `{spec.name}`, written by specc.\n\n" + "\n".join(paragraphs)
    return text.replace("\\", "\\\\").replace('"""', "'''")


def _whole(spec: Spec) -> str:
    """A graph that answers targets."""
    takes = "; ".join(_takes(tensor) for tensor in door(spec))
    gives = "; ".join(f"{answer.column} {spec.graph.node(answer.node).shape}" for answer in answers(spec.graph))
    return _filled(f"Takes {takes}.", f"Gives logits, or numbers as they were scaled: {gives}.")


def _part(spec: Spec, graph: Graph) -> str:
    """A part of a composite."""
    takes = "; ".join(_enters(spec, one) for one in entering(spec, graph))
    gives = f"{end_of(graph)} {graph.node(end_of(graph)).shape}"
    return _filled(f"{graph.name}: takes {takes}; gives {gives}.")


def _enters(spec: Spec, one: Entering) -> str:
    if one.tensor is not None:
        return _takes(one.tensor)
    return f"{one.name} (float32 {shape_entering(spec, one)})"


def _filled(*lines: str) -> str:
    return "\n".join(textwrap.fill(line, 110) for line in lines) + "\n"


def _takes(tensor: DoorTensor) -> str:
    columns = ", ".join(tensor.columns)
    if tensor.kind == "index":
        return f"{tensor.name} (int64 [N]: the row in the table of {columns}, 0 the unseen label)"
    if tensor.kind == "ratings":
        return f"{tensor.name} (int64 [ratings, 3]: the row of the batch, ascending, the unit, the level)"
    return f"{tensor.name} (float32 [N, …]: {columns})"
