"""What is to be drawn of a spec: boxes in stacks, frames around them, lines between; no positions yet.

Nothing here knows a layer's class: what a box looks like follows from its inputs, shapes and parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from specc.costs import tensors_of
from specc.door import answers, input_columns
from specc.drawing.boxes import Box, Item, Line, answer_box, column_boxes, node_box
from specc.drawing.folding import fold_repetitions
from specc.ir import Graph, Node, Spec
from specc.shapes import Shape
from specc.vocabulary.layers.sources import Input

FOLD_ABOVE = 24
"""Layers of a graph above which repetitions are drawn once."""


@dataclass
class Outline:
    """The graphs as frames, and the lines between them."""

    graphs: list[Item] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def outline_of(spec: Spec) -> Outline:
    """Everything that a drawing of the spec shows."""
    outline = Outline()
    for graph in spec.graphs.values():
        outline.graphs.append(_GraphOutline(spec, graph, outline).frame())
    return outline


class _GraphOutline:
    """Sorts the layers of one graph into the frames of their scopes."""

    def __init__(self, spec: Spec, graph: Graph, outline: Outline) -> None:
        self.spec, self.graph, self.outline = spec, graph, outline
        self.shapes = spec.shapes
        self.nodes = {node.name: node for node in graph.nodes}
        self.scope = (graph.name,) if len(spec.graphs) > 1 else ()
        """A part of a composite is a scope: its layers' names begin with it."""
        self.taken: dict[str, set[str]] = {}
        """Producer → the layers that take something of it."""
        self.wanted = self._wanted_elsewhere()
        for node in graph.nodes:
            for tensor in _drawn_inputs(node):
                self.taken.setdefault(self._producer(tensor), set()).add(node.name)

    def _wanted_elsewhere(self) -> set[str]:
        """The layers of this graph that another graph takes."""
        tensors = (t for g in self.spec.graphs.values() if g.name != self.graph.name for n in g.nodes for t in n.inputs)
        return {found for found in map(self._local, tensors) if found is not None}

    def _local(self, tensor: str) -> str | None:
        """The layer of this graph that gives a tensor."""
        return next((name for name in (tensor, tensor.rpartition(".")[0]) if name in self.nodes), None)

    def _producer(self, tensor: str) -> str:
        """Who gives a tensor: a layer of this graph, or the tensor itself, which is another's."""
        return self._local(tensor) or tensor

    def frame(self) -> Item:
        """The graph as a frame; what it takes from outside becomes lines of the outline."""
        frame = self._level(self.scope, list(self.graph.nodes), self.graph.name)
        if len(self.graph.nodes) > FOLD_ABOVE:
            fold_repetitions(frame)
        self._add_columns(frame)
        self._add_answers(frame)
        for tensor in frame.entries:
            self.outline.lines.append(Line(self._origin(tensor), tensor, frame.key, tensor))
        return frame

    def _origin(self, tensor: str) -> str:
        """The frame that a foreign tensor comes from; its port gets the foreign tensor's name."""
        return tensor.partition(".")[0]

    def _level(self, scope: tuple[str, ...], nodes: list[Node], label: str) -> Item:
        """The frame of a scope: its own layers in stacks, the scopes inside it as frames."""
        inner = scope != self.scope
        frame = Item(key=f"{self.graph.name}/{'.'.join(scope)}" if inner else self.graph.name, label=label, is_frame=True)
        depth = len(scope)
        inside = {node.name for node in nodes}
        groups: dict[str, list[Node]] = {}
        for node in nodes:
            path = node.name.split(".")
            groups.setdefault(path[depth] + "/" if len(path) > depth + 1 else node.name, []).append(node)
        place: dict[str, Item] = {}
        known: set[str] = set()
        for key, members in groups.items():
            if key.endswith("/"):
                item = self._level((*scope, key[:-1]), members, key[:-1])
            elif (stack := self._stack_above(members[0], place)) is not None:
                stack.boxes.append(self._box(members[0], is_light=True))
                item = stack
            else:
                item = Item(key=f"{self.graph.name}:{members[0].name}", boxes=[self._box(members[0], is_light=False)])
            if item.key not in known:
                known.add(item.key)
                frame.children.append(item)
            place.update((node.name, item) for node in members)
        lines: dict[tuple, Line] = {}
        for node in nodes:
            for tensor in _drawn_inputs(node):
                line = self._line(frame, place, inside, node, tensor)
                lines.setdefault((line.source, line.source_tensor, line.target, line.target_tensor, line.output), line)
        frame.lines = [line for line in lines.values() if line.source != line.target]
        for name in inside:
            if name in self.wanted or self.taken.get(name, set()) - inside:
                frame.exits.append(name)
                frame.lines.append(Line(place[name].key, name, "", name))
        return frame

    def _line(self, frame: Item, place: dict[str, Item], inside: set[str], node: Node, tensor: str) -> Line:
        """The line of one input within a frame: from an item of the frame, or from its border."""
        producer = self._producer(tensor)
        output = tensor[len(producer) + 1 :] if tensor != producer else ""
        if producer in inside:
            return Line(place[producer].key, producer, place[node.name].key, producer, output)
        frame.take(producer)
        return Line("", producer, place[node.name].key, producer, output)

    def _stack_above(self, node: Node, place: dict[str, Item]) -> Item | None:
        """The stack that a light layer joins: it alone takes the last box of it, and changes neither shape nor path."""
        inputs = _drawn_inputs(node)
        if len(inputs) != 1 or inputs[0] not in place or not self._is_light(node):
            return None
        stack, alone = place[inputs[0]], self.taken[inputs[0]] == {node.name} and inputs[0] not in self.wanted
        is_last = not stack.is_frame and stack.boxes[-1].name == inputs[0]
        return stack if alone and is_last else None

    def _is_light(self, node: Node) -> bool:
        """Whether a layer only works on the numbers as they stand: the same shape, no weights."""
        inputs = self._shapes(node)
        parameters = tensors_of(node, inputs)
        same = len(node.outputs) == 1 and inputs == tuple(node.outputs.values())
        return same and not any(name.endswith("weight") for name in parameters)

    def _shapes(self, node: Node) -> tuple[Shape, ...]:
        return tuple(self.shapes[tensor] for tensor in node.inputs)

    def _box(self, node: Node, is_light: bool) -> Box:
        return node_box(node, self._shapes(node), is_light)

    def _add_columns(self, frame: Item) -> None:
        """Above each input the columns that it joins."""
        if self.spec.data is None:
            return
        for node in self.graph.nodes:
            if not isinstance(node.layer, Input):
                continue
            names = input_columns(self.spec, node)
            key = f"{self.graph.name}:columns of {node.name}"
            item = Item(key=key, boxes=column_boxes([(name, self.spec.data.columns[name].word) for name in names]), is_panel=True)
            holder = frame.holder_of(node.name)
            if holder is not None:
                holder.children.insert(0, item)
                holder.lines.append(Line(key, key, holder.child_with(node.name).key, node.name))

    def _add_answers(self, frame: Item) -> None:
        """Below each output the column that it answers."""
        for answer in answers(self.graph):
            holder = frame.holder_of(answer.node)
            if holder is None:
                continue
            key = f"{self.graph.name}:answer {answer.column}"
            holder.children.append(Item(key=key, boxes=[answer_box(answer)]))
            holder.lines.append(Line(holder.child_with(answer.node).key, answer.node, key, answer.node))


def _drawn_inputs(node: Node) -> tuple[str, ...]:
    """The tensors whose numbers a layer takes: a shortcut's second one only lends its shape, and a visible label has weights
    to its machine alone, which is the last.
    """
    if node.layer.word == "label":
        return node.inputs[-1:]
    return node.inputs[:1] if node.layer.word == "shortcut" else node.inputs
