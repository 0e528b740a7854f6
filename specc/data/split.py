"""Which rows train, validate and test. A split's lot is its own seed's, and the same on every machine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from specc.data.dataset import Dataset
from specc.data.lots import grouped, stratified
from specc.data.sources.csv import parse_numbers
from specc.data.table import SETS, Table, coded, count_of, first_rows
from specc.defaults import needs_no_target
from specc.diagnostics import Report, Span, listing
from specc.ir import Data, Phase, Spec
from specc.vocabulary.columns import Category
from specc.vocabulary.splits import Column, Folds, Provided, Random

Rows = dict[str, np.ndarray]


def take_rows(dataset: Dataset, count: int | None) -> np.ndarray:
    """The training rows, or `count` of them: by the split's seed, with the labels of a category target in their shares."""
    rows = dataset.rows["train"]
    if count is None or count >= len(rows):
        return rows
    strata = np.zeros(len(rows), dtype=np.int64) if dataset.strata is None else dataset.strata[rows]
    chosen = stratified(strata, (count / len(rows), 1 - count / len(rows)), dataset.seed)[0]
    return rows[chosen]


def training_rows(spec: Spec, dataset: Dataset, phase: Phase) -> np.ndarray:
    """The rows that a phase trains on: those of the split, or as many of them as `rows` says.

    Where it uses no target, rows without one serve as well.
    """
    rows = take_rows(dataset, phase.settings.rows)
    return np.union1d(rows, dataset.unlabelled) if phase.settings.rows is None and needs_no_target(spec, phase) else rows


def seed_of(data: Data) -> int:
    """The seed of a split that has one."""
    return data.split.seed if isinstance(data.split, Random | Provided | Folds) else 0


def fields_of(spec: Spec) -> dict[str, Span | None]:
    """The columns of the file that the split reads as texts, and where they are named."""
    assert spec.data is not None
    split, spans = spec.data.split, spec.spans
    names = {"stratify": split.stratify, "group": split.group} if isinstance(split, Random | Folds) else {}
    if isinstance(split, Random):
        names["within"] = split.within
    if isinstance(split, Column):
        names = {"name": split.name}
    return {name: spans.get(f"data.split.{setting}", spans.get("data.split")) for setting, name in names.items() if name}


def split_rows(spec: Spec, table: Table, report: Report) -> Rows:
    """The row numbers of each set that has any, ascending. What cannot be split goes to the report."""
    assert spec.data is not None
    split = spec.data.split
    if split is None:
        split = Provided() if table.sets is not None else Random(stratify=stratum_column(spec))
    rows = SPLITTERS[type(split)](split, spec, table, report)
    report.raise_errors()
    if not len(rows.get("train", ())):
        report.error("E0407", "the split leaves no training rows", _span(spec), help="nothing can be learnt without them")
        report.raise_errors()
    return {name: np.sort(rows[name]).astype(np.int64) for name in SETS if len(rows.get(name, ()))}


def _span(spec: Spec) -> Span | None:
    return spec.spans.get("data.split", spec.spans.get("data.source"))


def _texts(table: Table, name: str) -> np.ndarray | None:
    """A column of the file as texts; None where it holds pictures."""
    values = table.fields.get(name, table.columns.get(name))
    return values if values is not None and values.dtype == object else None


def _no_texts(name: str, spec: Spec, report: Report) -> Rows:
    report.error("E0407", f"a split cannot look at `{name}`, which has no labels", _span(spec))
    return {}


def _at_random(split: Random, spec: Spec, table: Table, report: Report) -> Rows:
    return dict(zip(SETS, _drawn(split, split.stratify, split.shares(), np.arange(table.rows), spec, table, report)))


def _by_folds(split: Folds, spec: Spec, table: Table, report: Report) -> Rows:
    """Where the spec names no fold, the first one."""
    stratify = split.stratify or (stratum_column(spec) if split.group is None else None)
    parts = _drawn(split, stratify, (1 / split.count,) * split.count, np.arange(table.rows), spec, table, report)
    if not parts:
        return {}
    test = parts.pop((split.fold or 1) - 1)
    share = split.validation * split.count / (split.count - 1)
    others = _drawn(split, stratify, (1 - share, share), np.sort(np.concatenate(parts)), spec, table, report)
    return {**dict(zip(SETS, others)), "test": test}


def _drawn(
    split: Random | Folds,
    stratify: str | None,
    shares: tuple[float, ...],
    rows: np.ndarray,
    spec: Spec,
    table: Table,
    report: Report,
) -> list[np.ndarray]:
    """The rows divided by lot: groups whole, strata in their shares. Empty where that cannot be."""
    wanted = sum(share > 0 for share in shares)
    if len(rows) < wanted:
        sets, way_out = _sets_and_way_out(split, wanted, len(rows), len(rows) == table.rows)
        report.error("E0407", f"{count_of(len(rows), 'row')} cannot make {sets}", _span(spec), help=way_out)
        return []
    if split.group is not None:
        members = _members(split, split.group, rows, wanted, spec, table, report)
        return [rows[part] for part in grouped(members, shares, split.seed)] if members is not None else []
    within = split.within if isinstance(split, Random) else None
    strata: np.ndarray | None = np.zeros(table.rows, dtype=np.int64)
    if within is not None:
        strata = _within(within, spec, table, report)
    elif stratify is not None:
        strata = _strata(stratify, wanted, spec, table, report)
    return [rows[part] for part in stratified(strata[rows], shares, split.seed)] if strata is not None else []


def _sets_and_way_out(split: Random | Folds, wanted: int, most: int, whole: bool) -> tuple[str, str]:
    """What there is too little for, of the `whole` or of the rows that a fold leaves; and what to do."""
    if not isinstance(split, Folds):
        return f"{wanted} sets", "each set needs one at least"
    if whole:
        return f"{wanted} folds", f"take at most {most}" if most > 1 else "take another split"
    return "a training and a validation set beside the fold", "take `validation = 0`"


def _strata(name: str, wanted: int, spec: Spec, table: Table, report: Report) -> np.ndarray | None:
    """The number of each row's label, none of which has a single row where there are several sets."""
    labels = _texts(table, name)
    if labels is None:
        _no_texts(name, spec, report)
        return None
    found, strata = coded(labels)
    single = [label for label, count in zip(found, np.bincount(strata)) if count == 1 and label]
    if single and wanted > 1:
        _report_single(spec, table, name, labels, single, wanted, report)
        return None
    return strata


def _within(name: str, spec: Spec, table: Table, report: Report) -> np.ndarray | None:
    """The number of each row's value, whose rows are divided; a value with a single row is in one set."""
    values = _texts(table, name)
    if values is None:
        _no_texts(name, spec, report)
        return None
    return coded(values)[1]


def stratum_column(spec: Spec) -> str | None:
    """The category target whose labels keep their shares where the spec names no other column."""
    assert spec.data is not None
    return next((name for name in spec.data.target if isinstance(spec.data.columns[name], Category)), None)


def _report_single(
    spec: Spec, table: Table, name: str, labels: np.ndarray, single: list[str], wanted: int, report: Report
) -> None:
    assert spec.data is not None
    shown = listing(single[:3], "and") + (f" and {len(single) - 3:,} more labels" if len(single) > 3 else "")
    rows = [row for row, label in enumerate(labels) if label in set(single)]
    one = len(single) == 1
    message = f"the split keeps the shares of `{name}`, and {shown} {'has a single row' if one else 'have a single row each'}"
    way_out = f"it cannot be in all {wanted} sets: find more such rows, delete it, or join its label with another"
    if isinstance(spec.data.split, Random) and spec.data.split.stratify and len(single) > 10:
        way_out = "`stratify` takes a column of labels"
    report.error("E0407", message, _span(spec), notes=first_rows(table.place, rows), help=way_out)


def _members(
    split: Random | Folds, name: str, rows: np.ndarray, wanted: int, spec: Spec, table: Table, report: Report
) -> np.ndarray | None:
    """The number of each row's group, of which there are enough."""
    groups = _texts(table, name)
    if groups is None:
        _no_texts(name, spec, report)
        return None
    missing = np.flatnonzero(groups == "")
    if len(missing):
        message = f"`{name}` is missing in {count_of(len(missing), 'row')}: which group is it?"
        report.error(
            "E0405", message, _span(spec), notes=first_rows(table.place, missing.tolist()), help="each row needs its group"
        )
        return None
    names, members = coded(groups[rows])
    if len(names) < wanted:
        sets, way_out = _sets_and_way_out(split, wanted, len(names), len(rows) == table.rows)
        message = f"`{name}` has {count_of(len(names), 'group')}, too few for {sets}"
        report.error("E0407", message, _span(spec), help=f"a group is never divided: {way_out}")
        return None
    return members


def _by_column(split: Column, spec: Spec, table: Table, report: Report) -> Rows:
    """Rows whose value is named for no set are in none."""
    values = _texts(table, split.name)
    if values is None:
        return _no_texts(split.name, spec, report)
    rows: Rows = {}
    for name in SETS:
        named = getattr(split, name)
        matches = [_equals(values, value) for value in named]
        absent = [str(value) for value, match in zip(named, matches) if not match.any()]
        if absent:
            found = sorted({str(value) for value in values if value})
            shown = listing(found[:8], "and") + (f" and {len(found) - 8:,} more" if len(found) > 8 else "")
            message = f"no row has {listing(absent)} in `{split.name}`"
            report.error("E0407", message, spec.spans.get(f"data.split.{name}", _span(spec)), help=f"it has {shown}")
        rows[name] = np.flatnonzero(np.any(matches, axis=0)) if matches else np.empty(0, dtype=np.int64)
    return rows


def _equals(values: np.ndarray, wanted: str | int | float | bool) -> np.ndarray:
    """Which texts are a value of the spec: the same text, or the same number."""
    text = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
    same = values == text
    number = parse_numbers([text])[0][0]
    if np.isnan(number):
        return same
    return same | (parse_numbers(values.tolist())[0] == number)


def _provided(split: Provided, spec: Spec, table: Table, report: Report) -> Rows:
    assert spec.data is not None
    if table.sets is None:
        way_out = "write `random(…)`, or leave `split` out"
        report.error("E0407", f"`{spec.data.source.word}` provides no sets of its own here", _span(spec), help=way_out)
        return {}
    rows = {name: np.flatnonzero(table.sets == name) for name in SETS}
    if split.validation == 0:
        return rows
    if len(rows["validation"]):
        report.error("E0407", "the source has a validation set of its own", _span(spec), help="write `provided` without a share")
        return {}
    name = stratum_column(spec)
    labels = table.columns[name][rows["train"]] if name is not None else np.full(len(rows["train"]), "", dtype=object)
    kept, taken = stratified(coded(labels)[1], (1 - split.validation, split.validation), split.seed)
    return rows | {"train": rows["train"][kept], "validation": rows["train"][taken]}


Splitter = Callable[..., Rows]
SPLITTERS: dict[type, Splitter] = {
    Random: _at_random,
    Column: _by_column,
    Provided: _provided,
    Folds: _by_folds,
}
