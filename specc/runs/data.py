"""The data of a run, opened again from where its spec lies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from specc.diagnostics import Diagnostic, Source, fail
from specc.grafting import as_trained
from specc.loading import bind_spec, check_source
from specc.runs.run import Run

if TYPE_CHECKING:
    from specc.data.bind import Dataset


def folder_of_spec(run: Run) -> Path:
    """The folder that the run's spec was read from."""
    return (run.path / run.record["spec"]).parent


def data_of(run: Run) -> Dataset:
    """The very data that a run was trained on. Raises `SpecError` where it is not there or has changed."""
    source = Source(str(run.path / "spec.dn"), (run.path / "spec.dn").read_text("utf-8"))
    folder = folder_of_spec(run)
    root = run.path / run.record["root"] if run.record.get("root") else None
    spec, report = check_source(source, folder, run.record["overrides"], root)
    bound, dataset = bind_spec(as_trained(spec, run.spec), report, folder, root)
    assert bound.bound is not None
    before: dict[str, str] = run.record["data"]["files"]
    for path, fingerprint in bound.bound.files.items():
        if before.get(path) != fingerprint:
            message = f"{path} has changed since the run was trained"
            way_out = "measure the run on the file as it is now: `specc evaluate RUN --data FILE`"
            raise fail(source, Diagnostic("E0409", message, spec.spans.get("data.source"), help=way_out))
    return dataset
