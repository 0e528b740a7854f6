"""The data of a spec as plain facts: files, split, the way of every column, targets and how they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specc.door import answers, input_columns
from specc.ir import ArrayFit, CategoryFit, Fit, ImageFit, Node, NumberFit, RatingsFit, Spec
from specc.phrases import Phrase, phrase_of, text_of
from specc.showing.measures import short
from specc.vocabulary.columns import Array, Category, Embedding, Image, Number
from specc.vocabulary.families import Column
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.splits import Folds, Provided, Random

BINARIZED = {"static": "0 or 1, drawn once", "stochastic": "0 or 1, drawn for every batch"}
PROVIDES = {"idx": True, "csv": False, "parquet": False, "ratings": False}
"""Whether a source has sets of its own; the others may."""


@dataclass(frozen=True)
class ColumnFact:
    """One column. `role`: feature, target, or unread; `way`: its steps to the network, in words with the fitted numbers."""

    name: str
    phrase: Phrase
    role: str
    way: tuple[str, ...]
    labels: tuple[str, ...] | None
    fit: Fit | None
    fitted_by: str | None = None
    """The run that the fit is of, where it came with a part of that run."""


@dataclass(frozen=True)
class TargetFact:
    """A target column and how it is answered."""

    column: str
    head: str
    units: Any


@dataclass(frozen=True)
class DataFact:
    """`files`: those that are read, with their sha256 once they were. `rows`: a split each, once the data is bound."""

    source: Phrase
    path: str
    files: dict[str, str]
    split: Phrase
    split_default: bool
    rows: dict[str, int]
    columns: tuple[ColumnFact, ...]
    targets: tuple[TargetFact, ...]
    augment: tuple[Phrase, ...]


def data_facts(spec: Spec) -> DataFact | None:
    """What the spec says of its data, and what the data added."""
    if spec.data is None:
        return None
    read = {name for graph in spec.graphs.values() for node in graph.nodes for name in _columns_read(spec, node)}
    fits = spec.bound.fits if spec.bound is not None else {}
    target = spec.data.target
    runs = spec.bound.fitted_by if spec.bound is not None else {}
    columns = tuple(
        _column(name, c, name in target, name in read, fits.get(name), runs.get(name)) for name, c in spec.data.columns.items()
    )
    targets = tuple(TargetFact(a.column, a.head, a.units) for graph in spec.graphs.values() for a in answers(graph))
    split, default = split_phrase(spec)
    bound = spec.bound
    return DataFact(
        source=phrase_of(spec.data.source),
        path=getattr(spec.data.source, "path", ""),
        files=dict(bound.files) if bound is not None else {},
        split=split,
        split_default=default,
        rows=dict(bound.rows) if bound is not None else {},
        columns=columns,
        targets=targets,
        augment=tuple(phrase_of(change) for change in spec.data.augment),
    )


def _columns_read(spec: Spec, node: Node) -> tuple[str, ...]:
    return input_columns(spec, node) if isinstance(node.layer, Input) else ()


def split_phrase(spec: Spec) -> tuple[Phrase, bool]:
    """The split, and whether the spec leaves it out: then the source's own sets, or a lot."""
    assert spec.data is not None
    split = spec.data.split
    categories = [name for name in spec.data.target if isinstance(spec.data.columns.get(name), Category)]
    if isinstance(split, Random):
        train, validation, test = split.shares()
        return phrase_of(split, {"train": train, "validation": validation, "test": test}), False
    if isinstance(split, Folds):
        stratify = None if split.group is not None else next(iter(categories), None)
        return phrase_of(split, {"stratify": stratify}, () if split.fold is not None else ("fold",)), False
    if split is not None:
        return phrase_of(split), False
    provides = PROVIDES.get(spec.data.source.word)
    if provides:
        return phrase_of(Provided()), True
    lot = Random(train=0.7, validation=0.15, test=0.15, stratify=categories[0] if categories else None)
    if provides is None:
        return Phrase(f"provided, or {text_of(phrase_of(lot))}"), True
    return phrase_of(lot), True


def _column(name: str, column: Column, is_target: bool, is_read: bool, fit: Fit | None, fitted_by: str | None) -> ColumnFact:
    role = "target" if is_target else "feature" if is_read else "unread"
    labels = fit.labels if isinstance(fit, CategoryFit) else column.labels if isinstance(column, Category) else None
    leave_out = ("encode",) if is_target else ()
    phrase = phrase_of(column, {"labels": Phrase("by number, else by code point")}, leave_out)
    return ColumnFact(name, phrase, role, way_of(column, fit, is_target), labels, fit, fitted_by)


def way_of(column: Column, fit: Fit | None, is_target: bool) -> tuple[str, ...]:
    """The steps of a column to the network in order; with its fit, the numbers that the training rows gave."""
    if isinstance(column, Number):
        return tuple(_way_of_number(column, fit if isinstance(fit, NumberFit) else None))
    if isinstance(column, Category):
        return tuple(_way_of_category(column, fit if isinstance(fit, CategoryFit) else None, is_target))
    if isinstance(column, Image):
        return (_way_of_image(column, fit if isinstance(fit, ImageFit) else None),)
    if isinstance(column, Array) and column.scale is not None:
        return (_scaled(column.scale, fit.center, fit.scale) if isinstance(fit, ArrayFit) else column.scale,)
    if isinstance(fit, RatingsFit):
        levels = ", ".join(map(short, fit.levels))
        return (f"of each {fit.case}: one of {levels} for some of {len(fit.units):,} {fit.unit}",)
    return ()


def _way_of_number(column: Number, fit: NumberFit | None) -> list[str]:
    steps = []
    if column.missing == "drop":
        steps.append("drop missing rows")
    if column.impute is not None:
        value = f" = {short(fit.impute)}" if fit is not None and fit.impute is not None else ""
        steps.append(f"impute {column.impute.word}{value}")
    if column.transform is not None:
        steps.append("ln(1 + x)")
    if column.scale is not None:
        steps.append(_scaled(column.scale, fit.center, fit.scale) if fit is not None else column.scale)
    if column.indicator:
        steps.append("0/1 where missing")
    return steps


def _way_of_category(column: Category, fit: CategoryFit | None, is_target: bool) -> list[str]:
    steps = []
    if column.missing != "error":
        steps.append(f"{column.missing} missing rows")
    if column.impute is not None:
        value = f" = {fit.impute}" if fit is not None and fit.impute is not None else ""
        steps.append(f"impute {column.impute.word}{value}")
    if is_target:
        return [*steps, "label's index"]
    count = f" of {len(fit.labels)}" if fit is not None and not isinstance(column.encode, Embedding) else ""
    return [*steps, text_of(phrase_of(column.encode)) + count]


def _way_of_image(column: Image, fit: ImageFit | None) -> str:
    name = {"unit": "0…1", "symmetric": "−1…1", "standard": "mean 0, deviation 1 a channel", None: "0…255"}[column.scale]
    if column.binarize is not None:
        how = column.binarize
        return f"{name} → {BINARIZED[how] if isinstance(how, str) else f'1 above {short(how)}, else 0'}"
    if column.scale != "standard" or fit is None:
        return name
    means = ", ".join(short(-shift / scale) for shift, scale in zip(fit.shift, fit.scale))
    deviations = ", ".join(short(1 / scale) for scale in fit.scale)
    return f"(x − {means}) / {deviations}"


def _scaled(scale: str, center: float, spread: float) -> str:
    sign = "+" if center < 0 else "−"
    moved = f"x {sign} {short(abs(center))}"
    return f"{scale} ({moved}) / {short(spread)}"
