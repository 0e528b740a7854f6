"""What a command may be pointed at: a run's folder, a folder of runs; and the file that it writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli.exits import WRONG_SPEC, refuse

if TYPE_CHECKING:
    from specc.runs.run import Run


def opened_run(path: Path) -> Run:
    """The run at a path, or the newest one below it; otherwise the command ends."""
    from specc.runs.run import NotARun, open_run

    try:
        run = open_run(path)
    except NotARun as error:
        refuse(str(error), WRONG_SPEC)
    if run.path != path:
        click.echo(f"with {run.path}", err=True)  # the newest of several
    return run


def written(path: Path, content: bytes) -> None:
    """Writes what a command was asked for, with the folders above it; otherwise the command ends."""
    from specc.writing import write_output

    try:
        write_output(path, content)
    except OSError as error:
        refuse(f"{path} cannot be written: {(error.strerror or str(error)).lower()}")
