"""Shape inference: gives every node its layer in final form and the shapes of its outputs.

`check` runs it with the symbols of the columns; `bind` runs it again with the sizes that the data has.
"""

from __future__ import annotations

from specc.composites import end_of
from specc.defaults import trains_machines
from specc.diagnostics import Diagnostic, Label, Report, Span
from specc.door import column_shapes, input_columns, is_embedded
from specc.ends import check_what_is_made, with_folded_end
from specc.ir import Graph, Node, Spec
from specc.machines import column_blocks, is_let_go, machine
from specc.shapes import UNKNOWN, Expression, Shape, ShapeMismatch, Size, product, total
from specc.vocabulary.columns import Category, Embedding, Number
from specc.vocabulary.layers.boltzmann import Hidden, Visible
from specc.vocabulary.layers.boltzmann import Label as LabelUnits
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.convolution import Shortcut
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input


def infer_shapes(spec: Spec, report: Report, sizes: dict[str, int] | None = None) -> Spec:
    """The spec with every node's shapes; mismatches (E03xx) go to the report, and what hangs on one is left out."""
    inference = _Inference(spec, report, sizes or {})
    return spec.model_copy(update={"graphs": {name: inference.graph(graph) for name, graph in spec.graphs.items()}})


class _Inference:
    def __init__(self, spec: Spec, report: Report, sizes: dict[str, int]) -> None:
        self.spec, self.report, self.sizes = spec, report, sizes
        self.shapes: dict[str, Shape] = {}
        self.nodes: dict[str, Node] = {}

    def graph(self, graph: Graph) -> Graph:
        """The graph with its shapes; those behind it may take its tensors."""
        return with_folded_end(graph.model_copy(update={"nodes": tuple(self.node(node) for node in graph.nodes)}))

    def node(self, node: Node) -> Node:
        layer = node.layer
        if isinstance(layer, Mirrored):
            of = self.nodes.get(layer.of)
            if of is None or not all(name in self.shapes for name in of.inputs):
                return node  # what it is the way back of was already reported
            layer = layer.model_copy(update={"before": self.shapes[of.inputs[0]]})
        if isinstance(layer, Input):
            layer, inputs = self._input(node, layer)
        elif all(name in self.shapes for name in node.inputs):
            inputs = [self.shapes[name] for name in node.inputs]
        else:
            return node  # it hangs on a layer that was already reported
        if isinstance(layer, Output):
            layer = self._output(layer, self._is_score(node))
        if isinstance(layer, Visible):
            layer = layer.model_copy(update={"blocks": self._blocks(node, layer)})
        if isinstance(layer, Hidden):
            layer = machine(layer, [self.nodes[name] for name in node.inputs], self._labels(node))
            trained = {"generative": is_let_go(self.spec, node), "pretrained": trains_machines(self.spec)}
            layer = layer.model_copy(update=trained)
        if any(x.is_unknown for x in inputs):
            node = node.model_copy(update={"layer": layer, "outputs": dict.fromkeys(node.outputs, UNKNOWN)})
            self._remember(node)
            return node
        try:
            if isinstance(layer, Shortcut):
                layer = layer.resolved(*inputs)
            forbidden = [x for x in inputs if x.has_time and layer.time == "forbids"]
            if forbidden:
                raise ShapeMismatch("E0301", f"`{layer.word}` does not take sequences, got {forbidden[0]}")
            if isinstance(layer, Made):
                check_what_is_made(node, inputs[0], self._made(layer))
            node = node.model_copy(update={"layer": layer, "outputs": layer.output_shapes(*inputs)})
        except ShapeMismatch as mismatch:
            self._report(node, mismatch)
            return node
        self._remember(node)
        return node

    def _remember(self, node: Node) -> None:
        self.nodes[node.name] = node
        for output, shape in node.outputs.items():
            self.shapes[f"{node.name}.{output}" if output else node.name] = shape

    def _input(self, node: Node, layer: Input) -> tuple[Input, list[Shape]]:
        assert self.spec.data is not None
        names = input_columns(self.spec, node)
        embeddings: dict[str, tuple[Size, int]] = {}
        for name in names:
            column = self.spec.data.columns[name]
            if is_embedded(self.spec, name) and isinstance(column, Category) and isinstance(column.encode, Embedding):
                embeddings[name] = (self._known(column.label_count(name)) + 1, column.encode.width)
        shapes = [self._bound(shape) for shape in column_shapes(self.spec, node)]
        return layer.model_copy(update={"embeddings": embeddings}), shapes

    def _made(self, layer: Made) -> Shape:
        """The shape of the columns that a part makes: what the `input` of another part gives of them."""
        taker = next(n for n in self.spec.nodes if type(n.layer) is Input and n.layer.columns == layer.columns)
        assert isinstance(taker.layer, Input)
        return taker.layer.output_shape(*(self._bound(shape) for shape in column_shapes(self.spec, taker)))

    def _blocks(self, node: Node, layer: Visible) -> tuple[tuple[str, Size], ...]:
        """The units of a visible layer, with the sizes that the data has."""
        shapes = [self._bound(shape) for shape in column_shapes(self.spec, node)]
        return column_blocks(self.spec, layer, input_columns(self.spec, node), shapes)

    def _labels(self, node: Node) -> Size:
        """How many labels stand beside the other visible units of a machine."""
        found = [n.layer for graph in self.spec.graphs.values() for n in graph.nodes if node.name in n.inputs]
        label = next((layer for layer in found if isinstance(layer, LabelUnits)), None)
        return self._output(label).units if label is not None else 0

    def _known(self, size: Size) -> Size:
        """The size with what the data has in place of its symbols."""
        if isinstance(size, int) or not self.sizes:
            return size
        return total(factor * product(map(self._symbol, filter(None, atom.split("*")))) for atom, factor in size.terms.items())

    def _symbol(self, symbol: str) -> Size:
        return self.sizes[symbol] if symbol in self.sizes else Expression({symbol: 1})

    def _bound(self, shape: Shape) -> Shape:
        return Shape.of(**{axis: self._known(size) for axis, size in zip(shape.axes, shape.sizes)})

    def _is_score(self, node: Node) -> bool:
        """Whether the labels' logits are what a discriminator says of a row: generated ones are one label more."""
        graph = self.spec.graphs.get("discriminator")
        return self.spec.model.word == "gan" and graph is not None and node.inputs[0] == end_of(graph)

    def _output(self, layer: Output, is_score: bool = False) -> Output:
        """Settles how many units answer for the column, and which activation reads them; a score has one a label."""
        assert self.spec.data is not None
        column = self.spec.data.columns[layer.column]
        if isinstance(column, Number):
            return layer.model_copy(update={"units": 1, "head": "linear"})
        if not isinstance(column, Category):
            return layer
        labels = self._known(column.label_count(layer.column))
        if isinstance(layer, LabelUnits):
            return layer.model_copy(update={"units": labels, "head": "softmax"})
        losses = {
            term.loss.word for p in self.spec.phases for term in p.settings.loss if term.loss.output in (None, layer.column)
        }
        if labels == 2 and "cross_entropy" not in losses and not is_score:
            return layer.model_copy(update={"units": 1, "head": "sigmoid"})
        if isinstance(labels, int) or losses & {"cross_entropy"} or is_score:
            return layer.model_copy(update={"units": labels, "head": "softmax"})
        return layer.model_copy(update={"units": Expression({f"units({layer.column})": 1}), "head": "unknown"})

    def _report(self, node: Node, mismatch: ShapeMismatch) -> None:
        labels = [self._origin(node, name) for name in node.inputs[: 2 if node.layer.merges else 1]]
        labels += [Label(use, "used here") for use in node.trail]
        self.report.diagnostics.append(
            Diagnostic(
                mismatch.code,
                mismatch.message,
                node.span,
                mismatch.label,
                tuple(label for label in labels if label is not None and label.span != node.span),
                (),
                mismatch.way_out,
            )
        )

    def _origin(self, node: Node, tensor: str) -> Label | None:
        """Where a tensor comes from, at the statement beside the node's own: a block's use, not the layer inside it."""
        source = self.nodes.get(tensor) or self.nodes.get(tensor.rpartition(".")[0])
        if source is None:
            return None
        shape = self.shapes[tensor]
        own = next((use for use, mine in zip(source.trail, (*node.trail, Span(-1, -1))) if use != mine), None)
        if own is None:
            return Label(source.span, f"gives {shape}")
        return Label(own, f"its `{source.name.rpartition('.')[2]}` gives {shape}")
