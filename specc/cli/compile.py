"""`specc compile`: the PyTorch source that `train` trains."""

from __future__ import annotations

from pathlib import Path

import click

from specc.cli import options
from specc.cli.exits import located, opened, show_report
from specc.cli.targets import written
from specc.loading import bind_spec, load_spec


@click.command("compile")
@click.argument("path", metavar="SPEC", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write it (else standard output).")
@options.overrides
@options.root
def command(path: Path, output: Path | None, overrides: tuple[str, ...], root: Path | None) -> None:
    """Write the PyTorch source of a spec's model."""
    with located():
        spec, report = load_spec(opened(path), list(overrides), root)
        spec, _ = bind_spec(spec, report, path.parent, root)
        from specc.pytorch.source import emit_source

        source = emit_source(spec)
        show_report(report)
        if spec.rounds:
            click.echo(f"the sizes are those of fold 1 of {spec.rounds}", err=True)
    if output is None:
        click.echo(source, nl=False)
    else:
        written(output, source.encode())
