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
    from specc.ir import Spec
    from specc.runs.run import Run
    from specc.runs.several import Group
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
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="Train N times, with the seeds from --seed on.")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="How many of several runs to train at once."
)
@click.option("--max-memory", type=options.Bytes(), metavar="SIZE", help="Refuse what needs more, as 8GiB (else what is free).")
@click.option("--resume", is_flag=True, help="Go on with the newest run of the spec, or with --run.")
def command(
    path: Path,
    overrides: tuple[str, ...],
    root: Path | None,
    run: Path | None,
    device: str,
    threads: int | None,
    seed: int | None,
    seeds: int | None,
    jobs: int,
    max_memory: int | None,
    resume: bool,
) -> None:
    """Train a spec: every phase, every split measured, the model exported."""
    with located():
        if resume and not path.exists():
            _spec_is_gone(path, run)
        opened(path)
        several = _several(path, list(overrides), root, run, seeds, jobs, resume)
        if several is not None:
            from specc.cli.several import train_several  # this loads torch
            from specc.runs.train import Order

            train_several(
                Order(path, list(overrides), run, root, device, threads, seed, max_memory=max_memory), *several, seeds, jobs
            )
            return
        from specc.cli.progress import choose_watcher

        with choose_watcher() as watcher:
            watcher.stage("starting")
            from specc.runs.train import Order  # this loads torch

            order = Order(path, list(overrides), run, root, device, threads, seed, resume, max_memory)
            done = _trained(order, watcher)
    if watcher.folder is None:
        click.echo(f"{done.path} is finished already", err=True)
    from specc.cli.tables import metrics_table, width_of_output

    width = width_of_output()
    if width is not None:
        click.echo(err=True)
    click.echo(metrics_table(done.metrics, width))
    _show_what_units_are_about(done.path)
    pictures = ", pictures" if any((done.path / "pictures").glob("*")) else ""
    click.echo(f"{done.path}: model.onnx, model.py, weights{pictures}")


def _show_what_units_are_about(folder: Path) -> None:
    """The factors of ratings or the topics of words that the hidden units came to stand for, the first of them."""
    if (folder / "factors.txt").is_file():
        from specc.runs.ratings.factors import printed

        click.echo(printed((folder / "factors.txt").read_text("utf-8")))
    if (folder / "topics.txt").is_file():
        from specc.runs import topics

        click.echo(topics.printed((folder / "topics.txt").read_text("utf-8")))


def _several(
    path: Path, overrides: list[str], root: Path | None, run: Path | None, seeds: int | None, jobs: int, resume: bool
) -> tuple[Spec | None, Group | None] | None:
    """The spec that is to be trained several times, or the group of runs to go on with; None where it is one run."""
    from specc.loading import load_spec
    from specc.runs.several import Group, find_begun, is_group

    begun = find_begun(path, run) if resume else None
    if begun is not None and is_group(begun):
        return None, Group(begun)
    if begun is not None and seeds is not None:
        refuse(f"{begun} is a single run: go on with it without --seeds, or train anew, without --resume")
    if begun is None:
        spec, _ = load_spec(path, overrides, root)  # a mistake in the spec shows before torch is loaded
        if seeds is not None or spec.rounds:
            return spec, None
    if jobs > 1:
        refuse("--jobs is for several runs, and this is one: take it with --seeds N, or with `split = folds(5)`")
    return None


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
        refuse(f"training stopped: {_what_is_left(error, order, watcher.folder)}", FAILED)


def _failed(failure: TrainingFailed, watcher: PlainLines) -> NoReturn:
    watcher.ends()
    show_report(failure.report)
    click.echo(f"the run is kept in {failure.folder}", err=True)
    raise click.exceptions.Exit(FAILED) from None


def _spec_is_gone(path: Path, run: Path | None) -> None:
    """Ends the command where the run to go on with has kept its spec, which is no longer where it was."""
    from specc.newest import newest_run
    from specc.runs.folder import runs_beside

    begun = run if run is not None else newest_run(runs_beside(path), finished=False)
    if begun is not None and (begun / "spec.dn").is_file():
        copy = shlex.join(["cp", str(begun / "spec.dn"), str(path)])
        refuse(f"there is no file {path} any more: {begun} keeps it as it was, so that `{copy}` brings it back")


def _what_is_left(error: OSError, order: Order, folder: Path | None) -> str:
    """What the system says of a file, what is kept, and the way on."""
    if folder is not None and not folder.is_dir():
        return f"the run's folder {folder} is gone: train anew, with `{shlex.join(['specc', 'train', str(order.path)])}`"
    kept = f"\nthe run is kept in {folder} as it was last saved" if folder is not None else ""
    return f"{said(error)}{kept}\nwhen that is mended, go on with: {_resuming(order)}"


def _resuming(order: Order) -> str:
    """The command that goes on with a run."""
    words = ["specc", "train", str(order.path), *(["--run", str(order.run)] if order.run is not None else []), "--resume"]
    return shlex.join(words)
