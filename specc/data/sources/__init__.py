"""Sources by their word: each module reads one kind of file into a `Table`. Twins of `specc.vocabulary.sources`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

from specc.data.files import Files
from specc.data.table import Table
from specc.diagnostics import Report, Span, did_you_mean, listing
from specc.vocabulary.columns import fits_pattern, is_pattern
from specc.vocabulary.families import Column, Source


@dataclass
class Request:
    """What is to be read: the declared columns (patterns among them), and columns as text that the split names.

    `optional` columns may be absent, as the target is when answers are asked for.
    """

    columns: dict[str, Column]
    files: Files
    report: Report
    spans: dict[str, Span] = field(default_factory=dict)
    fields: dict[str, Span | None] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    marks: tuple[str, ...] = ()
    """Texts that mean a missing value, for a source that has no `missing` of its own."""

    def refuse(self, code: str, message: str, notes: tuple[str, ...] = (), help: str = "") -> NoReturn:
        """Reports, at the source, what stops the reading, and ends it."""
        self.files.refuse(code, message, notes, help)

    def span(self, column: str) -> Span | None:
        """Where a column is declared: its own line, or that of the pattern it fits."""
        if f"data.columns.{column}" in self.spans:
            return self.spans[f"data.columns.{column}"]
        pattern = next((p for p in self.columns if is_pattern(p) and fits_pattern(column, p)), None)
        return self.spans.get(f"data.columns.{pattern}", self.files.span)

    def wrong(self, column: str, message: str, notes: tuple[str, ...] = (), help: str = "") -> None:
        """Reports, at a column's declaration, a value that does not fit it."""
        self.report.error("E0406", message, self.span(column), notes=notes, help=help)


S = TypeVar("S", bound=Source)
Reader = Callable[[Any, Request], Table]
READERS: dict[type[Source], Reader] = {}


def reads(source: type[S]) -> Callable[[Callable[[S, Request], Table]], Callable[[S, Request], Table]]:
    """Registers the reader of a source."""

    def register(function: Callable[[S, Request], Table]) -> Callable[[S, Request], Table]:
        READERS[source] = function
        return function

    return register


def read_table(source: Source, request: Request) -> Table:
    """The rows of a source. Raises `SpecError` with everything that does not fit."""
    if type(source) not in READERS:
        importlib.import_module(f"specc.data.sources.{source.word}")
    table = READERS[type(source)](source, request)
    request.report.raise_errors()
    if table.sets is not None and len(set(table.sets.tolist())) == 1:
        table.sets = None  # one set is all rows, still to be split
    if table.rows == 0:
        request.refuse("E0403", f"`{getattr(source, 'path', source.word)}` has no rows")
    return table


def present_columns(
    path: str, names: Sequence[str], request: Request, noun: str = "column", found: Sequence[str] = ()
) -> dict[str, Column]:
    """The declared columns that a file has, each pattern replaced by those that fit it, in the order of the file.

    What is declared or asked for and not there goes to the report. A column without a name fits no pattern: it is the
    row number that some programs write. `found`: what the file calls them, where a column goes by another name.
    """
    known, present, found = set(names), {}, found or names
    for declared, column in request.columns.items():
        if not is_pattern(declared):
            if declared in known:
                present[declared] = column
            elif declared not in request.optional:
                _report_absent(path, declared, found, request, request.span(declared), noun)
            continue
        taken = set(request.columns) | set(present)
        fitting = [name for name in dict.fromkeys(names) if name and name not in taken and fits_pattern(name, declared)]
        if not fitting:
            has_own = any(fits_pattern(name, declared) for name in names if name)
            message = f"no {noun} of `{path}` fits `{declared}`" + (" and has no line of its own" if has_own else "")
            way_out = "take the pattern away" if has_own else f"it has {shown(found)}"
            request.report.error("E0404", message, request.span(declared), help=way_out)
        present.update(dict.fromkeys(fitting, column))
    for name, span in request.fields.items():
        if name not in known:
            _report_absent(path, name, found, request, span, noun)
    return present


def _report_absent(path: str, name: str, names: Sequence[str], request: Request, span: Span | None, noun: str) -> None:
    meant = did_you_mean(name, names)
    way_out = f"did you mean `{meant}`?" if meant else f"it has {shown(names)}"
    request.report.error("E0404", f"`{path}` has no {noun} `{name}`", span, help=way_out)


def shown(names: Iterable[str]) -> str:
    """The first names of a file, for messages."""
    names = [name or "(no name)" for name in names]
    return listing(names, "and") if len(names) <= 12 else listing(names[:12], "and") + f" and {len(names) - 12} more"
