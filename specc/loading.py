"""Opens a spec: reads it, checks it, binds it to its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from specc.checking import check_text
from specc.diagnostics import Report, Source
from specc.ir import Spec
from specc.syntax.read import read_source

if TYPE_CHECKING:
    from specc.data.bind import Dataset


def load_spec(path: Path, overrides: list[str] | None = None, root: Path | None = None) -> tuple[Spec, Report]:
    """The checked spec of a file, and its report with the advice. Raises `SpecError`, or `OSError` where it cannot be opened."""
    source = read_source(path)
    return check_source(source, path.parent, overrides, root)


def check_source(
    source: Source, folder: Path, overrides: list[str] | None = None, root: Path | None = None
) -> tuple[Spec, Report]:
    """The checked spec of a text whose paths are relative to `folder`."""
    report = Report(source)
    spec = check_text(source, overrides, str(folder), str(root) if root is not None else None, report)
    return spec, report


def bind_spec(spec: Spec, report: Report, folder: Path, root: Path | None = None) -> tuple[Spec, Dataset]:
    """The spec with everything that its data says and every default filled in, and the data. Raises `SpecError`."""
    from specc.checking.rules import WITH_DATA
    from specc.data.bind import bind
    from specc.defaults import with_defaults

    bound, dataset = bind(spec, folder, root, report)
    for rule in WITH_DATA:
        rule(bound, report)
    report.raise_errors()
    return with_defaults(bound), dataset
