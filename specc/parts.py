"""A part of a network: everything from its inputs up to a named layer or block; of a composite also one of its graphs."""

from __future__ import annotations

from specc.composites import is_composite, standing_alone, whole_of
from specc.diagnostics import did_you_mean, listing
from specc.ir import Graph, Spec
from specc.reconstructing import RECONSTRUCTION, can_be_reconstructed, reconstruction_of


class NoSuchPart(Exception):
    """The network has no layer or block of that name; `way_out` names near ones."""

    def __init__(self, message: str, way_out: str) -> None:
        super().__init__(f"{message}: {way_out}")
        self.message, self.way_out = message, way_out


def part_of(spec: Spec, name: str, also: tuple[str, ...] = ()) -> Spec:
    """The spec of one graph that ends with the layer or block `name`. Raises `NoSuchPart`; it names what there is `also`."""
    if is_composite(spec) and name in spec.graphs:
        return spec.model_copy(update={"graphs": {name: standing_alone(spec, spec.graphs[name])}})
    found = _found(spec, name)
    if found is None:
        known = [*(spec.graphs if is_composite(spec) else ()), *(node.name for node in spec.nodes)]
        named = [*known, *also]
        local = [node.local_name for node in spec.nodes] if is_composite(spec) else []
        meant = did_you_mean(name, [*named, *local, *(scope for inner in known if (scope := inner.rpartition(".")[0]))])
        some = listing(named[:8], "and") + (" and more" if len(named) > 8 else "")
        raise NoSuchPart(f"`{spec.name}` has no layer `{name}`", f"did you mean `{meant}`?" if meant else f"it has {some}")
    graph, end = found
    known, needed = graph.by_name, {end}
    kept = []
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed |= {tensor if tensor in known else tensor.rpartition(".")[0] for tensor in node.inputs}
            kept.append(node)
    cut = Graph(name=graph.name, nodes=tuple(reversed(kept)))
    if is_composite(spec):
        cut = standing_alone(spec, cut)
    return spec.model_copy(update={"graphs": {graph.name: cut}})


def _found(spec: Spec, name: str) -> tuple[Graph, str] | None:
    """The graph that has a layer or block of a name, and the layer that it ends with; of a composite the first that has it."""
    for graph in spec.graphs.values():
        names = [name, f"{graph.name}.{name}"] if is_composite(spec) else [name]
        end = next((end for full in names if (end := find_end(graph, full)) is not None), None)
        if end is not None:
            return graph, end
    return None


def asked_part(spec: Spec, name: str) -> Spec:
    """What a run may be asked for: one of its parts, or of machines their `reconstruction` of a row. Raises `NoSuchPart`."""
    if spec.is_of_ratings:
        features = listing([graph.nodes[-1].name for graph in spec.graphs.values()])
        raise NoSuchPart("a model of ratings is whole in its ONNX file", f"{features} is an output of it, beside the answers")
    if name == RECONSTRUCTION and "encoder" in spec.graphs:
        return whole_of(spec)
    if not can_be_reconstructed(spec) or find_end(spec.graph, name) is not None:
        return part_of(spec, name)
    return reconstruction_of(spec) if name == RECONSTRUCTION else part_of(spec, name, also=(RECONSTRUCTION,))


def find_end(graph: Graph, name: str) -> str | None:
    """The layer that a part ends with: that of its name, or the one whose tensor the use of a block passes on."""
    if name in graph.by_name:
        return name
    inside = [node.name for node in graph.nodes if node.name.startswith(f"{name}.")]
    taken = {tensor for node in graph.nodes if node.name not in inside for tensor in node.inputs}
    passed_on = [inner for inner in inside if inner in taken]
    return (passed_on or inside or [None])[-1]
