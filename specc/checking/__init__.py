"""Tree to IR: an ordered list of passes. A pass reports all it finds; the next one runs on a clean spec only."""

from __future__ import annotations

import os

from specc.checking.columns import with_named_columns
from specc.checking.data import read_data, source_stays_inside
from specc.checking.expansion import Blocks, expansion_is_bounded
from specc.checking.graph import GraphBuilder
from specc.checking.hyper import every_hyperparameter_is_used, read_hyper
from specc.checking.overrides import every_override_is_used, parse_overrides
from specc.checking.pretrained import runs_lie_inside
from specc.checking.reading import Reader, Unreadable
from specc.checking.rules import AFTER_SHAPES, BEFORE_SHAPES
from specc.checking.sections import Sections, sort_sections
from specc.checking.train import PHASES, read_sweep, read_train
from specc.checking.values import NotConstant, Scope
from specc.diagnostics import Report, Source
from specc.infer import infer_shapes
from specc.ir import Graph, Spec
from specc.syntax.parse import parse_text
from specc.syntax.tree import Part
from specc.vocabulary.families import Model
from specc.vocabulary.layers.output import Output
from specc.vocabulary.part import find_word


def check_text(
    source: Source, overrides: list[str] | None = None, folder: str = ".", root: str | None = None, report: Report | None = None
) -> Spec:
    """The checked spec of a text, with `--set` overrides in force. Raises `SpecError` with every mistake of a pass.

    `folder` is where the spec lies (its paths are relative to it), `root` what `--root` allows. Advice (W1xxx) goes to
    the report.
    """
    report = report if report is not None else Report(source)
    tree = parse_text(source, report)
    report.raise_errors()
    sections = sort_sections(tree, report)
    report.raise_errors()
    spec = _read(sections, source, parse_overrides(overrides or []), folder, root, report)
    report.raise_errors()
    for rule in BEFORE_SHAPES:
        rule(spec, report)
    report.raise_errors()
    spec = infer_shapes(spec, report)
    report.raise_errors()
    for rule in AFTER_SHAPES:
        rule(spec, report)
    report.raise_errors()
    return spec


def _read(sections: Sections, source: Source, overrides: dict, folder: str, root: str | None, report: Report) -> Spec:
    """Every word of the spec, read into its class."""
    assert sections.model is not None and sections.model.body is not None
    reader = Reader(report, overrides)
    hyper, scope = read_hyper(sections.hyper, reader)
    data = read_data(sections.data, scope, reader)
    if data is not None:
        source_stays_inside(data, folder, root, reader)
    kind = find_word("model", sections.model.kind)
    assert kind is not None and issubclass(kind, Model)
    blocks = Blocks(sections.blocks, scope)
    graphs = {}
    if expansion_is_bounded(sections.model.body.statements, scope, blocks, report):
        model = _read_model(kind, sections.model, scope, reader)
        if kind.parts:
            from specc.checking.composites import CompositeBuilder

            columns = data.columns if data is not None else {}
            graphs = CompositeBuilder(kind, reader, blocks, sections.model, columns).build(scope)
        else:
            targets = data.target if data is not None else ()
            graph = GraphBuilder(sections.model.kind, reader, blocks).build(sections.model.body, scope, targets)
            graphs = {graph.name: graph}
    else:
        model = kind()
    runs_lie_inside(graphs, reader.spans, folder, root, report)
    phases = read_train(sections.train, scope, reader, _usual_phases(kind, graphs))
    sweep = read_sweep(sections.sweep, scope, reader)
    if not report.has_errors:
        blocks.report_unused(report)
        every_hyperparameter_is_used(scope, reader)
        every_override_is_used(reader, hyper)
    if data is not None:
        data = with_named_columns(data, graphs)
    name = sections.model.name or os.path.splitext(os.path.basename(source.name))[0]
    return Spec(
        name=name,
        hyper=hyper,
        data=data,
        model=model,  # type: ignore[arg-type]
        graphs=graphs,
        phases=phases,
        sweep=sweep,
        spans=reader.spans,
    )


def _usual_phases(kind: type[Model], graphs: dict[str, Graph]) -> tuple[str, ...]:
    """The phases of a spec that writes none: those of its model, without the ones that train answers where there are none."""
    answered = any(isinstance(node.layer, Output) for graph in graphs.values() for node in graph.nodes)
    usual = PHASES.get(kind.word, ())
    return usual if answered else usual[:1]


def _read_model(kind: type[Model], section: Part, scope: Scope, reader: Reader) -> Model:
    """The model with its arguments; without them where they cannot be read, so that its layers are read all the same."""
    try:
        return reader.call(kind, section.arguments, scope, section.kind_span, "")  # type: ignore[return-value]
    except (Unreadable, NotConstant):
        return kind()
