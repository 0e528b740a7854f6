"""`specc show`: what a spec builds and does, every default included; its IR as JSON; a drawing."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from specc.cli import options
from specc.cli.exits import USAGE, WRONG_SPEC, opened, refuse, show_report
from specc.diagnostics import Report, SpecError
from specc.ir import Spec

if TYPE_CHECKING:
    from specc.showing.profile import DataProfile


@click.command("show")
@click.argument("path", metavar="SPEC", type=click.Path(path_type=Path))
@options.overrides
@options.root
@click.option("--ir", is_flag=True, help="The checked spec as JSON: what every back end reads.")
@click.option("--graph", "drawing", type=click.Path(path_type=Path), metavar="FILE.svg", help="A drawing of the graphs.")
@options.as_json
def command(path: Path, overrides: tuple[str, ...], root: Path | None, ir: bool, drawing: Path | None, as_json: bool) -> None:
    """Show a spec: its layers, data, training, and every default that was filled in."""
    if sum((ir, drawing is not None, as_json)) > 1:
        refuse("`--ir`, `--graph` and `--json` exclude each other: take one")
    if drawing is not None and drawing.suffix.lower() != ".svg":
        refuse(f"`--graph` writes SVG: name the file {drawing.with_suffix('.svg').name}")
    try:
        spec, report, profile = _open(opened(path), overrides, root)
    except SpecError as error:
        _refuse(error, as_json)
    if ir:
        _print(spec.model_dump_json(indent=2))
    elif drawing is not None:
        _draw(spec, drawing)
    elif as_json:
        _print(json.dumps(_document(spec, report, profile), indent=2, ensure_ascii=False))
    else:
        _print(_table(spec, profile))
    if not as_json:
        show_report(report)
    if report.has_errors and not as_json:
        count = len(report.errors)
        click.echo(f"{count} error{'s' if count != 1 else ''}: the data is not read, its sizes stay symbols", err=True)
    if report.has_errors:
        raise click.exceptions.Exit(WRONG_SPEC)


def _open(path: Path, overrides: tuple[str, ...], root: Path | None) -> tuple[Spec, Report, DataProfile | None]:
    """The spec, bound where its data can be read, and what was measured of the data. Raises `SpecError` for a wrong spec."""
    from specc.loading import bind_spec, load_spec

    try:
        spec, report = load_spec(path, list(overrides), root)
    except OSError as error:
        refuse(f"{path} cannot be opened: {error.strerror or error}", USAGE)
    try:
        bound, dataset = bind_spec(spec, report, path.parent, root)
    except SpecError:
        return spec, report, None
    from specc.showing.profile import measured

    return bound, report, measured(dataset, bound)


def _refuse(error: SpecError, as_json: bool) -> NoReturn:
    """Ends with the mistakes of a wrong spec."""
    from specc.diagnostics.render import as_data

    if as_json:
        _print(json.dumps({"format_version": 1, "diagnostics": as_data(error.report)}, indent=2, ensure_ascii=False))
        raise click.exceptions.Exit(WRONG_SPEC)
    show_report(error.report)
    count = len(error.report.errors)
    click.echo(f"{count} error{'s' if count != 1 else ''}", err=True)
    raise click.exceptions.Exit(WRONG_SPEC)


def _table(spec: Spec, profile: DataProfile | None) -> str:
    from specc.showing.facts import facts_of
    from specc.showing.text import render

    terminal = sys.stdout.isatty()
    width = max(shutil.get_terminal_size().columns, 72) if terminal else None
    return render(facts_of(spec), profile, width, terminal)


def _document(spec: Spec, report: Report, profile: DataProfile | None) -> dict[str, object]:
    from dataclasses import asdict

    from specc.diagnostics.render import as_data
    from specc.showing.facts import as_json, facts_of

    measured = asdict(profile) if profile is not None else None
    return {**as_json(facts_of(spec)), "profile": measured, "diagnostics": as_data(report)}


def _draw(spec: Spec, path: Path) -> None:
    from specc.drawing import draw_svg

    try:
        path.write_text(draw_svg(spec), encoding="utf-8")
    except OSError as error:
        refuse(f"{path} cannot be written: {error.strerror or error}")
    click.echo(f"wrote {path}", err=True)


def _print(text: str) -> None:
    """Prints on standard output, with a `?` for what its encoding cannot say."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "replace").decode(encoding).rstrip("\n"))
