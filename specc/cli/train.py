"""`specc train`: from a spec to a run folder with its model."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from specc.cli import options
from specc.cli.exits import FAILED, INTERRUPTED, located, opened, refuse, said, show_report

if TYPE_CHECKING:
    from specc.cli.progress import PlainLines
    from specc.runs.run import Run
    from specc.runs.train import Order, TrainingFailed


@click.command("train")
@click.argument("path", metavar="SPEC", type=click.Path(path_type=Path))
@options.overrides
@options.root
@click.option(
    "--run",
    type=click.Path(path_type=Path, file_okay=False),
    help="The run's folder (else runs/STEM/0001 and so on, beside the spec).",
)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True, help="Where to compute."
)
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
        opened(path)
        if not resume:
            from specc.loading import load_spec

            load_spec(path, list(overrides), root)  # a mistake in the spec shows before torch is loaded
        from specc.cli.progress import choose_watcher

        with choose_watcher() as watcher:
            watcher.stage("starting")
            from specc.runs.train import Order  # this loads torch

            done = _trained(Order(path, list(overrides), run, root, device, threads, seed, resume), watcher)
    if watcher.folder is None:
        click.echo(f"{done.path} is finished already", err=True)
    from specc.cli.tables import metrics_table, width_of_output

    width = width_of_output()
    if width is not None:
        click.echo(err=True)
    click.echo(metrics_table(done.metrics, width))
    click.echo(f"{done.path}: model.onnx, model.py, weights, pictures")


def _trained(order: Order, watcher: PlainLines) -> Run:
    """The finished run, or the end of the command with what stopped it."""
    from specc.runs.folder import NoFolder, RunExists
    from specc.runs.train import Interrupted, TrainingFailed, train_spec
    from specc.training.device import NoSuchDevice

    try:
        return train_spec(order, watcher)
    except TrainingFailed as failure:
        _failed(failure, watcher)
    except Interrupted:
        watcher.ends()
        click.echo(f"\nstopped; go on with: {_resuming(order)}", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except RunExists as error:
        refuse(f"{error}: choose another folder, or go on with it by --resume")
    except (NoFolder, NoSuchDevice) as error:
        refuse(str(error))
    except OSError as error:
        watcher.ends()
        refuse(f"training stopped: {said(error)}\nwhen that is mended, go on with: {_resuming(order)}", FAILED)


def _failed(failure: TrainingFailed, watcher: PlainLines) -> NoReturn:
    watcher.ends()
    show_report(failure.report)
    click.echo(f"the run is kept in {failure.folder}", err=True)
    raise click.exceptions.Exit(FAILED) from None


def _resuming(order: Order) -> str:
    """The command that goes on with a run."""
    words = ["specc", "train", str(order.path), *(["--run", str(order.run)] if order.run is not None else []), "--resume"]
    return shlex.join(words)
