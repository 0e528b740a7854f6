"""`specc train`: from a spec to a run folder with its model."""

from __future__ import annotations

from pathlib import Path

import click

from specc.cli import options
from specc.cli.exits import FAILED, INTERRUPTED, located, opened, refuse, show_report


@click.command("train")
@click.argument("path", metavar="SPEC", type=click.Path(path_type=Path))
@options.overrides
@options.root
@click.option("--run", type=click.Path(path_type=Path, file_okay=False), help="The run's folder (else runs/STEM/0001 and so on, beside the spec).")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True, help="Where to compute.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads of the CPU (else by the work of a step).")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of weights, order and noise (else the spec's, else 0).")
@click.option("--resume", is_flag=True, help="Go on with the newest run of the spec, or with --run.")
def command(
    path: Path,
    overrides: tuple[str, ...],
    root: Path | None,
    run: Path | None,
    device: str,
    threads: int | None,
    seed: int | None,
    resume: bool,
) -> None:
    """Train a spec: every phase, every split measured, the model exported."""
    with located():
        from specc.load import load_spec

        opened(path)
        load_spec(path, list(overrides), root)  # a mistake in the spec shows before torch is loaded
        from specc.cli.progress import choose_watcher
        from specc.runs.folder import RunExists
        from specc.runs.train import Interrupted, Order, TrainingFailed, train_spec

        watcher = choose_watcher()
        order = Order(path, list(overrides), run, root, device, threads, seed, resume)
        try:
            done = train_spec(order, watcher)
        except TrainingFailed as failure:
            watcher.ends()
            show_report(failure.report)
            click.echo(f"the run is kept in {failure.folder}", err=True)
            raise click.exceptions.Exit(FAILED) from None
        except Interrupted as stop:
            watcher.ends()
            where = f" --run {stop.folder}" if run is not None else ""
            click.echo(f"\nstopped; go on with: specc train {path}{where} --resume", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except RunExists as error:
            refuse(f"{error}: choose another folder, or go on with it by --resume")
        except ValueError as error:
            refuse(str(error))
        except OSError as error:
            refuse(f"{error.filename or path}: {error.strerror or error}")
        watcher.ends()
    if resume and done.record.get("finished") and not watcher.epochs:
        click.echo(f"{done.path} is finished already", err=True)
    from specc.cli.tables import metrics_table

    click.echo(metrics_table(done.metrics))
    click.echo(f"{done.path}: model.onnx, model.py, weights, pictures")
