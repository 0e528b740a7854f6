"""`specc sample`: rows drawn from what an rbm or dbn has learned."""

from __future__ import annotations

from pathlib import Path

import click

from specc.cli.exits import WRONG_SPEC, located, refuse
from specc.cli.targets import opened_run, written

DEFAULT = "samples.png"


@click.command("sample")
@click.argument("path", metavar="RUN", type=click.Path(path_type=Path))
@click.option("-n", "rows", type=click.IntRange(1), default=64, show_default=True, help="How many rows to draw.")
@click.option(
    "--given", multiple=True, metavar="COLUMN=VALUE", help="Hold a visible column at a label, or at a number in its own unit."
)
@click.option("--steps", type=click.IntRange(1), default=1000, show_default=True, help="Gibbs steps of each chain.")
@click.option(
    "--total", type=click.IntRange(1), help="Counts: how many there are in a row, as the words of a document (else 100)."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed draws other rows.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A .png, .npz or .csv file (else samples.png, or CSV on standard output).",
)
def command(path: Path, rows: int, given: tuple[str, ...], steps: int, total: int | None, seed: int, output: Path | None) -> None:
    """Draw rows from an rbm or dbn by Gibbs sampling.

    Each row is the end of a chain of its own, which begins where no hidden unit says anything: at the visible biases. A .csv
    file has rows in the columns' own units and labels, which can be put to a table; numbers between 0 and 1 that bernoulli
    units hold are given by their chances. A .png shows the chances of each picture's pixels, E[v|h] of the last draw; a .npz
    file has the draws, and these means beside them.
    """
    from specc.runs.sample import SUFFIXES, CannotSample, advice, file_of, parse_given, sample_run

    try:
        held = parse_given(given)
    except ValueError as error:
        refuse(str(error))
    if output is not None and output.suffix.lower() not in SUFFIXES:
        refuse(f"{output} is no .png, .npz or .csv file: what is drawn is written as its name ends")
    run = opened_run(path)
    with located(WRONG_SPEC):
        try:
            samples = sample_run(run, rows, held, steps=steps, total=total, seed=seed)
            if output is None and samples.pictures is not None:
                output = Path(DEFAULT)
            content = file_of(samples, output or Path("-.csv"))
        except CannotSample as error:
            refuse(str(error), WRONG_SPEC)
        if (note := advice(run.spec)) is not None:
            click.echo(f"note: {note}", err=True)
    if output is None:
        click.echo(content, nl=False)
        return
    written(output, content)
    click.echo(f"{output}: {rows:,} row{'s' if rows != 1 else ''}, each after {steps:,} steps", err=True)
