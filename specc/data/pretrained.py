"""Opens the runs that a spec takes parts from: their layers, their weights, and the fits of the columns that they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from specc.composites import end_of, is_composite, is_noise
from specc.data.files import Files
from specc.data.named_runs import find_run, read_record, refuse_damaged
from specc.data.table import Table, count_of, first_rows
from specc.diagnostics import Report, Source, listing
from specc.door import identifier, input_columns, is_embedded, state_key
from specc.grafting import Disconnected, grafted, pretrained_nodes
from specc.infer import infer_shapes
from specc.ir import CategoryFit, Fit, Graph, Node, Spec
from specc.parts import NoSuchPart, part_of
from specc.phrases import Phrase, phrase_of, text_of
from specc.shapes import Shape
from specc.vocabulary.columns import symbol
from specc.vocabulary.families import Column
from specc.vocabulary.layers.composite import Condition, Latent
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.pretrained import Pretrained
from specc.vocabulary.layers.sources import Input

SCORING = "discriminator"
"""The part whose last layer gives a score."""
MEAN = "mean."


@dataclass
class Taken:
    """What other runs give: the fits of columns, the run that each column's is of, and weights by their key in the state dict."""

    fits: dict[str, Fit] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    weights: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass
class _Opened:
    """A finished run: where it lies as the spec sees it, its bound spec, its weights."""

    path: str
    spec: Spec
    weights: dict[str, np.ndarray]


def take_parts(spec: Spec, files: Files) -> tuple[Spec, Taken]:
    """The spec with the layers of other runs in place, and what comes with them. Raises `SpecError`.

    A spec that was bound before keeps what it took then, without those runs.
    """
    if spec.bound is not None:
        fits = spec.bound.fits
        return spec, Taken({name: fits[name] for name in spec.bound.fitted_by}, spec.bound.fitted_by)
    taken = Taken()
    for graph, node, layer in pretrained_nodes(spec.graphs):
        run, part = (
            replace(files, span=spec.spans.get(f"{graph.name}.{node.name}.{argument}", node.span)) for argument in ("run", "part")
        )
        graph = _Taking(spec, node, layer, run, part, taken).into(spec.graphs[graph.name])
        spec = spec.model_copy(update={"graphs": {**spec.graphs, graph.name: graph}})
    return spec, taken


@dataclass
class _Taking:
    """One part of one run on its way into a spec; `files` reports where the spec names the run, `at_part` where the part."""

    spec: Spec
    node: Node
    layer: Pretrained
    files: Files
    at_part: Files
    taken: Taken

    def into(self, graph: Graph) -> Graph:
        """The graph with the part's layers."""
        run = self._open(self.layer.opened or self.layer.run)
        part, start = self._part(run)
        self._columns_are_alike(run, start)
        try:
            graph, layers = grafted(graph, self.node, part.graph, run.path)
        except Disconnected as fault:
            self._damaged(run.path, str(fault))
        before = len(self.taken.weights)
        self._take_weights(run, part, layers)
        if len(self.taken.weights) == before:
            self.at_part.refuse(
                "E0505", f"the part `{self.layer.part}` of {run.path} has no weights to bring", help="name a layer further on"
            )
        self._take_fits(run, start)
        return graph

    def _open(self, path: str) -> _Opened:
        path = find_run(path, self.files)
        record = read_record(path, self.files)
        try:
            spec = _whole(record["ir"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._damaged(path, "its `run.json` does not hold a bound spec")
        try:
            weights = load(self.files.read(f"{path}/weights.safetensors"))
        except (SafetensorError, ValueError, KeyError, TypeError):
            self._damaged(path, "its `weights.safetensors` cannot be read")
        return _Opened(path, spec, weights)

    def _damaged(self, path: str, why: str) -> NoReturn:
        refuse_damaged(path, why, self.files)

    def _part(self, run: _Opened) -> tuple[Spec, Node]:
        """The part, and the `input` that it begins with."""
        try:
            part = part_of(run.spec, self.layer.part)
        except NoSuchPart as fault:
            self.at_part.refuse("E0411", f"the run {run.path} has no layer `{self.layer.part}`", help=fault.way_out)
        if self.layer.part == SCORING and SCORING in run.spec.graphs:
            part = self._below_the_score(run, part)
        last, inputs = part.graph.nodes[-1], [node for node in part.graph.nodes if isinstance(node.layer, Input)]
        given = next((node.name for node in part.graph.nodes if is_noise(node)), None)
        if given is not None:
            message = f"the part `{self.layer.part}` of {run.path} begins with `{given}`, and `pretrained` follows an `input`"
            whole = next(name for name in ("encoder", SCORING) if name in run.spec.graphs)
            self.at_part.refuse("E0505", message, help=f"take one that begins with columns: `part = {whole}`")
        if isinstance(last.layer, Output):
            message = f"`{last.name}` is the answer of {run.path}, and stays with it"
            self.at_part.refuse("E0505", message, help=f"take what stands before it: `part = {last.inputs[0]}`")
        if isinstance(last.layer, Input):
            message = f"`{last.name}` is where {run.path} begins: it has no layers to bring"
            self.at_part.refuse("E0505", message, help="name a layer behind it")
        if len(inputs) != 1:
            message = f"the part `{last.name}` of {run.path} begins with {len(inputs)} inputs, and `pretrained` follows one"
            way_out = "name a layer that only one of them leads to"
            if condition := next((node.layer for node in inputs if isinstance(node.layer, Condition)), None):
                columns = listing(list(condition.columns), "and")
                message = (
                    f"the part `{last.name}` of {run.path} is of rows and their `condition`, {columns}: `pretrained` follows rows"
                )
                way_out += ", or train one without a `condition`"
            self.at_part.refuse("E0505", message, help=way_out)
        return part, inputs[0]

    def _below_the_score(self, run: _Opened, part: Spec) -> Spec:
        """Of a discriminator what its last layer with weights takes: the score stays with it, as an answer does."""
        end = end_of(part.graph)
        while not part.graph.node(end).layer.parameter_shapes(*(part.shapes[name] for name in part.graph.node(end).inputs)):
            if not part.graph.node(end).inputs:
                message = f"the {SCORING} of {run.path} has no layers below its score"
                self.at_part.refuse("E0505", message, help="a longer one has features to bring")
            end = part.graph.node(end).inputs[0]
        return part_of(run.spec, part.graph.node(end).inputs[0])

    def _columns_are_alike(self, run: _Opened, start: Node) -> None:
        """The input joins the columns that the run's does, in the same order, each declared as there."""
        assert self.spec.data is not None and run.spec.data is not None
        ours, theirs = input_columns(self.spec, self._input), input_columns(run.spec, start)
        if ours != theirs:
            message = f"this part reads other columns in {run.path} than here"
            self.files.report.error("E0412", message, self._input.span, notes=_both(ours, theirs), help=self._way_out(theirs))
            self.files.report.raise_errors()
        for name in ours:
            here, there = self.spec.data.columns[name], run.spec.data.columns[name]
            if _differs(here, there):
                message = f"`{name}` is declared otherwise in {run.path}, whose part reads it"
                way_out = f"as there: `{name} = {_written(there)}`"
                span = self.spec.spans.get(f"data.columns.{name}", self._input.span)
                self.files.report.error("E0412", message, span, help=way_out)
        self.files.report.raise_errors()

    @property
    def _input(self) -> Node:
        """The `input` that the part stands behind."""
        return next(node for graph in self.spec.graphs.values() for node in graph.nodes if node.name == self.node.inputs[0])

    def _way_out(self, theirs: tuple[str, ...]) -> str:
        assert self.spec.data is not None
        absent = [name for name in theirs if name not in self.spec.data.columns]
        if absent:
            return f"the part reads {listing(absent[:5], 'and')}, which `columns` does not declare"
        if len(theirs) > 8:
            return "join the same columns, in the same order"
        return f"write `input({', '.join(theirs)})`"

    def _take_weights(self, run: _Opened, part: Spec, layers: dict[str, Node]) -> None:
        """The weights of the part, and the tables of the columns that its input looks up, under their names here."""
        shapes = part.shapes
        for node in part.graph.nodes:
            here = self._input if isinstance(node.layer, Input) else layers.get(node.name)
            if here is None:
                continue
            for key, size in _state_of(node, tuple(shapes[name] for name in node.inputs)):
                if key.endswith(".generative_weight"):
                    continue  # nothing goes down in a network
                values = run.weights.get(key)
                if values is None or values.shape != size:
                    self._damaged(run.path, f"its weights are not those of its layer `{node.name}`")
                attribute, _, tensor = key.partition(".")
                if isinstance(node.layer, Latent):
                    if not tensor.startswith(MEAN):
                        continue  # the part gives the mean
                    tensor = tensor.removeprefix(MEAN)
                own = identifier(node.name)
                self.taken.weights[f"{identifier(here.name)}{attribute.removeprefix(own)}.{tensor}"] = values

    def _take_fits(self, run: _Opened, start: Node) -> None:
        """The fits of the columns that the part reads. Two runs may give one only where they agree."""
        assert run.spec.bound is not None
        for name in input_columns(run.spec, start):
            fit, other = run.spec.bound.fits[name], self.taken.runs.get(name, run.path)
            if other != run.path and (is_embedded(self.spec, name) or self.taken.fits[name] != fit):
                what = "has a table of its own" if is_embedded(self.spec, name) else "was fitted differently"
                message = f"`{name}` {what} in {other} and in {run.path}, and parts of both read it"
                self.files.refuse("E0412", message, help="take both parts from one run")
            self.taken.fits[name], self.taken.runs[name] = fit, run.path


def _state_of(node: Node, inputs: tuple[Shape, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The key and size of everything that a trained layer keeps, as its PyTorch module calls it."""
    for parameter, size in node.layer.parameter_shapes(*inputs).items():
        yield state_key(node, parameter), tuple(number for number in size if isinstance(number, int))
    for kept, size in node.layer.kept_shapes(*inputs).items():
        yield state_key(node, kept), tuple(number for number in size if isinstance(number, int))


def _whole(ir: Any) -> Spec:
    """The bound spec that a record holds, its shapes inferred anew. Raises `ValueError` (or its like) where it is none."""
    spec = Spec.model_validate(ir)
    if spec.data is None or spec.bound is None or not (len(spec.graphs) == 1 or is_composite(spec)):
        raise ValueError
    fits = spec.bound.fits
    sizes = {symbol("labels", name): len(fit.labels) for name, fit in fits.items() if isinstance(fit, CategoryFit)}
    inferred = infer_shapes(spec, report := Report(Source("run.json", "")), sizes)
    read = {name for node in spec.nodes if isinstance(node.layer, Input) for name in input_columns(spec, node)}
    if report.has_errors or not read <= set(fits):
        raise ValueError
    return inferred


def _differs(here: Column, there: Column) -> bool:
    """Whether two columns reach the network in different ways; which rows are left out is each spec's own."""
    if here.word != there.word:
        return True
    return any(getattr(here, name) != getattr(there, name) for name in type(here).model_fields if name != "missing")


def _written(column: Column) -> str:
    """A column as a spec writes it, defaults left out."""
    fields = type(column).model_fields
    given = {name: getattr(column, name) for name in fields if getattr(column, name) != fields[name].default}
    phrase = phrase_of(type(column).model_construct(**given))
    return text_of(Phrase(phrase.word, tuple(a for a in phrase.arguments if not a.default)))


def _both(ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"{where}: {', '.join(names[:12])}{f' and {len(names) - 12:,} more' if len(names) > 12 else ''}"
        for where, names in (("there", theirs), ("here", ours))
    )


def labels_are_known(spec: Spec, table: Table, taken: Taken, report: Report) -> None:
    """A label that the run never saw enters as an unseen one: no mistake, and worth knowing."""
    for name, run in taken.runs.items():
        fit = taken.fits[name]
        if not isinstance(fit, CategoryFit):
            continue
        known = {*fit.labels, ""}
        values = table.columns[name].tolist()
        rows = [row for row, label in enumerate(values) if label not in known]
        if rows:
            labels = sorted({values[row] for row in rows})
            shown = listing(labels[:5], "and") + (f" and {len(labels) - 5:,} more" if len(labels) > 5 else "")
            message = f"{run} never saw {shown} of `{name}`, which {count_of(len(rows), 'row')} "
            message += "has" if len(rows) == 1 else "have"
            report.warn(
                "W1004",
                message,
                spec.spans.get(f"data.columns.{name}"),
                notes=first_rows(table.place, rows, [values[row] for row in rows]),
                help="it enters the network as an unseen label; a run on data that has it would know it",
            )
