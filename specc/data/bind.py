"""Binds a checked spec to its data: reads it, splits it, fits every column, and puts numbers in place of symbols."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specc.data.chances import chances_are_between_0_and_1
from specc.data.dataset import Dataset as Dataset
from specc.data.files import Files
from specc.data.fit import NothingToFit, fit_column
from specc.data.missing import check_missing_values, drop_rows
from specc.data.prepare import LARGEST, door_tensors, encode_number, label_indices, transform_number
from specc.data.pretrained import Taken, labels_are_known, take_parts
from specc.data.sources import Request, read_table
from specc.data.split import fields_of, seed_of, split_rows, stratum_column
from specc.data.table import Table, count_of, first_rows
from specc.data.units import units_hold_the_values
from specc.diagnostics import Report, listing
from specc.infer import infer_shapes
from specc.ir import Bound, CategoryFit, Fit, Node, NumberFit, Spec
from specc.vocabulary.columns import Category, fits_pattern, is_pattern, symbol
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.sources import Input


def bind(spec: Spec, folder: Path, root: Path | None, report: Report) -> tuple[Spec, Dataset]:
    """The spec with what its data says, and the data. Raises `SpecError` with every mistake of a pass."""
    assert spec.data is not None
    files = Files(folder, root if root is not None else folder, report, spec.spans.get("data.source"))
    if spec.is_of_ratings:
        from specc.data.ratings import bind_ratings

        return bind_ratings(spec, files, report)
    request = Request(spec.data.columns, files, report, spec.spans, fields_of(spec))
    table = read_table(spec.data.source, request)
    sizes = {symbol("columns", name): _fitting(name, table, spec) for name in spec.data.columns if is_pattern(name)}
    spec, taken = take_parts(_with_columns(spec, table), files)
    table, dropped = drop_rows(spec, table, report)
    check_missing_values(spec, table, report)
    _labels_are_listed(spec, table, report)
    report.raise_errors()
    unlabelled = _unlabelled(spec, table)
    sets = _split(spec, table, unlabelled, report)
    fits = _fits(spec, table, np.union1d(sets["train"], unlabelled), taken, report)
    report.raise_errors()
    labels_are_known(spec, table, taken, report)
    sizes |= {symbol("labels", name): len(fit.labels) for name, fit in fits.items() if isinstance(fit, CategoryFit)}
    spec = spec.model_copy(update={"bound": _bound(fits, sizes, sets, files, taken)})
    spec = infer_shapes(spec, report, sizes)
    report.raise_errors()
    units_hold_the_values(spec, table, sets["train"], report)
    chances_are_between_0_and_1(spec, table, report)
    report.raise_errors()
    dataset = _dataset(spec, table, sets, report)
    dataset.dropped, dataset.unlabelled, dataset.pretrained = dropped, unlabelled, taken.weights
    dataset.unused = table.rows - len(unlabelled) - sum(map(len, sets.values()))
    report.raise_errors()
    return _with_class_counts(spec, dataset), dataset


def _fitting(pattern: str, table: Table, spec: Spec) -> int:
    """How many columns a pattern stands for."""
    assert spec.data is not None
    return sum(declared_as(name, spec) == pattern for name in table.declared)


def declared_as(name: str, spec: Spec) -> str:
    """The name that a column is declared under: its own, or that of the first pattern that it fits."""
    assert spec.data is not None
    if name in spec.data.columns:
        return name
    return next(pattern for pattern in spec.data.columns if is_pattern(pattern) and fits_pattern(name, pattern))


def _with_columns(spec: Spec, table: Table) -> Spec:
    """The spec with each pattern replaced by the columns it stands for, in `columns`, in inputs and in spans."""
    assert spec.data is not None
    standing: dict[str, list[str]] = {}
    for name in table.declared:
        standing.setdefault(declared_as(name, spec), []).append(name)
    spans = {
        f"data.columns.{name}": spec.spans[f"data.columns.{pattern}"]
        for pattern, names in standing.items()
        for name in names
        if f"data.columns.{pattern}" in spec.spans
    }

    def expanded(node: Node) -> Node:
        if not isinstance(node.layer, Input | Made):
            return node
        columns = tuple(name for column in node.layer.columns for name in (standing[column] if is_pattern(column) else [column]))
        return node.model_copy(update={"layer": node.layer.model_copy(update={"columns": columns})})

    graphs = {name: graph.model_copy(update={"nodes": tuple(map(expanded, graph.nodes))}) for name, graph in spec.graphs.items()}
    source = spec.data.source.model_copy(update={"opened": table.opened}) if table.opened else spec.data.source
    data = spec.data.model_copy(update={"columns": table.declared, "source": source})
    return spec.model_copy(update={"data": data, "graphs": graphs, "spans": spec.spans | spans})


def _labels_are_listed(spec: Spec, table: Table, report: Report) -> None:
    """Every label of the data is among `labels`, where the spec gives them; one that no row has is worth knowing."""
    for name, column in table.declared.items():
        if not isinstance(column, Category) or column.labels is None:
            continue
        span, values = spec.spans.get(f"data.columns.{name}"), table.columns[name]
        listed = {*column.labels, ""}
        found = set(values.tolist())
        others = sorted(found - listed)
        if others:
            rows = [row for row, label in enumerate(values.tolist()) if label not in listed]
            shown = listing(others[:5], "and") + (f" and {len(others) - 5:,} more" if len(others) > 5 else "")
            have = f"{count_of(len(rows), 'row')} {'has' if len(rows) == 1 else 'have'}"
            message = f"`labels` of `{name}` does not list {shown}, which {have}"
            report.error(
                "E0406",
                message,
                span,
                notes=first_rows(table.place, rows, [values[row] for row in rows]),
                help="add it to `labels`, or take the rows out of the file",
            )
        absent = [label for label in column.labels if label not in found]
        if absent and not others:
            report.warn(
                "W1001",
                f"no row of `{name}` has the label {listing(absent)}",
                span,
                help="is it spelt as in the file? its place is kept all the same",
            )


def _unlabelled(spec: Spec, table: Table) -> np.ndarray:
    """The rows without a target that `missing = keep` keeps."""
    assert spec.data is not None
    lacking = np.zeros(table.rows, dtype=bool)
    for name in spec.data.target:
        lacking |= table.is_missing(name)
    return np.flatnonzero(lacking)


def _split(spec: Spec, table: Table, unlabelled: np.ndarray, report: Report) -> dict[str, np.ndarray]:
    if not len(unlabelled):
        return split_rows(spec, table, report)
    labelled = np.setdiff1d(np.arange(table.rows), unlabelled)
    return {name: labelled[rows] for name, rows in split_rows(spec, table.taken(labelled), report).items()}


def _fits(spec: Spec, table: Table, train: np.ndarray, taken: Taken, report: Report) -> dict[str, Fit]:
    assert spec.data is not None
    fits: dict[str, Fit] = {}
    for name, column in table.declared.items():
        span = spec.spans.get(f"data.columns.{name}")
        try:
            fit = taken.fits.get(name) or fit_column(column, table.columns[name], train, name in spec.data.target)
        except NothingToFit as nothing:
            report.error("E0408", f"`{name}`: {nothing}", span, help="take the column out, or `impute = constant(…)`")
            continue
        fits[name] = fit
        if isinstance(fit, NumberFit):
            _number_fits(name, fit, table, spec, report)
        if isinstance(fit, CategoryFit) and not fit.labels:
            report.error(
                "E0408", f"`{name}` has no labels: it is missing in every training row", span, help="take the column out"
            )
        if isinstance(fit, CategoryFit) and len(fit.labels) == 1 and name in spec.data.target:
            message = f"every row of the target `{name}` has the label `{fit.labels[0]}`: there is nothing to tell apart"
            report.error("E0408", message, span, help="take another target")
    return fits


def _number_fits(name: str, fit: NumberFit, table: Table, spec: Spec, report: Report) -> None:
    """Every number can be transformed, and enters the network as a number of 32 bits."""
    values, span = table.columns[name], spec.spans.get(f"data.columns.{name}")
    lost = np.flatnonzero(np.isnan(transform_number(values, fit)) & ~np.isnan(values))
    if len(lost):
        message = f"`log1p` is defined above −1, and `{name}` is not in {count_of(len(lost), 'row')}"
        report.error(
            "E0408",
            message,
            span,
            notes=first_rows(table.place, lost.tolist(), values[lost].tolist()),
            help="take `transform` away",
        )
        return
    large = np.flatnonzero(np.abs(encode_number(values, fit)) > LARGEST)
    if len(large):
        message = f"`{name}` is too large for the network in {count_of(len(large), 'row')}"
        report.error(
            "E0406",
            message,
            span,
            notes=first_rows(table.place, large.tolist(), values[large].tolist()),
            help="`scale = standard` brings it near 1",
        )


def _bound(fits: dict[str, Fit], sizes: dict[str, int], sets: dict[str, np.ndarray], files: Files, taken: Taken) -> Bound:
    rows = {name: len(numbers) for name, numbers in sets.items()}
    return Bound(fits=fits, sizes=sizes, rows=rows, files=dict(sorted(files.fingerprints.items())), fitted_by=taken.runs)


def _dataset(spec: Spec, table: Table, sets: dict[str, np.ndarray], report: Report) -> Dataset:
    assert spec.data is not None
    targets, truth = target_arrays(table.columns, spec)
    name = stratum_column(spec)
    _rows_are_enough(spec, len(sets["train"]), report)
    return Dataset(
        inputs=door_tensors(table.columns, spec),
        targets=targets,
        truth=truth,
        rows=sets,
        table=table,
        strata=None if name is None else truth[name],
        seed=seed_of(spec.data),
    )


def target_arrays(columns: dict[str, np.ndarray], spec: Spec) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The targets as the loss takes them, and in their own unit; −1 for a label that the fit does not have."""
    assert spec.data is not None and spec.bound is not None
    targets: dict[str, np.ndarray] = {}
    truth: dict[str, np.ndarray] = {}
    for name in spec.data.target:
        fit = spec.bound.fits[name]
        if isinstance(fit, CategoryFit):
            targets[name] = truth[name] = label_indices(columns[name], fit)
        elif isinstance(fit, NumberFit):
            truth[name] = columns[name]
            targets[name] = encode_number(columns[name], fit).astype(np.float32)
    return targets, truth


def _rows_are_enough(spec: Spec, count: int, report: Report) -> None:
    """`rows = 1000` of a phase is not more than there are to train on."""
    for phase in spec.phases:
        if phase.settings.rows is not None and phase.settings.rows > count:
            spans = (spec.spans.get(path) for path in (f"train.{phase.name}.rows", "train.rows", "train"))
            message = f"`rows = {phase.settings.rows}` asks for more than the {count_of(count, 'training row')}"
            report.error(
                "E0505",
                message,
                next((span for span in spans if span is not None), None),
                help="leave `rows` out to train on all",
            )


def _with_class_counts(spec: Spec, dataset: Dataset) -> Spec:
    assert spec.bound is not None
    counts = {}
    for name, values in dataset.truth.items():
        fit = spec.bound.fits[name]
        if isinstance(fit, CategoryFit):
            trained = np.bincount(values[dataset.rows["train"]], minlength=len(fit.labels))
            counts[name] = tuple(int(count) for count in trained)
    return spec.model_copy(update={"bound": spec.bound.model_copy(update={"class_counts": counts})})
