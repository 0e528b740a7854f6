"""`specc explain`: the page of an error code, of any word of the language, or of a measure."""

from __future__ import annotations

import json
import sys

import click

from specc.cli import options
from specc.cli.exits import refuse


@click.command("explain")
@click.argument("name", metavar="CODE|WORD")
@options.as_json
def command(name: str, as_json: bool) -> None:
    """Explain an error code (E0301), any word of the language or a measure, with an example."""
    from specc.explain.data import data_of
    from specc.explain.render import render_page
    from specc.explain.words import page_of, suggestion

    page = page_of(name)
    if page is None:
        meant = suggestion(name)
        way_out = f"did you mean `{meant}`?" if meant else "it takes an error code (E0301) or a word of the language (dense)"
        refuse(f"there is no code or word `{name}`: {way_out}")
    if as_json:
        click.echo(json.dumps(data_of(name), indent=2, ensure_ascii=False))
    else:
        click.echo(render_page(page, sys.stdout.isatty()), nl=False)
