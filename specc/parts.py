"""A part of a network: everything from its inputs up to a named layer."""

from __future__ import annotations

from specc.diagnostics import did_you_mean, listing
from specc.ir import Graph, Spec


class NoSuchPart(Exception):
    """The network has no layer of that name; the message names near ones."""


def part_of(spec: Spec, name: str) -> Spec:
    """The spec of one graph that ends with the layer `name`. Raises `NoSuchPart`."""
    graph = spec.graph
    known = [node.name for node in graph.nodes]
    if name not in known:
        meant = did_you_mean(name, known)
        some = listing(known[:8], "and") + (" and more" if len(known) > 8 else "")
        raise NoSuchPart(f"`{spec.name}` has no layer `{name}`: " + (f"did you mean `{meant}`?" if meant else f"it has {some}"))
    needed = {name}
    kept = []
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed |= {tensor if tensor in known else tensor.rpartition(".")[0] for tensor in node.inputs}
            kept.append(node)
    cut = Graph(name=graph.name, nodes=tuple(reversed(kept)))
    return spec.model_copy(update={"graphs": {graph.name: cut}})
