"""Several orders trained one after the other, or some at once in processes of their own; each is an ordinary run."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Report, SpecError
from specc.runs.folder import NoFolder, RunFolder
from specc.runs.lock import is_held
from specc.runs.signals import SIGNALS
from specc.runs.train import Interrupted, Order, TrainingFailed, Watcher, train_spec
from specc.training.device import NoSuchDevice

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from specc.ir import Phase, Spec
    from specc.training.clock import Clock

Event = dict[str, Any]
GoesOn = Callable[[Event], bool | None]
"""Told each epoch's measurements: whether the run is worth going on with; None where it is to stop and wait."""
PATIENCE = 10.0
"""Seconds."""


@dataclass
class Task:
    """One run to be trained."""

    name: str
    order: Order
    goes_on: GoesOn | None = None


@dataclass
class Outcome:
    """How a task ended.

    `status`: finished; failed (while training) or wrong (the spec, its data), with a report; pruned; interrupted; refused (a
    folder or device), stopped (by a file that cannot be written) or killed (from outside), with a message.
    """

    status: str
    report: Report | None = None
    message: str = ""


class Stopped(Exception):
    """A run ended in a way that ends the others too."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.status)
        self.outcome = outcome


Audience = Callable[[Task], Watcher]
"""Gives each task whoever shows how it goes."""


class Pruned(Exception):
    """The run is not worth going on with."""


def train_all(tasks: Iterator[Task], jobs: int, audience: Audience, ended: Callable[[Task, Outcome], None]) -> None:
    """Trains every task, `jobs` at once, and tells `ended` of each; where that raises, the other runs save and stop.

    The next task is asked for when there is room for it, so that it may depend on how others ended.
    """
    if jobs == 1:
        for task in tasks:
            ended(task, train_task(task.order, audience(task), task.goes_on))
        return
    with _Workers(jobs, audience) as workers:
        while workers.take_up(tasks):
            for task, outcome in workers.told():
                ended(task, outcome)


def train_task(order: Order, watcher: Watcher, goes_on: GoesOn | None) -> Outcome:
    """Trains one order in this process."""
    judged = _Judged(watcher, goes_on)
    if order.run is not None:
        _wait_for_an_orphan(order.run)
    try:
        train_spec(order, judged)
    except Pruned:
        assert judged.folder is not None
        folder = RunFolder(judged.folder)
        folder.write_json("run.json", folder.record | {"status": "pruned"})
        return Outcome("pruned")
    except TrainingFailed as error:
        return Outcome("failed", error.report)
    except (Interrupted, KeyboardInterrupt):
        return Outcome("interrupted")
    except SpecError as error:
        return Outcome("wrong", error.report)
    except (NoFolder, NoSuchDevice) as error:
        return Outcome("refused", message=str(error))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Outcome("stopped", message=f"{error.filename}: {why}" if error.filename else why)
    return Outcome("finished")


def _wait_for_an_orphan(folder: Path) -> None:
    """A child whose parent was killed stops by itself, a moment later: until then it holds its run."""
    until = time.monotonic() + PATIENCE
    while is_held(folder) and time.monotonic() < until:
        time.sleep(0.05)


class _Judged:
    """Hands everything on to a watcher, and ends the run where it is not worth going on with."""

    def __init__(self, watcher: Watcher, goes_on: GoesOn | None) -> None:
        self.watcher, self.goes_on = watcher, goes_on
        self.folder: Path | None = None

    def advice(self, report: Report) -> None:
        self.watcher.advice(report)

    def begins(self, spec: Spec, folder: Path, device: str, threads: int, resumed: bool) -> None:
        self.folder = folder
        self.watcher.begins(spec, folder, device, threads, resumed)

    def step(self, phase: Phase, clock: Clock) -> None:
        self.watcher.step(phase, clock)

    def epoch(self, event: Event) -> None:
        self.watcher.epoch(event)
        goes_on = self.goes_on(event) if self.goes_on is not None else True
        if goes_on is None:
            raise KeyboardInterrupt
        if not goes_on:
            raise Pruned

    def stage(self, name: str) -> None:
        self.watcher.stage(name)


@dataclass
class _Worker:
    """A child process, how to talk to it, and what it trains at the moment."""

    process: SpawnProcess
    connection: Connection
    task: Task | None = None
    watcher: Watcher | None = None

    def tells(self, said: tuple[str, tuple[Any, ...]], goes_on: GoesOn) -> None:
        """Hands on what the child says of its run; after an epoch it waits to be told whether to go on."""
        assert self.task is not None
        name, arguments = said
        getattr(self.watcher, name)(*arguments)
        if name == "epoch" and self.task.goes_on is not None:
            answer = None
            try:
                answer = goes_on(*arguments)
            finally:  # whatever happens here, the child does not wait for ever
                self.sends(answer)

    def sends(self, what: object) -> None:
        """Sends to a child that may have died: that it has is heard when it is listened to."""
        with contextlib.suppress(OSError):
            self.connection.send(what)

    def is_asked_to_end(self) -> None:
        if self.task is None:
            self.sends(None)
        elif self.process.pid is not None:
            with contextlib.suppress(OSError):
                os.kill(self.process.pid, signal.SIGINT)

    def ends(self) -> None:
        """Lets the child go once it has said what it still has to say; an epoch that nobody judges now is trained again."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                said = self.connection.recv()
                if isinstance(said, Outcome):
                    self.sends(None)
                else:
                    self.tells(said, lambda _: None)
        self.process.join()


class _Workers:
    """Child processes, each of which trains one task at a time. None of them outlives this process."""

    def __init__(self, count: int, audience: Audience) -> None:
        self.count, self.audience = count, audience
        self.all: list[_Worker] = []

    def __enter__(self) -> _Workers:
        heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self.before = {number: signal.signal(number, _interrupt) for number in heard}
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.all:
            worker.is_asked_to_end()
        for worker in self.all:
            worker.ends()
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def take_up(self, tasks: Iterator[Task]) -> bool:
        """Gives work to whoever has none; False when nobody has any."""
        while sum(worker.task is not None for worker in self.all) < self.count and (task := next(tasks, None)) is not None:
            worker = next((worker for worker in self.all if worker.task is None), None) or self._new_worker()
            worker.task, worker.watcher = task, self.audience(task)
            worker.sends((task.order, task.goes_on is not None))
        return any(worker.task is not None for worker in self.all)

    def _new_worker(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,))
        # Ctrl-C reaches every process of a terminal, until the child has a session of its own; what is blocked until then is not
        # lost, and counts once.
        with _interrupts_wait():
            process.start()
        theirs.close()
        self.all.append(_Worker(process, ours))
        return self.all[-1]

    def told(self) -> Iterator[tuple[Task, Outcome]]:
        """Waits until somebody says something; gives the tasks that ended."""
        busy = [worker for worker in self.all if worker.task is not None]
        ready = wait([worker.connection for worker in busy])
        for worker in busy:
            task = worker.task
            if worker.connection not in ready or task is None:
                continue
            try:
                said = worker.connection.recv()
            except (EOFError, OSError):
                worker.process.join()
                self.all.remove(worker)
                code = worker.process.exitcode or 0
                how = f"by signal {-code}" if code < 0 else "from outside"
                yield task, Outcome("killed", message=f"the process that trained it was killed {how}")
                continue
            if isinstance(said, Outcome):
                worker.task = None
                yield task, said
            else:
                worker.tells(said, task.goes_on or _always)


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C is kept back inside the block; a process that is started there has it kept back as well."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _always(_: Event) -> bool:
    return True


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _work(connection: Connection) -> None:
    """The child: trains what it is given until it is given nothing more."""
    if hasattr(os, "setsid"):
        os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_stop_with_the_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):  # the parent has gone, or wants no more
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        while (given := connection.recv()) is not None:
            order, is_judged = given
            connection.send(train_task(order, _Telling(connection), (lambda _: connection.recv()) if is_judged else None))


def _stop_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGINT)


class _Telling:
    """Tells the parent how a run goes, all but its single steps."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def advice(self, report: Report) -> None:
        self.connection.send(("advice", (report,)))

    def begins(self, spec: Spec, folder: Path, device: str, threads: int, resumed: bool) -> None:
        self.connection.send(("begins", (spec, folder, device, threads, resumed)))

    def step(self, phase: Phase, clock: Clock) -> None: ...

    def epoch(self, event: Event) -> None:
        self.connection.send(("epoch", (event,)))

    def stage(self, name: str) -> None:
        self.connection.send(("stage", (name,)))
