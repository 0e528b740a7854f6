"""What specc has to say about a spec, as plain data: spans, diagnostics, reports."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of text: character offsets `[start, end)`.

    `origin` is empty for the spec's own file, otherwise the whole text of a `--set` argument.
    """

    start: int
    end: int
    origin: str = ""

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.start, max(self.end, other.end), self.origin)


class Place(NamedTuple):
    """A position as people count: line and column from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """The text that spans point into, with the name to show for it."""

    name: str
    text: str
    _starts: list[int] = field(default_factory=list, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._starts.append(0)
        self._starts.extend(i + 1 for i, character in enumerate(self.text) if character == "\n")

    def place(self, offset: int) -> Place:
        """The line and column of a character offset."""
        line = bisect_right(self._starts, min(offset, len(self.text)))
        return Place(line, offset - self._starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of line `number`, counted from 1, without its line end."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


class Label(NamedTuple):
    """A second place that helps to understand a diagnostic, with what happens there."""

    span: Span
    text: str


class Edit(NamedTuple):
    """A replacement that would mend the spec."""

    span: Span
    text: str


@dataclass(frozen=True)
class Diagnostic:
    """One thing that is wrong (`E….`) or worth knowing (`W….`).

    `message` says what is wrong in the user's words, `label` what stands under the marks,
    `help` the way out, `edits` the same as a change of the text.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    edits: tuple[Edit, ...] = ()

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")

    @property
    def severity(self) -> str:
        return "error" if self.is_error else "warning"


UNKNOWN_NAME = ("E0101", "E0103", "E0104", "E0105")


class SpecError(Exception):
    """Carries the report of a pass that found errors to whoever shows it."""

    def __init__(self, report: Report) -> None:
        super().__init__("; ".join(d.message for d in report.diagnostics if d.is_error))
        self.report = report

    def __str__(self) -> str:
        return f"{self.report.source.name} is wrong\n{self.report}"


@dataclass
class Report:
    """The diagnostics of one spec, in the order of its text once `sorted()`."""

    source: Source
    diagnostics: list[Diagnostic] = field(default_factory=list)
    uses: tuple[Label, ...] = ()
    """The uses of blocks that are being put in; every diagnostic of the block's inside names them."""
    _unknown_names: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)

    def error(self, code: str, message: str, span: Span | None = None, labels: tuple[Label, ...] = (), **details: object) -> None:
        """Adds a diagnostic; the same mistake met twice (in a loop's rounds) is kept once."""
        diagnostic = Diagnostic(code, message, span, labels=labels + self.uses, **details)  # type: ignore[arg-type]
        first = self._unknown_names.get((code, message))
        if first is not None and span is not None:
            self._also(first, span)
        elif not any((d.code, d.span, d.message) == (code, span, message) for d in self.diagnostics[-64:]):
            if code in UNKNOWN_NAME:
                self._unknown_names[code, message] = len(self.diagnostics)
            self.diagnostics.append(diagnostic)

    warn = error

    def _also(self, index: int, span: Span) -> None:
        """Marks another place of a name that nothing declares: misspelt once where it is declared, it is missing at each use."""
        first = self.diagnostics[index]
        places = {label.span for label in first.labels} | {first.span}
        if span not in places and first.span is not None and span.origin == first.span.origin and len(places) < 4:
            self.diagnostics[index] = replace(first, labels=(*first.labels, Label(span, "and here")))

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.is_error]

    @property
    def has_errors(self) -> bool:
        return any(d.is_error for d in self.diagnostics)

    def raise_errors(self) -> None:
        """Ends a pass: raises `SpecError` where it found an error."""
        if self.has_errors:
            raise SpecError(self)

    def sorted(self) -> list[Diagnostic]:
        """The diagnostics in reading order, errors and advice together."""
        return sorted(self.diagnostics, key=lambda d: (d.span is None, d.span or Span(0, 0)))

    def source_of(self, span: Span) -> Source:
        """The text that `span` points into."""
        return Source("--set", span.origin) if span.origin else self.source

    def __str__(self) -> str:
        """The diagnostics as `specc check` prints them."""
        from specc.diagnostics.render import render

        return render(self)

    def __repr__(self) -> str:
        return f"Report({self.source.name!r}, {len(self.errors)} errors, {len(self.diagnostics) - len(self.errors)} warnings)"

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())


def fail(source: Source, diagnostic: Diagnostic) -> SpecError:
    """A `SpecError` with a single diagnostic, for what stops at the first fault."""
    return SpecError(Report(source, [diagnostic]))


__all__ = [
    "Diagnostic",
    "Edit",
    "Label",
    "Place",
    "Report",
    "Source",
    "Span",
    "SpecError",
    "fail",
    "replace",
]
