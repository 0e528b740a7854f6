"""What rows are made for: the conditions and codes that are given, and for the others those that training rows had."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from specc.composites import Entering, entering, making_part, shape_entering
from specc.data.entering import CONDITIONS, conditions_file, distribution_of
from specc.data.frames import columns_of
from specc.data.inputs import read_columns
from specc.diagnostics import Report, Source, listing
from specc.ir import CategoryFit, Fit, ImageFit, NumberFit, Spec
from specc.onnx.front import read_columns as columns_read
from specc.parts import part_of
from specc.runs.sample.given import MOST_NAMED, CannotSample, the_way
from specc.vocabulary.columns import Image, Number
from specc.vocabulary.families import Column

if TYPE_CHECKING:
    from specc.data.bind import Dataset
    from specc.runs.run import Run

MOST_ROWS, MOST_NUMBERS = 10_000, 1 << 22
"""Rows whose conditions a run keeps, and numbers in each of their columns: of more rows so many by lot."""
FILE = ""
"""What rows of a file are given under."""


def keep_conditions(run: Run, dataset: Dataset) -> None:
    """Writes the conditions of the training rows to the run, so that rows are drawn for them where the data is not."""
    part = making_part(run.spec)
    names = columns_read(part_of(run.spec, part)) if part is not None else ()
    if not names:
        return
    rows = dataset.rows["train"]
    columns = dataset.table.columns
    width = max(int(np.prod(columns[name].shape[1:])) for name in names)
    most = max(1, min(MOST_ROWS, MOST_NUMBERS // width))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    run.folder.write_bytes(CONDITIONS, conditions_file({name: columns[name][rows] for name in names}))


class Asked:
    """What is given of the rows that are to be made: raw columns `[values]` or `[values, …]`, and numbers of noise and codes.

    `codes`: by name and place in it, numbers `[values]`; the place of a category's is None, and a number the one that is 1.
    Raises `CannotSample` for what the model does not take, `SpecError` for a file that cannot be read.
    """

    def __init__(self, spec: Spec, given: Mapping[str, Any]) -> None:
        assert spec.bound is not None
        self.spec = spec
        self.fits = {name: spec.bound.fits[name] for name in columns_read(spec)}
        self.entries = {one.name: one for one in entering(spec, spec.graph) if one.tensor is None}
        self.columns: dict[str, np.ndarray] = {}
        self.codes: dict[tuple[str, int | None], np.ndarray] = {}
        for name, value in given.items():
            self._take(name, value)

    @property
    def rows(self) -> int:
        """How many rows the values are for: those of a file, or of the longest column."""
        return max((len(values) for values in (*self.columns.values(), *self.codes.values())), default=1)

    @property
    def held(self) -> dict[str, object]:
        """The columns that have one label for all rows."""
        return {n: v[0] for n, v in self.columns.items() if isinstance(self.fits[n], CategoryFit) and len(v) == 1}

    def for_rows(self, count: int) -> dict[str, np.ndarray]:
        """The columns for so many rows, in turn."""
        return {name: values[np.arange(count) % len(values)] for name, values in self.columns.items()}

    def put(self, noise: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Noise with the codes that are given in place of what was drawn."""
        for (name, place), values in self.codes.items():
            values = values[np.arange(len(noise[name])) % len(values)]
            if place is None:
                noise[name][:] = np.eye(noise[name].shape[1], dtype=np.float32)[values.astype(np.int64)]
            else:
                noise[name].reshape(len(noise[name]), -1)[:, place] = values
        return noise

    def _take(self, name: str, value: Any) -> None:
        if name == FILE:
            self._take_file(Path(value))
        elif name in self.fits:
            self.columns[name] = self._of_column(name, self.fits[name], value)
        elif (one := self.entries.get(name)) is not None:
            self.codes[name, self._place(one, value)] = np.array([self._code(one, value)])
        elif (one := self.entries.get(name.rpartition("_")[0])) is not None and self._is_numbered(one, name):
            self.codes[one.name, int(name.rpartition("_")[2])] = np.array([_number(name, value)])
        else:
            raise CannotSample(self._unknown(name))

    def _take_file(self, path: Path) -> None:
        """The conditions of the rows of a file, and the codes that it has columns of; other columns are its own."""
        assert self.spec.data is not None
        report, numbered = Report(Source(str(path), "")), self._numbered()
        columns: dict[str, Column] = {name: self.spec.data.columns[name] for name in self.fits}
        columns |= {name: Number() for name in numbered}
        table = read_columns(path, columns, report, self.spec.data.source, frozenset(numbered))
        report.raise_errors()
        found = {name: table.columns[name] for name in numbered if name in table.columns}
        if not self.fits and not found:
            few = listing([*numbered][:3], "and") + (" and more" if len(numbered) > 3 else "")
            raise CannotSample(f"{path} says nothing of what rows are made of: its columns could be {few}")
        self.columns |= {name: self._known(name, fit, table.columns[name]) for name, fit in self.fits.items()}
        for name, values in found.items():
            one, place = numbered[name]
            self.codes[one.name, place] = np.array(
                [self._code(one, _plain(v)) if place is None else _number(name, v) for v in values]
            )

    def _numbered(self) -> dict[str, tuple[Entering, int | None]]:
        """The columns that a table of codes may have: `kind` of a category's, `latent_0`, `latent_1`, … of numbers."""
        found: dict[str, tuple[Entering, int | None]] = {}
        for one in self.entries.values():
            size = self._size(one)
            if distribution_of(one) == "category":
                found[one.name] = one, None
            else:
                found |= {f"{one.name}_{i}": (one, i) for i in range(size)} | ({one.name: (one, 0)} if size == 1 else {})
        return found

    def _of_column(self, name: str, fit: Fit, value: Any) -> np.ndarray:
        """One value for all rows, or several, which they take in turn."""
        assert self.spec.data is not None
        column, report = self.spec.data.columns[name], Report(Source(str(value), ""))
        if isinstance(fit, CategoryFit | NumberFit):
            values = [value] if isinstance(value, str | bytes) or np.ndim(value) == 0 else list(value)
            if isinstance(fit, NumberFit):
                return np.array([_number(name, one) for one in values])
            texts = [str(one).lower() if isinstance(one, bool | np.bool_) else str(one) for one in values]
            return self._known(name, fit, np.array(texts, dtype=object))
        if isinstance(value, str | Path):
            if not Path(value).exists():
                what = "a picture" if isinstance(column, Image) else "a block of numbers"
                raise CannotSample(f"`{name}` is {what}, given by a file: there is no {value}")
            table = read_columns(Path(value), {name: column}, report)
        else:
            table = columns_of({name: value}, {name: column}, report)
        report.raise_errors()
        return table.columns[name]

    def _known(self, name: str, fit: Fit, values: np.ndarray) -> np.ndarray:
        """Labels that the training rows had."""
        if isinstance(fit, CategoryFit) and (strange := next((v for v in values if v not in fit.labels), None)) is not None:
            few = len(fit.labels) <= MOST_NAMED
            raise CannotSample(
                f"`{name}` has no label `{strange}`: "
                + (f"it has {listing(fit.labels, 'and')}" if few else the_way(strange, fit.labels, "it"))
            )
        return values

    def _place(self, one: Entering, value: Any) -> int | None:
        """Which number of noise or a code is given under its own name: of a category's all, of the others the only one."""
        if distribution_of(one) == "category":
            return None
        if (size := self._size(one)) > 1:
            names = listing([f"{one.name}_{i}" for i in range(min(size, 3))], "and") + (" and more" if size > 3 else "")
            raise CannotSample(f"`{one.name}` has {size} numbers, given one by one: {names}")
        return 0

    def _code(self, one: Entering, value: Any) -> float:
        if distribution_of(one) != "category":
            return _number(one.name, value)
        size = self._size(one)
        if str(value) not in map(str, range(size)):
            raise CannotSample(f"`{one.name}` is one of {size}, counted from 0 to {size - 1}, and `{value}` is none of them")
        return float(value)

    def _is_numbered(self, one: Entering, name: str) -> bool:
        number = name.rpartition("_")[2]
        return number.isdecimal() and int(number) < self._size(one) and distribution_of(one) != "category"

    def _size(self, one: Entering) -> int:
        return int(np.prod(shape_entering(self.spec, one).dimensions()))

    def _unknown(self, name: str) -> str:
        assert self.spec.data is not None
        numbered = [
            one.name if distribution_of(one) == "category" or self._size(one) == 1 else f"{one.name}_0"
            for one in self.entries.values()
        ]
        known = [*self.fits, *numbered]
        part = self.spec.graph.name
        if name in self.spec.data.columns:
            taken = f"what can be given is {listing(known, 'and')}" if known else "nothing can be given"
            return f"the {part} of `{self.spec.name}` takes no `{name}`: {taken}"
        return f"`{name}` is nothing that the {part} takes: {the_way(name, known, 'there')}"


def _plain(number: float) -> str:
    """A whole number as a person writes it."""
    return str(int(number)) if float(number).is_integer() else str(number)


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise CannotSample(f"`{name}` is a number, and `{value}` is none") from None
    if not np.isfinite(np.float32(number)):
        raise CannotSample(f"`{name}` cannot be {value}: give a number")
    return number


def is_picture(fit: Fit | None) -> bool:
    """Whether values of a column can be drawn as they are."""
    return isinstance(fit, ImageFit) and fit.size[0] in (1, 3)
