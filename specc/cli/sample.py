"""`specc sample`: rows drawn from what a gan, a vae, an rbm or a dbn has learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli.exits import WRONG_SPEC, located, refuse
from specc.cli.targets import opened_run, written

if TYPE_CHECKING:
    from specc.runs.sample import Samples

DEFAULT = "samples.png"


@click.command("sample")
@click.argument("path", metavar="RUN", type=click.Path(path_type=Path))
@click.option("-n", "rows", type=click.IntRange(1, 10_000_000), help="How many rows to draw (else 64, or those of the file).")
@click.option(
    "--given",
    multiple=True,
    metavar="NAME=VALUE|FILE",
    help="What rows are drawn for: a condition or visible column at a label, a number in its own unit or a picture's file; a code"
    " (kind=3, style_0=0.5); or a file with a row for each.",
)
@click.option("--interpolate", type=click.IntRange(2), metavar="N", help="Lines of N rows, each on the way from one to another.")
@click.option("--steps", type=click.IntRange(1), help="Of an rbm or dbn: Gibbs steps of each chain (else 1000).")
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
def command(
    path: Path,
    rows: int | None,
    given: tuple[str, ...],
    interpolate: int | None,
    steps: int | None,
    total: int | None,
    seed: int,
    output: Path | None,
) -> None:
    """Draw rows from a gan, a vae, an rbm or a dbn.

    A .csv file has rows in the columns' own units and labels, which can be put to a table, a .png pictures, a .npz file arrays.

    A gan or vae makes each row of noise, for conditions as its training rows have them, or those of --given. The .npz file has
    the noise beside the rows, so that the run's generator.onnx or decoder.onnx makes them again.

    Of an rbm or dbn each row is the end of a chain of its own, which begins where no hidden unit says anything: at the visible
    biases. Numbers between 0 and 1 that bernoulli units hold are given by their chances, and so are the pixels of a .png; a .npz
    file has the draws, and the means E[v|h] of the last one beside them.
    """
    from specc.runs.sample import ROWS, STEPS, SUFFIXES, CannotSample, advice, file_of, parse_given, sample_run

    try:
        held = parse_given(given)
    except ValueError as error:
        refuse(str(error))
    if output is not None and output.suffix.lower() not in SUFFIXES:
        refuse(f"{output} is no .png, .npz or .csv file: what is drawn is written as its name ends")
    run = opened_run(path)
    with located(WRONG_SPEC):
        try:
            samples = sample_run(run, rows, held, steps=steps, total=total, interpolate=interpolate, seed=seed)
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
    chains = "" if samples.made else f", each after {steps or STEPS:,} steps"
    count = _count(samples) if samples.made else rows or ROWS
    click.echo(f"{output}: {count:,} row{'s' if count != 1 else ''}{chains}", err=True)


def _count(samples: Samples) -> int:
    return len(next(iter(samples.draws.values())))
