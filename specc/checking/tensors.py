"""The layers of a graph as they come, and which tensor a name means from a place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specc.checking.names import Names, Place
from specc.diagnostics import Label, Report, Span
from specc.ir import Node
from specc.shapes import Shape
from specc.syntax.tree import Part
from specc.vocabulary.families import Layer
from specc.vocabulary.layers.boltzmann import Visible
from specc.vocabulary.layers.composite import Component


class Tensors:
    """The nodes of one graph. It may take those of the graphs `before` it, and `components`, which enter it when first taken.

    `part`: of a composite what the graph is called; the names of its layers begin with that.
    """

    def __init__(self, report: Report, part: str, before: Iterable[Node], components: Mapping[str, tuple[Layer, Span]]) -> None:
        self.report, self.part, self.prefix, self.components = report, part, f"{part}." if part else "", components
        self.nodes: list[Node] = []
        self.by_name: dict[str, Node] = {node.name: node for node in before}
        self.outside = frozenset(self.by_name)
        self.lost: set[str] = set()
        """Names of layers that could not be read: no second message is to blame those who use them."""

    def add(self, node: Node) -> None:
        self.nodes.append(node)
        self.by_name[node.name] = node

    def withdraw_unless_taken(self, name: str) -> None:
        """Takes away an entry into this graph that no layer takes."""
        if name not in self.outside and not any(name in node.inputs for node in self.nodes):
            self.nodes = [node for node in self.nodes if node.name != name]

    def kept(self) -> tuple[int, dict[str, Node]]:
        """What there is now, to come `back_to`."""
        return len(self.nodes), dict(self.by_name)

    def back_to(self, kept: tuple[int, dict[str, Node]]) -> None:
        count, self.by_name = kept
        del self.nodes[count:]

    def find(self, name: str, names: Names) -> str | None:
        """The tensor that a name means from a place; None where there is none. A block sees its own layers only."""
        if name in names.tensors:
            return names.tensors[name]
        full = names.prefix + name
        if full in self.by_name:
            return full
        use, _, inner = name.partition(".")
        if names.tensors.get(use) == "":
            return ""  # an output of a layer that was already reported
        if inner and use in names.uses:
            return self.find(inner, names.uses[use])
        head, _, output = full.rpartition(".")
        if head in self.by_name and output in self.by_name[head].outputs:
            return full
        if use in self.lost or use.rpartition("_")[0] in self.lost:
            return ""
        if name in self.components:
            return self.component(name)
        return name if name in self.outside else None

    def component(self, name: str) -> str:
        """The entry of a component into this graph, made where it is first taken."""
        full = self.prefix + name
        if full not in self.by_name:
            layer, span = self.components[name]
            node = Node(name=full, layer=layer, outputs={"": Shape()}, span=span)
            entered = sum(isinstance(other.layer, Component) for other in self.nodes)
            self.nodes.insert(entered, node)
            self.by_name[full] = node
        return full

    def named(self, part: Part, word: str, place: Place) -> str:
        """The name of a layer or a block's use: its own, numbered inside a loop, or its word's next number."""
        names = place.names
        if part.name is None:
            name = names.number(word)
        elif place.in_loop:
            name = names.number(part.name)
        else:
            name = part.name
        if part.name == "it" or (part.name == "features" and not self.part) or part.name in self.components:
            self.report.error("E0106", f"`{part.name}` has a meaning of its own and cannot name a layer", part.name_span)
        if name in names.places:
            first = Label(names.places[name], "first here")
            way_out = "" if part.name else "another layer bears the name that this one would get"
            self.report.error("E0106", f"the name `{name}` is used twice", part.name_span, labels=(first,), help=way_out)
        names.places[name] = part.name_span
        return name

    def remember(self, part: Part, name: str, tensor: str, place: Place) -> None:
        place.names.tensors[name] = tensor
        if part.name is not None:
            place.names.tensors[part.name] = tensor  # inside a loop: the round's own

    def visible(self, current: str | None) -> tuple[str, ...]:
        """Every visible layer, where the current tensor is one of them: a machine sees them side by side."""
        seen = self.by_name.get(current or "")
        if seen is None or not isinstance(seen.layer, Visible):
            return ()
        return tuple(node.name for node in self.nodes if isinstance(node.layer, Visible))
