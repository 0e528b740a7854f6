"""`specc export`: the ONNX file of a run, or of a part of it."""

from __future__ import annotations

from pathlib import Path

import click

from specc.cli.exits import FAILED, WRONG_SPEC, located, refuse
from specc.cli.targets import opened_run, written


@click.command("export")
@click.argument("path", metavar="RUN", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write (else model.onnx, or PART.onnx, here).")
@click.option("--part", help="Everything from the inputs up to this layer, as features.")
def command(path: Path, output: Path | None, part: str | None) -> None:
    """Export a run to ONNX, proven equal to PyTorch on real rows."""
    run = opened_run(path)
    output = output or Path(f"{part or 'model'}.onnx")
    with located(WRONG_SPEC):
        from specc.onnx.build import ModelTooLarge
        from specc.onnx.parity import Disagreement
        from specc.parts import NoSuchPart
        from specc.runs.export import exported

        try:
            content = exported(run, part)
        except NoSuchPart as error:
            refuse(str(error), WRONG_SPEC)
        except (Disagreement, ModelTooLarge) as error:
            refuse(str(error), FAILED)
    written(output, content)
    click.echo(f"{output}: {len(content) / 1024:,.0f} KiB", err=True)
