"""`specc fmt`: one canonical layout; every comment stays, nothing is reordered."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import click

from specc.cli.exits import WRONG_SPEC, opened, refuse, show_report
from specc.diagnostics import SpecError
from specc.syntax.format import format_text
from specc.syntax.read import MAXIMUM_BYTES, decode_source
from specc.writing import write_output

STANDARD_INPUT = "-"


@click.command("fmt")
@click.argument("specs", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Write nothing; end with 1 where a layout is not the canonical one.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change, and end with 1 where something would.")
def command(specs: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay specs out in the one canonical way; `-` reads standard input and prints."""
    for name in specs:
        if name != STANDARD_INPUT and not opened(Path(name)).is_file():
            refuse(f"{name} is no regular file")
    writes = not check and not diff
    results = [_formatted(name, writes, diff) for name in specs]
    if not all(results):
        raise click.exceptions.Exit(WRONG_SPEC)


def _formatted(name: str, writes: bool, diff: bool) -> bool:
    """Formats one spec; whether all is well with it afterwards."""
    try:
        content = _content(name)
        before = decode_source("<stdin>" if name == STANDARD_INPUT else name, content)
        after = format_text(before)
    except SpecError as error:
        show_report(error.report)
        return False
    changes = after.encode() != content
    if writes and name == STANDARD_INPUT:
        click.echo(after.encode(), nl=False)
    elif writes and changes:
        _write(Path(name), after)
        click.echo(f"{name}: formatted", err=True)
    elif diff and changes:
        click.echo(_difference(before.name, before.text, after), nl=False)
    elif changes:
        click.echo(f"{name}: not in the canonical layout; `specc fmt {name}` changes it", err=True)
    return writes or not changes


def _content(name: str) -> bytes:
    try:
        if name == STANDARD_INPUT and sys.stdin is None:
            refuse("standard input is closed")
        if name == STANDARD_INPUT:
            return sys.stdin.buffer.read(MAXIMUM_BYTES)
        with open(name, "rb") as file:
            return file.read(MAXIMUM_BYTES)
    except OSError as error:
        refuse(f"{name} cannot be opened: {error.strerror or error}")


def _difference(name: str, before: str, after: str) -> str:
    """A unified diff; where the two texts are equal, their line ends or a mark at the beginning are what differs."""
    if before == after:
        return f"{name}: only its line ends or its byte order mark change\n"
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, f"{name} (formatted)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _write(path: Path, text: str) -> None:
    try:
        write_output(path, text.encode())
    except OSError as error:
        refuse(f"{path} cannot be written: {error.strerror or error}")
