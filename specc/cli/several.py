"""Several runs of `specc train`, one after the other or some at once, and what they reach on average."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from specc.cli.exits import FAILED, INTERRUPTED, refuse, show_report
from specc.cli.progress import PlainLines, choose_watcher
from specc.cli.tables import averages_table, width_of_output
from specc.diagnostics import Report, SpecError
from specc.ir import Spec
from specc.runs.folder import NoFolder, RunExists
from specc.runs.lock import Lock
from specc.runs.resume import hold
from specc.runs.several import Group, same_group
from specc.runs.train import Order
from specc.runs.workers import Outcome, Stopped, Task, train_all
from specc.syntax.read import read_source

if TYPE_CHECKING:
    from specc.diagnostics import Source


def train_several(order: Order, spec: Spec | None, group: Group | None, seeds: int | None, jobs: int) -> None:
    """Trains what is left of a group, or a new one of `spec`, and prints what its runs reach."""
    source = read_source(order.path)
    with Lock() as lock:
        if group is not None:
            hold(group.folder, source, lock)
            same_group(group, source, order, seeds)
        else:
            assert spec is not None
            group = _created(order, source, spec, seeds, lock)
        _train(group, order, jobs)


def _created(order: Order, source: Source, spec: Spec, seeds: int | None, lock: Lock) -> Group:
    try:
        return Group.create(order, source, spec, seeds, lock)
    except RunExists as error:
        refuse(f"{error}: choose another folder, or go on with it by --resume")
    except NoFolder as error:
        refuse(str(error))


def _train(group: Group, order: Order, jobs: int) -> None:
    tasks = list(group.tasks(order))
    shown = _Shown(len(group.members), jobs)
    if not tasks:
        click.echo(f"{group.path} is finished already", err=True)
    reports: list[tuple[str, Report]] = []

    def ended(task: Task, outcome: Outcome) -> None:
        shown.ends(task)
        group.summarize()
        if outcome.status == "failed" and outcome.report is not None:
            show_report(outcome.report)
            reports.append((task.name, outcome.report))
        elif outcome.status != "finished":
            raise Stopped(outcome)

    try:
        train_all(iter(tasks), jobs, shown.begins, ended)
    except Stopped as stop:
        _stopped(group, order, stop.outcome, jobs)
    except KeyboardInterrupt:
        _stopped(group, order, Outcome("interrupted"), jobs)
    record = group.summarize()
    if not reports or group.finished():
        click.echo(averages_table(record["metrics"], width_of_output()))
    for name, _ in reports:
        click.echo(f"{name} has failed; its folder is {group.path / name}", err=True)
    click.echo(f"{group.path}: {described(record)}")
    if reports:
        raise click.exceptions.Exit(FAILED)


def _stopped(group: Group, order: Order, outcome: Outcome, jobs: int) -> None:
    """Ends the command: what stopped it, and how to go on."""
    group.summarize()
    if outcome.status in ("wrong", "refused") and group.is_empty():
        group.remove()
    if outcome.status == "wrong" and outcome.report is not None:
        raise SpecError(outcome.report)
    if outcome.status == "refused":
        refuse(outcome.message)
    words = ["specc", "train", str(order.path), *(["--run", str(order.run)] if order.run is not None else []), "--resume"]
    going_on = shlex.join([*words, *(["--jobs", str(jobs)] if jobs > 1 else [])])
    if outcome.status == "interrupted":
        click.echo(f"\nstopped; go on with: {going_on}", err=True)
        raise click.exceptions.Exit(INTERRUPTED)
    refuse(f"training stopped: {outcome.message}\nwhen that is mended, go on with: {going_on}", FAILED)


class _Shown:
    """Shows runs: each as if it were alone, or, of those that are trained at once, lines that begin with their names."""

    def __init__(self, count: int, jobs: int) -> None:
        self.count, self.jobs, self.begun = count, jobs, 0
        self.watchers: dict[str, PlainLines] = {}
        self.said: set[tuple[str, str]] = set()

    def begins(self, task: Task) -> PlainLines:
        watcher = choose_watcher() if self.jobs == 1 else _Named(task.name)
        watcher.advice = partial(self._advises, watcher.advice)  # type: ignore[method-assign]
        if self.begun and self.jobs == 1:
            click.echo(err=True)
        self.begun += 1
        self.watchers[task.name] = watcher
        return watcher

    def _advises(self, show: Callable[[Report], None], report: Report) -> None:
        """What was not said of an earlier run: all of a spec's runs get the same advice."""
        new = [found for found in report.diagnostics if (found.code, found.message) not in self.said]
        self.said |= {(found.code, found.message) for found in new}
        if new:
            show(Report(report.source, new))

    def ends(self, task: Task) -> None:
        self.watchers.pop(task.name).ends()


class _Named(PlainLines):
    """Lines that say of which run they are."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def say(self, text: str, wrap: bool = False) -> None:
        click.echo(f"{self.name}: {text}", err=True)


def described(record: dict[str, Any]) -> str:
    """`5 runs, seed_0 to seed_4`; how many are not finished."""
    runs = record["runs"]
    names = [run["folder"] for run in runs]
    open_ones = sum(run["status"] != "finished" for run in runs)
    told = f"{len(runs)} runs, {names[0]} to {names[-1]}" if len(runs) > 1 else names[0]
    return told + (f"; {open_ones} not finished" if open_ones else "")
