"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

overrides = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Another value of a hyperparameter or setting, as in rate=3e-4 or train.epochs=5.",
)
root = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="What the spec may name reaches up to this folder.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
