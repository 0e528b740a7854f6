"""`specc new`: a small working spec of a kind, with its data; or a first spec for a table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli.exits import WRONG_SPEC, located, refuse, show_report
from specc.diagnostics import Source, SpecError, did_you_mean, listing

if TYPE_CHECKING:
    from specc.ir import Spec
    from specc.new.table import RawTable


@click.command("new")
@click.argument("kind")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "table", type=click.Path(path_type=Path), metavar="DATA", help="The CSV or Parquet table it is for.")
@click.option("--target", metavar="COLUMN", help="The column of the table that a network is to predict.")
def command(kind: str, file: Path | None, table: Path | None, target: str | None) -> None:
    """Write a new spec of a KIND (network), or with --from the first spec for a table."""
    _kind_is_known(kind)
    if file is not None and not file.suffix:
        file = file.with_name(file.name + ".dn")
    if target is not None and table is None:
        refuse("`--target` is a column of a table: name it with `--from DATA`")
    if table is None:
        _from_shipped(kind, file)
    else:
        _from_table(kind, table, file, target)


def _kind_is_known(kind: str) -> None:
    from specc.vocabulary.part import words_of

    kinds = words_of("model")
    if kind not in kinds:
        meant = did_you_mean(kind, kinds)
        way_out = f"did you mean `{meant}`?" if meant else f"there is {listing(kinds, 'and')}"
        refuse(f"there is no kind of model called `{kind}`: {way_out}")


def _from_shipped(kind: str, file: Path | None) -> None:
    from specc.new.shipped import AlreadyThere, write_shipped

    try:
        written = write_shipped(kind, file)
    except AlreadyThere as error:
        refuse(f"{error}: name another file, as in `specc new {kind} other/{error.path.name}`")
    except OSError as error:
        refuse(f"{error.filename} cannot be written: {error.strerror}")
    _say_what_is_next([str(path) for path in written], written[0])


def _from_table(kind: str, table: Path, file: Path | None, target: str | None) -> None:
    from specc.checking.wording import article_of
    from specc.new.rows import USES, spec_of_rows
    from specc.new.shipped import AlreadyThere, create
    from specc.new.table import read_raw
    from specc.new.write import spec_of

    if kind != "network" and kind not in USES:
        fitting = listing(["network", *USES], "and")
        refuse(f"a first spec for a table is made of the kinds {fitting}, not of {article_of(kind)} `{kind}`")
    if kind in USES and target is not None:
        refuse(f"`--target` is what a `network` predicts: {article_of(kind)} `{kind}` learns whole rows, so leave it out")
    if table.is_dir():
        refuse(f"{table} is a folder: name a CSV or Parquet table, as in `--from {table / 'table.csv'}`")
    file = file if file is not None else _beside(table)
    if file.exists():
        refuse(f"{file} exists already, and `new` never overwrites: name another file, as in `specc new {kind} first.dn …`")
    with located():
        raw = read_raw(table)
    path = _path_from(kind, file, table)
    target = _answerable_target(table, raw, target) if kind == "network" else ""
    _something_is_learnt_from(table, raw, target)
    if kind == "gan":  # how many labels there are, only the rows know that train
        rows = _bound(spec_of_rows(raw, path, "autoencoder", file.stem), file)
        text = spec_of_rows(raw, path, kind, file.stem, rows.graphs["encoder"].nodes[0].shape.dimensions()[0])
    else:
        text = spec_of(raw, path, target) if target else spec_of_rows(raw, path, kind, file.stem)
    _bound(text, file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        create(file, text.encode())
    except AlreadyThere as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"{file} cannot be written: {error.strerror}")
    _say_what_is_next([str(file)], file)


def _bound(text: str, file: Path) -> Spec:
    """A spec with what its table says; nothing is written where that cannot be read."""
    from specc.loading import bind_spec, check_source

    try:
        spec, report = check_source(Source(str(file), text), file.parent)
        return bind_spec(spec, report, file.parent)[0]
    except SpecError as error:
        show_report(error.report)
        refuse("nothing is written: the table needs mending before a spec can read it", WRONG_SPEC)


def _answerable_target(table: Path, raw: RawTable, target: str | None) -> str:
    """The target of a network, which is there and can be predicted."""
    from specc.new.guess import guess_target

    target = _target_is_there(table, raw, target)
    if reason := guess_target(raw.columns[target]).reason:
        refuse(f"`{target}` cannot be the target: {reason}")
    return target


def _something_is_learnt_from(table: Path, raw: RawTable, target: str) -> None:
    from specc.new.guess import guess_columns

    guesses = guess_columns(raw, target)
    if all(guess.reason for guess in guesses):
        lines = "".join(f"\n  {guess.name or '(no name)'}: {guess.reason}" for guess in guesses[:10])
        refuse(f"no column of {table} can be learnt from:{lines}", WRONG_SPEC)


def _beside(table: Path) -> Path:
    """The spec's place where none is named: beside its table, whose name it takes."""
    name = table.name.removesuffix(".gz")
    return table.with_name(Path(name).stem + ".dn")


def _path_from(kind: str, file: Path, table: Path) -> str:
    """The table's path as the spec names it: relative to the spec's folder, and inside of it."""
    folder = Path(os.path.abspath(file.parent))
    path = os.path.relpath(os.path.abspath(table), folder)
    if path == ".." or path.startswith("../") or not table.resolve().is_relative_to(folder.resolve()):
        beside = _beside(Path(table.resolve()))
        refuse(
            f"{table} lies outside of the folder of {file}, and a spec reads only what lies in its own folder or below:\n"
            f"  write the spec beside the table, as `specc new {kind} {beside} --from {table} …` does, or copy the table"
        )
    return Path(path).as_posix()


def _target_is_there(table: Path, raw: RawTable, target: str | None) -> str:
    """The name of the target, a column that can be declared."""
    names = [*raw.columns, *raw.unreadable]
    shown = listing([n for n in names if n][:30], "and") + (f" and {len(names) - 30} more" if len(names) > 30 else "")
    if not raw.has_header:
        values = listing(list(raw.first_line)[:4], "and")
        shown = f"it has no header (its first line is {values} …), so its columns are called `column_1` to `column_{len(names)}`"
    else:
        shown = f"it has {shown}"
    if target is None:
        refuse(f"which column of {table} is to be predicted? Name it with `--target`: {shown}")
    if target in raw.unreadable:
        refuse(f"`{target}` of {table} cannot be the target: {raw.unreadable[target]}")
    if target not in raw.columns:
        meant = did_you_mean(target, raw.columns)
        refuse(f"{table} has no column `{target}`: " + (f"did you mean `{meant}`?" if meant else shown))
    return target


def _say_what_is_next(written: list[str], spec: Path) -> None:
    click.echo(f"wrote {' and '.join(written)}; now:", err=True)
    for verb in ("check", "train"):
        click.echo(f"  specc {verb} {spec}", err=True)
