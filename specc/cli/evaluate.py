"""`specc evaluate`: what a run reaches on a split, or on another file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli import options
from specc.cli.exits import WRONG_SPEC, located, refuse, show_report
from specc.cli.numbers import spoken
from specc.cli.tables import aligned, metrics_table, width_of_output
from specc.cli.targets import opened_run
from specc.diagnostics import listing

if TYPE_CHECKING:
    from specc.runs.run import Run


@click.command("evaluate")
@click.argument("path", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--split", type=click.Choice(["train", "validation", "test"]), help="The rows to measure (else those of every split)."
)
@click.option("--data", type=click.Path(path_type=Path), help="Another file of the kind that the spec's source reads.")
@options.as_json
def command(path: Path, split: str | None, data: Path | None, as_json: bool) -> None:
    """Measure a run on its splits, or on rows of another file."""
    if split and data:
        refuse("take --split or --data, not both")
    run = opened_run(path)
    with located(WRONG_SPEC):
        from specc.runs.evaluate import evaluate_file, evaluate_splits

        if data is not None:
            metrics, report = evaluate_file(run, data)
            show_report(report)
        else:
            metrics = evaluate_splits(run, [split] if split else None)
    if not metrics:
        refuse(f"the run has no {split} rows: it has {listing(run.metrics, 'and')}", WRONG_SPEC)
    if as_json:
        from specc.runs.folder import finite

        click.echo(json.dumps({"format_version": 1, "run": str(run.path), "metrics": finite(metrics)}, indent=1))
        return
    click.echo(metrics_table(metrics, width_of_output()))
    for name, measured in metrics.items():
        for measure, value in measured.items():
            if isinstance(value, list):
                click.echo(
                    f"\n{spoken(measure)} of {name}: true labels down, answered ones across\n{_matrix(run, measure, value)}"
                )


def _matrix(run: Run, measure: str, counts: list[list[int]]) -> str:
    from specc.door import answers

    assert run.spec.bound is not None
    answered = [answer.column for graph in run.spec.graphs.values() for answer in answers(graph)]
    column = measure.rpartition(".")[0] or answered[0]
    labels = run.spec.bound.fits[column].labels  # type: ignore[union-attr]
    return aligned([["", *labels], *([label, *(f"{count:,}" for count in row)] for label, row in zip(labels, counts))])
