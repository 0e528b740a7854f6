"""How a command ends: the exit statuses of the contract, and diagnostics on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from specc.diagnostics import Report, SpecError
from specc.diagnostics.render import render, visible_lines

WRONG_SPEC = 1
USAGE = 2
FAILED = 3
INTERRUPTED = 130


def show_report(report: Report) -> None:
    """Prints every diagnostic for people on standard error."""
    if report.diagnostics:
        colored = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        click.echo(render(report, colored), err=True, nl=False)


def refuse(message: str, status: int = USAGE) -> NoReturn:
    """Ends the command with a message for people."""
    click.echo("\n".join(visible_lines(f"error: {message}")), err=True)
    raise click.exceptions.Exit(status)


@contextmanager
def located(unopened: int = USAGE) -> Iterator[None]:
    """Runs a command's work: a `SpecError` is printed and ends with 1, a file that cannot be opened with `unopened`."""
    try:
        yield
    except SpecError as error:
        show_report(error.report)
        count = len(error.report.errors)
        click.echo(f"{count} error{'s' if count != 1 else ''}", err=True)
        raise click.exceptions.Exit(WRONG_SPEC) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        refuse(said(error), unopened)


def said(error: OSError) -> str:
    """What the system says of a file, in a line: `runs/iris: permission denied`."""
    why = (error.strerror or str(error)).lower()
    return f"{error.filename}: {why}" if error.filename else why


def opened(path: Path) -> Path:
    """The path of a spec that can be opened; otherwise the command ends with status 2."""
    if not path.exists():
        near = sorted(p.name for p in path.parent.glob("*.dn")) if path.parent.is_dir() else []
        from specc.diagnostics import did_you_mean

        meant = did_you_mean(path.name, near)
        refuse(f"there is no file {path}" + (f": did you mean {path.with_name(meant)}?" if meant else ""))
    if path.is_dir():
        refuse(f"{path} is a folder, not a spec")
    return path
