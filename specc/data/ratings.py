"""Binds a spec to its ratings: reads them, divides them, and keeps them as lists by case, never as a table of all pairs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from specc.data.dataset import Dataset
from specc.data.files import Files
from specc.data.fit import ordered_labels
from specc.data.sources import Request, read_table
from specc.data.sources.csv import read_csv
from specc.data.sources.ratings import ratings_are_levels
from specc.data.split import fields_of, seed_of, split_rows
from specc.data.table import SETS, Table, count_of, first_rows
from specc.diagnostics import Report, listing
from specc.infer import infer_shapes
from specc.ir import Bound, RatingsFit, Spec
from specc.vocabulary.columns import Category, symbol
from specc.vocabulary.sources import Csv, Ratings

COLUMN = "ratings"
"""What the ratings of a case are called in a spec: `visible(ratings)`."""
TITLE = "title"


@dataclass(frozen=True)
class Cases:
    """Ratings by case: those of case c are `units[starts[c] : starts[c + 1]]`, ascending, and the `levels` beside them."""

    starts: np.ndarray
    units: np.ndarray
    levels: np.ndarray

    @classmethod
    def of(cls, case: np.ndarray, unit: np.ndarray, level: np.ndarray, count: int) -> Cases:
        """The same ratings in the order of their cases, of which there are `count`."""
        order = np.lexsort((unit, case))
        starts = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(np.bincount(case, minlength=count), out=starts[1:])
        return cls(starts, unit[order].astype(np.int32), level[order].astype(np.int16))

    @property
    def counts(self) -> np.ndarray:
        """How many ratings each case has."""
        return np.diff(self.starts)

    def of_case(self, case: int) -> tuple[np.ndarray, np.ndarray]:
        """The units that one case has ratings of, and their levels."""
        stretch = slice(self.starts[case], self.starts[case + 1])
        return self.units[stretch], self.levels[stretch]


@dataclass
class RatingsDataset(Dataset):
    """Ratings instead of rows of columns. A row number is that of a case in a set: `place of the set · cases + case`.

    `names` are the cases' own, `titles` those of the items beside their names. `sets` holds the ratings of each set.
    """

    names: tuple[str, ...] = ()
    sets: dict[str, Cases] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)


def bind_ratings(spec: Spec, files: Files, report: Report) -> tuple[Spec, RatingsDataset]:
    """The spec with what its ratings say, and the ratings. Raises `SpecError` with every mistake of a pass."""
    assert spec.data is not None and isinstance(spec.data.source, Ratings)
    source = spec.data.source
    request = Request({}, files, report, spec.spans, fields_of(spec))
    table = read_table(source, request)
    ratings_are_levels(table, source, request)
    titles = _titles(source, spec, files, report)
    report.raise_errors()
    of_triples = spec.model_copy(update={"data": spec.data.model_copy(update={"columns": table.declared})})
    divided = split_rows(of_triples, table, report)
    fit, names, cases, units, levels = _coded(source, table, titles)
    sets = {name: Cases.of(cases[rows], units[rows], levels[rows], len(names)) for name, rows in divided.items() if len(rows)}
    rows = {name: _rows_of(name, ratings) for name, ratings in sets.items()}
    sizes = {symbol("units", COLUMN): len(fit.units), symbol("levels", COLUMN): len(fit.levels)}
    counts = {name: len(numbers) for name, numbers in rows.items()}
    bound = Bound(fits={COLUMN: fit}, sizes=sizes, rows=counts, files=dict(sorted(files.fingerprints.items())))
    spec = infer_shapes(spec.model_copy(update={"bound": bound}), report, sizes)
    report.raise_errors()
    kept = Table(table.rows, {}, {}, table.place, left_out=table.left_out)  # the texts of all pairs are not needed any more
    dataset = RatingsDataset({}, {}, {}, rows, kept, seed=seed_of(spec.data), names=names, sets=sets, titles=titles)  # type: ignore[arg-type]
    dataset.unused = table.rows - sum(map(len, divided.values()))
    return spec, dataset


def _rows_of(name: str, ratings: Cases) -> np.ndarray:
    """The row numbers of the cases that have ratings in a set."""
    return SETS.index(name) * len(ratings.counts) + np.flatnonzero(ratings.counts)


def _coded(
    source: Ratings, table: Table, titles: dict[str, str]
) -> tuple[RatingsFit, tuple[str, ...], np.ndarray, np.ndarray, np.ndarray]:
    """The fit, the cases' names, and of each rating its case, unit and level."""
    names, units = (ordered_labels(table.columns[column].tolist()) for column in (source.case, source.unit))
    levels, level = np.unique(table.columns[source.rating], return_inverse=True)
    fit = RatingsFit(
        case=source.case,
        unit=source.unit,
        rating=source.rating,
        by=source.by,
        levels=tuple(levels.tolist()),
        units=units,
        titles=tuple(titles.get(name, "") for name in units) if source.by == "user" and titles else (),
    )
    return fit, names, _places(table.columns[source.case], names), _places(table.columns[source.unit], units), level


def _places(values: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    places = {name: place for place, name in enumerate(names)}
    return np.fromiter(map(places.__getitem__, values.tolist()), dtype=np.int64, count=len(values))


def _titles(source: Ratings, spec: Spec, files: Files, report: Report) -> dict[str, str]:
    """The title of each item, where the spec names a table of them."""
    if source.titles is None:
        return {}
    span = spec.spans.get("data.source.titles", files.span)
    spans = {f"data.columns.{name}": span for name in (source.item, TITLE) if span is not None}
    beside = Files(files.folder, files.root, report, span, files.fingerprints)
    request = Request({source.item: Category(), TITLE: Category()}, beside, report, spans)
    table = read_csv(Csv(path=source.titles), request)
    return dict(zip(table.columns[source.item].tolist(), table.columns[TITLE].tolist()))


def asked_of(path: Path, spec: Spec, known: RatingsDataset, report: Report) -> RatingsDataset:
    """The ratings of another file as those that are asked for, beside those that are known. Raises `SpecError`."""
    assert spec.data is not None and spec.bound is not None and isinstance(spec.data.source, Ratings)
    fit = spec.bound.fits[COLUMN]
    assert isinstance(fit, RatingsFit)
    source = spec.data.source.model_copy(update={"path": str(path)})
    table = read_table(source, Request({}, Files(Path("."), None, report), report))
    levels = np.searchsorted(fit.levels, table.columns[source.rating]).clip(max=len(fit.levels) - 1)
    strange = np.flatnonzero(np.array(fit.levels)[levels] != table.columns[source.rating]).tolist()
    known_levels = listing([f"{level:g}" for level in fit.levels], "and")
    _all_are_known(source.rating, table, strange, report, f"it knows {known_levels}")
    places = {}
    for column, names in ((source.case, known.names), (source.unit, fit.units)):
        place = {name: number for number, name in enumerate(names)}
        places[column] = np.array([place.get(name, -1) for name in table.columns[column].tolist()])
        strange = np.flatnonzero(places[column] < 0).tolist()
        _all_are_known(column, table, strange, report, "nothing is known of them to answer by: take these lines out")
    report.raise_errors()
    asked = Cases.of(places[source.case], places[source.unit], levels, len(known.names))
    rows = {"data": SETS.index("test") * len(known.names) + np.flatnonzero(asked.counts)}
    return replace(known, rows=rows, sets={"train": known.sets["train"], "test": asked})


def _all_are_known(column: str, table: Table, strange: list[int], report: Report, way_out: str) -> None:
    if strange:
        message = f"`{column}` holds what training never saw in {count_of(len(strange), 'row')}"
        values = table.columns[column][strange].tolist()
        report.error("E0406", message, notes=first_rows(table.place, strange, values), help=way_out)
