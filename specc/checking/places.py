"""Where things of a spec stand, for the rules that speak of them."""

from __future__ import annotations

from specc.diagnostics import Span
from specc.ir import CategoryFit, Node, Phase, Spec
from specc.vocabulary.columns import Category
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input


def outputs_of(spec: Spec) -> list[Node]:
    return [node for graph in spec.graphs.values() for node in graph.nodes if isinstance(node.layer, Output)]


def inputs_of(spec: Spec) -> list[Node]:
    return [node for graph in spec.graphs.values() for node in graph.nodes if isinstance(node.layer, Input)]


def answered_columns(spec: Spec) -> dict[str, Node]:
    """The outputs by the column that they answer for."""
    return {node.layer.column: node for node in outputs_of(spec) if isinstance(node.layer, Output)}


def kind_of(spec: Spec, column: str) -> str:
    """Whether a target is a `number` or a `category`."""
    assert spec.data is not None
    return "category" if isinstance(spec.data.columns[column], Category) else "number"


def label_count(spec: Spec, column: str) -> int | None:
    """How many labels a category has, once that is known: from the spec, or from the data."""
    assert spec.data is not None
    fit, declared = spec.bound.fits.get(column) if spec.bound is not None else None, spec.data.columns[column]
    if isinstance(fit, CategoryFit):
        return len(fit.labels)
    return len(declared.labels) if isinstance(declared, Category) and declared.labels is not None else None


def span_of(spec: Spec, phase: Phase, setting: str = "") -> Span | None:
    """Where a phase's setting stands: in the phase, in `train`, or the phase itself."""
    name = phase.written_name
    paths = [f"train.{name}.{setting}", f"train.{setting}"] if setting else []
    return next((spec.spans[p] for p in [*paths, f"train.{name}", "train"] if p in spec.spans), None)


def called(phase: Phase) -> str:
    """A phase as messages call it."""
    return "training" if phase.name == "train" else f"the phase `{phase.name}`"


def plural(kind: str) -> str:
    return {"number": "numbers", "category": "labels"}[kind]
