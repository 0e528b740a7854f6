"""`specc predict`: answers for new rows, from a run or from an ONNX file; torch is not needed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli.exits import WRONG_SPEC, located, refuse, show_report
from specc.cli.targets import opened_run, written
from specc.diagnostics import listing

if TYPE_CHECKING:
    from specc.runs.predict import Predicted


@click.command("predict")
@click.argument("model", metavar="RUN|MODEL.onnx", type=click.Path(path_type=Path))
@click.argument("rows", metavar="INPUT", type=click.Path(path_type=Path))
@click.option(
    "--part",
    help="What a layer gives instead of the answers: everything from the inputs up to it; also `encoder` or `decoder`.",
)
@click.option("--top", type=click.IntRange(min=1), help="Of ratings: how many items each user gets (else 10).")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A .csv, .npz or .png file (else CSV on standard output).")
@click.option(
    "--nearest",
    type=click.IntRange(min=1),
    metavar="N",
    help="Instead of the answers, the N training rows with the nearest codes, or features of --part.",
)
def command(model: Path, rows: Path, part: str | None, top: int | None, output: Path | None, nearest: int | None) -> None:
    """Answer new rows: a line a row, in their order.

    An autoencoder gives each row as it rebuilds it, and its reconstruction_error: the mean squared difference in the network's
    scale, large for rows unlike those it was trained on. `--part encoder` gives the codes, and `--part decoder` takes such a
    table of codes as INPUT. A .png has the rebuilt pictures, a .npz arrays. `--nearest 5` finds the training rows with the codes
    nearest to each row's, by the bits that differ where the codes are bits: `nearest_1` is a row's number in the run's data.

    A model of ratings answers a table with its column of users: a line with an item and no rating asks for its expected rating;
    where no line asks, each user gets the best items not rated yet. Lines with a rating tell of users; whoever they tell
    nothing of is known by the ratings of the run's own data.
    """
    from specc.onnx.session import NotAModel
    from specc.parts import NoSuchPart
    from specc.runs.predict import open_model, predict_file
    from specc.runs.written import SUFFIXES, NoPictures, file_of_answers

    if output is not None and output.suffix.lower() not in SUFFIXES:
        refuse(f"{output} is no .csv, .npz or .png file: what is answered is written as its name ends")
    path = _model(model, part)
    if nearest is not None and model.suffix == ".onnx":
        refuse("an ONNX file knows no training rows: `--nearest` takes a run")
    if not rows.exists():
        refuse(f"there is no file {rows}", WRONG_SPEC)
    with located(WRONG_SPEC):
        try:
            if nearest is not None:
                answered = _nearest(path, rows, nearest, part)
            else:
                answered = predict_file(open_model(path, part), rows, top, path)
        except (NotAModel, NoSuchPart) as error:
            refuse(str(error), WRONG_SPEC)
        show_report(answered.report)
    for column, counts in answered.unseen.items():
        click.echo(f"note: {_unseen(column, counts)}", err=True)
    try:
        content = file_of_answers(answered, output or Path("-.csv"))
    except NoPictures as error:
        refuse(str(error))
    if output is None:
        click.echo(content, nl=False)
    else:
        written(output, content)
        count = answered.frame.height
        click.echo(f"{output}: {count:,} row{'s' if count != 1 else ''}", err=True)


def _nearest(path: Path, rows: Path, count: int, part: str | None) -> Predicted:
    from specc.runs.nearest import nearest_rows
    from specc.runs.run import open_run

    found = nearest_rows(open_run(path), rows, count, part)
    click.echo(f"note: {found.told}", err=True)
    return found.predicted


def _model(model: Path, part: str | None) -> Path:
    """The ONNX file, or the folder of the run."""
    if model.suffix != ".onnx":
        return opened_run(model).path
    if not model.is_file():
        refuse(f"there is no file {model}", WRONG_SPEC)
    if part is not None:
        refuse("an ONNX file answers as it was exported: take --part with a run, here or in `specc export`")
    return model


def _unseen(column: str, counts: Counter[str]) -> str:
    """What a user should know of labels that enter the network as nothing at all."""
    total = sum(counts.values())
    labels = listing([label or "(missing)" for label, _ in counts.most_common(3)], "and")
    more = f" and {len(counts) - 3:,} more" if len(counts) > 3 else ""
    return f"`{column}` has {total:,} value{'s' if total != 1 else ''} that training never saw: {labels}{more}"
