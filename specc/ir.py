"""The checked spec as plain data: what every back end reads, and what `run.json` keeps.

A `Spec` comes out of `check` with symbols where only the data knows a size; `bind` gives the same spec with `bound`
filled in and every size a number. Both round-trip through JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

from specc.diagnostics import Span
from specc.records import Record
from specc.shapes import Shape
from specc.vocabulary.families import Augmentation, Column, Hyperparameter, Layer, Model, Source, Split
from specc.vocabulary.sections import PartSettings, Sweep, Train

FORMAT = 1
"""Raised when a reader of older files could misread a newer one."""


class Node(Record):
    """One layer of a graph: its name, where its tensors come from, and the shapes of what it gives.

    `inputs` name tensors: `dense_1`, or `encoder.state`, one of several outputs. A part of a composite is a scope: its layers
    are `encoder.dense_1`, and names are unique in a spec, so that a graph may take another's tensor.
    `outputs` holds a shape for each output, the empty name being the one that the next layer takes.
    `trail` lists the uses of blocks through which the node came into the graph, the outermost first.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...] = ()
    outputs: dict[str, Shape] = {}
    span: Span = Span(0, 0)
    trail: tuple[Span, ...] = ()

    @property
    def shape(self) -> Shape:
        return self.outputs[""]

    @property
    def local_name(self) -> str:
        """Its name within a part of a composite."""
        return self.name.partition(".")[2]


class Graph(Record):
    """Layers in an order in which each stands behind its inputs."""

    name: str
    nodes: tuple[Node, ...]

    @cached_property
    def by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    def node(self, name: str) -> Node:
        return self.by_name[name]

    def shape_of(self, tensor: str) -> Shape:
        """The shape of a tensor by its reference: a node's name, or `name.output`."""
        if tensor in self.by_name:
            return self.by_name[tensor].shape
        name, _, output = tensor.rpartition(".")
        return self.by_name[name].outputs[output]


class Data(Record):
    """The data as declared: columns in the order of the spec."""

    source: Source
    columns: dict[str, Column]
    target: tuple[str, ...] = ()
    split: Split | None = None
    augment: tuple[Augmentation, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that `input(features)` joins."""
        return tuple(name for name, column in self.columns.items() if column.joins_features and name not in self.target)


class Phase(Record):
    """One phase of training: settings merged from `train` and its own, and those of single parts by their names.

    A phase that trains one layer after the other is, once bound, a phase for each: `pretrain.rbm_1` trains the `layer` rbm_1
    on the features of those below.
    """

    name: str
    settings: Train
    parts: dict[str, PartSettings] = {}
    layer: str | None = None

    @property
    def written_name(self) -> str:
        """The name that the spec has for it."""
        return self.name.partition(".")[0]

    @property
    def is_run(self) -> bool:
        """Whether the phase is not left out."""
        return self.settings.epochs != 0 and self.settings.steps != 0

    @property
    def batches_a_step(self) -> int:
        """The batches that a step takes: those that are accumulated, and one for each update of a discriminator."""
        own = self.parts.get("discriminator")
        return self.settings.accumulate * (own.updates if own is not None and own.updates is not None else 1)

    def rows_of(self, given: int) -> int:
        """How many of so many training rows it takes."""
        return given if self.settings.rows is None else min(self.settings.rows, given)

    def batch_of(self, given: int) -> int:
        """The rows of a batch where there are so many training rows."""
        rows = self.rows_of(given)
        return rows if self.settings.batch == "all" else min(rows, int(self.settings.batch))


class HyperValue(Record):
    """A hyperparameter with the value in force."""

    declared: Hyperparameter
    value: Any


class NumberFit(Record):
    """Float64: `x ← impute where missing`, `x ← ln(1 + x)` with log1p, `y = (x − center) / scale`."""

    kind: Literal["number"] = "number"
    impute: float | None = None
    transform: Literal["log1p"] | None = None
    center: float = 0.0
    scale: float = 1.0
    indicator: bool = False

    @property
    def width(self) -> int:
        return 2 if self.indicator else 1


class CategoryFit(Record):
    """The labels in order; `onehot` makes a number of each, `embedding` an index (0 the unseen), `label` a target's index."""

    kind: Literal["category"] = "category"
    labels: tuple[str, ...] = ()
    impute: str | None = None
    encode: Literal["onehot", "embedding", "label"] = "onehot"

    @property
    def width(self) -> int:
        """How many numbers it is where it enters: a target's too, where rows are made for it."""
        return 1 if self.encode == "embedding" else len(self.labels)


class ImageFit(Record):
    """A channel c of a picture, 0…255, becomes `x · scale[c] + shift[c]`.

    With a threshold it is 0 or 255 first: `x > 255 · binarize`.
    """

    kind: Literal["image"] = "image"
    size: tuple[int, int, int]
    scale: tuple[float, ...]
    shift: tuple[float, ...]
    binarize: Literal["static", "stochastic"] | float | None = None


class ArrayFit(Record):
    """A block of numbers: `y = (x − center) / scale`."""

    kind: Literal["array"] = "array"
    size: tuple[int, ...]
    center: float = 0.0
    scale: float = 1.0


class RatingsFit(Record):
    """Who rated what how: each `unit` has one of the `levels`, ascending, of each case; `titles` beside units that are items."""

    kind: Literal["ratings"] = "ratings"
    case: str
    unit: str
    rating: str
    by: Literal["user", "item"] = "user"
    levels: tuple[float, ...]
    units: tuple[str, ...]
    titles: tuple[str, ...] = ()


Fit = NumberFit | CategoryFit | ImageFit | ArrayFit | RatingsFit


class Bound(Record):
    """What the data added: the fitted columns, the sizes of the symbols, and which files and rows it was."""

    fits: dict[str, Fit]
    sizes: dict[str, int]
    rows: dict[str, int]
    files: dict[str, str] = {}
    """sha256 of each file read, by its path as the spec's folder sees it."""
    fitted_by: dict[str, str] = {}
    """The run whose fit a column has, where that is not fitted on these rows: it came with a part of that run."""
    class_counts: dict[str, tuple[int, ...]] = {}
    """Training rows of each label, a category target's, in the labels' order."""


class Spec(Record):
    """One checked spec."""

    format: int = FORMAT
    name: str
    hyper: dict[str, HyperValue] = {}
    data: Data | None = None
    model: Model
    graphs: dict[str, Graph]
    """By name: that of the model, or of a composite its parts, each behind those whose tensors it takes."""
    phases: tuple[Phase, ...] = ()
    sweep: Sweep | None = None
    bound: Bound | None = None
    spans: dict[str, Span] = {}
    """Where each setting stands in the spec, by its path (`train.optimizer`, `data.columns.age`)."""

    @property
    def nodes(self) -> Iterator[Node]:
        """The layers of all graphs."""
        return (node for graph in self.graphs.values() for node in graph.nodes)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every tensor by its reference."""
        return {f"{n.name}.{output}" if output else n.name: shape for n in self.nodes for output, shape in n.outputs.items()}

    @property
    def is_of_ratings(self) -> bool:
        """Whether its rows are who rated what, which no table holds."""
        return self.data is not None and self.data.source.word == "ratings"

    @property
    def rounds(self) -> int:
        """How often the split asks to train, by folds none of which it names; else 0."""
        return self.data.split.rounds if self.data is not None and self.data.split is not None else 0

    @property
    def last_phase(self) -> Phase:
        """The last phase that is not left out: its loss and metrics are measured at the end."""
        return ([phase for phase in self.phases if phase.is_run] or self.phases)[-1]

    @property
    def graph(self) -> Graph:
        """The only graph of a model that has one."""
        (graph,) = self.graphs.values()
        return graph
