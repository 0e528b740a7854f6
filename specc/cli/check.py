"""`specc check`: every mistake of a spec at once, without opening its data."""

from __future__ import annotations

from pathlib import Path

import click

from specc.cli import options
from specc.cli.exits import WRONG_SPEC, opened, show_report
from specc.diagnostics import Report, SpecError
from specc.diagnostics.render import render_github, render_json
from specc.loading import load_spec


@click.command("check")
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.overrides
@options.root
@options.as_json
@click.option("--github", is_flag=True, help="Annotations for a pull request's lines on standard output.")
def command(specs: tuple[Path, ...], overrides: tuple[str, ...], root: Path | None, as_json: bool, github: bool) -> None:
    """Check specs: every mistake, with its line and the way out."""
    reports: list[Report] = []
    for path in specs:
        opened(path)
        try:
            reports.append(load_spec(path, list(overrides), root)[1])
        except SpecError as error:
            reports.append(error.report)
        except OSError as error:
            raise click.ClickException(f"{path} cannot be opened: {error.strerror or error}") from None
    if as_json:
        click.echo(render_json(reports))
    elif github:
        for report in reports:
            if report.diagnostics:
                click.echo(render_github(report))
    else:
        for report in reports:
            show_report(report)
            if not report.has_errors:
                click.echo(f"{report.source.name}: ok")
    count = sum(len(report.errors) for report in reports)
    if count:
        click.echo(f"{count} error{'s' if count != 1 else ''}", err=True)
        raise click.exceptions.Exit(WRONG_SPEC)
