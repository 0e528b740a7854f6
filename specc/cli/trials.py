"""The trials of `specc sweep` as they go, and what they have found in the end."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click
from optuna.exceptions import OptunaError
from optuna.study import Study
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from specc.cli.exits import FAILED, INTERRUPTED, refuse, show_report
from specc.cli.found import tell_what_was_found
from specc.cli.live import LiveDisplay
from specc.cli.numbers import number
from specc.cli.progress import choose_watcher
from specc.diagnostics import Diagnostic, Report, SpecError, fail
from specc.ir import Spec
from specc.loading import bind_spec
from specc.runs.folder import NoFolder, RunFolder
from specc.runs.lock import Lock
from specc.runs.sweep.folder import begin, is_sweep, sweep_beside
from specc.runs.sweep.space import overrides_of, space_of
from specc.runs.sweep.study import Search, name_of, open_study
from specc.runs.train import Order, Silent
from specc.runs.workers import Outcome, Stopped, Task, train_all

if TYPE_CHECKING:
    from specc.diagnostics import Source
    from specc.runs.train import Watcher


TOO_LARGE = {"E0507", "E0509"}
"""What does not fit into the memory, or into a file."""


def search(order: Order, source: Source, spec: Spec, trials: int | None, jobs: int, storage: str | None, again: str) -> None:
    """Trains the trials that are left, and prints and writes what all have found. `again` is the command that goes on."""
    assert spec.sweep is not None
    report = Report(source)
    bound, _ = bind_spec(spec, report, order.path.parent, order.root)  # a mistake in the data shows before anything is made
    show_report(report)
    with Lock() as lock:
        is_new = not is_sweep(sweep_beside(order.path))
        try:
            folder, record = begin(order, source, spec, storage, lock)
        except NoFolder as error:
            refuse(str(error))
        space = space_of(spec, {text.partition("=")[0].strip() for text in order.overrides})
        url = storage or URL.create("sqlite", database=str((folder.path / "sweep.sqlite").resolve())).render_as_string()
        try:
            study = open_study(spec, record["study"], url, record["seed"], space)
        except (OptunaError, SQLAlchemyError, ImportError, ValueError) as error:
            if is_new:
                shutil.rmtree(folder.path, ignore_errors=True)
            refuse(_unopened(url, error))
        _same_data(bound, study, source, folder)
        sweep = Search(bound, order, folder.path, record["key"], study, space, storage is not None)
        try:
            _searched(sweep, trials, jobs, again)
            tell_what_was_found(order, source, spec, folder, study)
        except (OptunaError, SQLAlchemyError) as error:
            refuse(f"the storage of the trials fails: {_first_line(error)}\nwhen that is mended, go on with: {again}", FAILED)


def _unopened(url: str, error: Exception) -> str:
    """Why a storage cannot be had, without its password."""
    try:
        return f"the storage {make_url(url).render_as_string()} cannot be opened: {_first_line(error)}"
    except SQLAlchemyError:
        return f"`{url}` is no URL of a database, as in `sqlite:///sweep.sqlite` or `postgresql://user@host/name`"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _same_data(bound: Spec, study: Study, source: Source, folder: RunFolder) -> None:
    """Trials on other data could not be compared. Raises `SpecError`."""
    assert bound.bound is not None
    files = bound.bound.files
    before: dict[str, str] = study.user_attrs.get("data", files)
    for path, fingerprint in files.items():
        if before.get(path) != fingerprint:
            message = f"`{path}` has changed since the sweep began, and its trials could not be compared with new ones"
            way_out = f"to begin another sweep, give this one another name: `mv {folder.path} {folder.path}_1`"
            raise fail(source, Diagnostic("E0409", message, bound.spans.get("data.source"), help=way_out))
    study.set_user_attr("data", files)


def _searched(sweep: Search, trials: int | None, jobs: int, again: str) -> None:
    """Has trials trained until there are enough."""
    assert sweep.spec.sweep is not None
    wanted = trials or sweep.spec.sweep.trials
    shown = _Shown(sweep, wanted, jobs)
    shown.head()

    def ended(task: Task, outcome: Outcome) -> None:
        if outcome.report is not None and {found.code for found in outcome.report.errors} <= TOO_LARGE:
            outcome.status = "failed"  # with other values there may be room
        if outcome.status not in ("finished", "pruned", "failed"):
            raise Stopped(outcome)
        shown.ends(task, outcome, sweep.tell(task, outcome))

    try:
        train_all(sweep.tasks(wanted), jobs, shown.begins, ended)
    except (Stopped, KeyboardInterrupt) as stop:
        shown.stops()
        outcome = stop.outcome if isinstance(stop, Stopped) else Outcome("interrupted")
        if outcome.report is not None:
            raise SpecError(outcome.report) from None
        if outcome.status == "interrupted":
            click.echo(f"\nstopped; go on with: {again}", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        if outcome.status == "refused":
            refuse(outcome.message)
        refuse(f"the sweep stopped: {outcome.message}\nwhen that is mended, go on with: {again}", FAILED)


class _Shown:
    """A line a trial; on a terminal, a bar for the one that is trained."""

    def __init__(self, sweep: Search, wanted: int, jobs: int) -> None:
        self.sweep, self.wanted, self.jobs = sweep, wanted, jobs
        self.watcher: LiveDisplay | None = None

    def head(self) -> None:
        begun = len(self.sweep.study.get_trials(deepcopy=False))
        if begun >= self.wanted and not self.sweep.left():
            more = f"; `--trials {2 * self.wanted}` goes on" if begun == self.wanted else ""
            click.echo(f"{self.sweep.folder} has its {begun} trials already{more}", err=True)
            return
        if begun:
            click.echo(f"going on with {self.sweep.folder}: {begun} of {self.wanted} trials have begun", err=True)
        else:
            click.echo(f"searching {', '.join(self.sweep.space)}: {self.wanted} trials in {self.sweep.folder}", err=True)

    def begins(self, task: Task) -> Watcher:
        watcher = choose_watcher() if self.jobs == 1 else None
        self.watcher = _Bar(task.name) if isinstance(watcher, LiveDisplay) else None
        return self.watcher or _Quiet()

    def stops(self) -> None:
        if self.watcher is not None:
            self.watcher.ends()
            self.watcher = None

    def ends(self, task: Task, outcome: Outcome, value: float | None) -> None:
        """`trial 0012 of 40: validation.auroc 0.8731 (best 0.8801, 0007)  width=64 drop=0.2`."""
        self.stops()
        measure = f"{self.sweep.split}.{self.sweep.measure}"
        reached = f"{measure} {number(value)}" if outcome.status == "finished" else outcome.status
        if outcome.status == "failed" and outcome.report is not None:
            reached += f": {outcome.report.errors[0].message}"
        best = self.sweep.best()
        so_far = f" (best {number(best.value)}, {name_of(best.number)})" if best is not None else ""
        values = " ".join(overrides_of(self.sweep.values[task.name]))
        click.echo(f"trial {task.name} of {self.wanted}: {reached}{so_far}  {values}", err=True)


class _Quiet(Silent):
    """Shows what went wrong with a trial and did not end it; the spec's own advice was shown at the beginning."""

    def advice(self, report: Report) -> None:
        show_report(Report(report.source, [found for found in report.diagnostics if found.code.startswith("W2")]))


class _Bar(LiveDisplay):
    """The bar of a trial, which leaves nothing on the screen."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def say(self, text: str, wrap: bool = False) -> None: ...

    def advice(self, report: Report) -> None:
        self.live.stop()
        _Quiet().advice(report)
