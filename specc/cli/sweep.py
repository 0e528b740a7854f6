"""`specc sweep`: searches the hyperparameters of a spec, and writes the spec with the best of them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli import options
from specc.cli.exits import located, opened, refuse
from specc.diagnostics import Diagnostic, Source, fail, listing

if TYPE_CHECKING:
    from specc.ir import Spec


@click.command("sweep")
@click.argument("path", metavar="SPEC", type=click.Path(path_type=Path))
@click.option("--trials", type=click.IntRange(min=1), metavar="N", help="How many trials in all (else as many as the spec says).")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="How many trials at once.")
@click.option("--storage", metavar="URL", help="A storage of Optuna that several machines share (else a file beside the trials).")
@options.overrides
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the search, and of each trial's weights, order and noise.")
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True, help="Where to compute."
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads of each trial (else by the work of a step).")
@options.root
def command(
    path: Path,
    trials: int | None,
    jobs: int,
    storage: str | None,
    overrides: tuple[str, ...],
    seed: int | None,
    device: str,
    threads: int | None,
    root: Path | None,
) -> None:
    """Search the hyperparameters of a spec: trials are runs; killed, it goes on where it was."""
    with located():
        from specc.loading import load_spec
        from specc.syntax.read import read_source

        source = read_source(opened(path))
        spec, _ = load_spec(path, list(overrides), root)
        _can_be_searched(spec, source, overrides)
        from specc.cli.trials import search  # this loads torch and Optuna
        from specc.runs.train import Order

        order = Order(path, list(overrides), None, root, device, threads, seed)
        again = [*(["--trials", str(trials)] if trials is not None else []), *(["--jobs", str(jobs)] if jobs > 1 else [])]
        for option, value in (("--storage", storage), ("--seed", seed), ("--root", root)):
            again += [option, str(value)] if value is not None else []
        words = ["specc", "sweep", str(path), *again, *(word for text in overrides for word in ("--set", text))]
        search(order, source, spec, trials, jobs, storage, shlex.join(words))


def _can_be_searched(spec: Spec, source: Source, overrides: tuple[str, ...]) -> None:
    """A spec with a `sweep` whose trials are single runs, and something left to search."""
    from specc.vocabulary.hyperparameters import is_searched

    if spec.sweep is None:
        way_out = "as in `sweep { objective = minimize(validation.loss); trials = 40 }`"
        raise fail(source, Diagnostic("E0505", "the spec does not say what to search for: it has no `sweep`", help=way_out))
    if spec.rounds:
        message = "a trial is a single run, and the split asks for one on every fold"
        way_out = f"name one: `folds({spec.rounds}, fold = 1)`, or `--set data.split.fold=1`"
        raise fail(source, Diagnostic("E0505", message, spec.spans.get("data.split"), help=way_out))
    searched = [name for name, value in spec.hyper.items() if is_searched(value.declared)]
    if set(searched) <= {text.partition("=")[0].strip() for text in overrides}:
        refuse(f"nothing is left to search: --set gives {listing(searched, 'and')}")
