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


class Bytes(click.ParamType):
    """An amount of memory: `8GiB`, `500MB`."""

    name = "size"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from specc.memory import bytes_of

        size = bytes_of(str(value))
        if size is None:
            self.fail(f"{value!r} is no amount of memory: write it as 8GiB or 500MB", param, ctx)
        return size
