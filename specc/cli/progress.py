"""How a run is shown while it goes: a live line on a terminal, a line an epoch in a pipe."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from specc.ir import Phase, Spec
    from specc.training.clock import Clock

SECONDS_BETWEEN_LINES = 1.0


def choose_watcher() -> PlainLines:
    """A live display where standard error is a terminal, plain lines otherwise."""
    return LiveDisplay() if sys.stderr.isatty() else PlainLines()


class PlainLines:
    """A line for each epoch, at most one a second and always the last of a phase."""

    def __init__(self) -> None:
        self.shown = -math.inf
        self.waiting: dict[str, Any] | None = None
        self.several_phases = False
        self.epochs: dict[str, int | None] = {}

    def begins(self, spec: Spec, folder: Path, device: str, threads: int, resumed: bool) -> None:
        rows = spec.bound.rows if spec.bound else {}
        counted = ", ".join(f"{count:,} {name}" for name, count in rows.items())
        how = f"{device}, {threads} thread{'s' if threads != 1 else ''}" if device == "cpu" else device
        self.say(f"{'resuming' if resumed else 'training'} {spec.name} in {folder} ({how}; rows: {counted})")
        self.several_phases = len(spec.phases) > 1
        self.epochs = {phase.name: phase.settings.epochs for phase in spec.phases}

    def step(self, phase: Phase, clock: Clock) -> None: ...

    def epoch(self, event: dict[str, Any]) -> None:
        now = time.monotonic()
        last = "stopped" in event or event["epoch"] == self.epochs.get(event["phase"])
        if self.waiting is not None and self.waiting["phase"] != event["phase"]:
            self.flush()
        self.waiting = event
        if last or now - self.shown >= SECONDS_BETWEEN_LINES:
            self.shown = now
            self.flush()

    def flush(self) -> None:
        """Shows the epoch that was held back."""
        if self.waiting is not None:
            self.say(epoch_line(self.waiting, self.several_phases))
            if "stopped" in self.waiting:
                self.say(f"stopped: {self.waiting['stopped']}")
            self.waiting = None

    def stage(self, name: str) -> None:
        self.flush()

    def ends(self) -> None:
        """Everything that was held back is shown."""
        self.flush()

    def say(self, text: str) -> None:
        click.echo(text, err=True)


class LiveDisplay(PlainLines):
    """A bar that fills as the steps go, the newest measures beside it."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[measures]}"),
            console=self.console,
        )
        self.task: Any = None
        self.phase = ""

    def step(self, phase: Phase, clock: Clock) -> None:
        if self.task is None or self.phase != phase.name:
            self._end_bar()
            self.phase = phase.name
            self.task = self.bar.add_task(phase.name, total=clock.total_steps, measures="")
            self.bar.start()
        self.bar.update(self.task, completed=clock.step)

    def epoch(self, event: dict[str, Any]) -> None:
        self.waiting = event
        if self.task is not None:
            self.bar.update(self.task, measures=epoch_line(event, False))

    def stage(self, name: str) -> None:
        self._end_bar()
        self.console.print(f"[dim]{name} …[/dim]")

    def ends(self) -> None:
        self._end_bar()

    def _end_bar(self) -> None:
        if self.task is not None:
            self.bar.stop()
            self.bar.remove_task(self.task)
            self.task = None
        self.flush()

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False)


def epoch_line(event: dict[str, Any], with_phase: bool) -> str:
    """`epoch 12  train: loss 0.123, accuracy 0.95  validation: …`."""
    parts = [f"{event['phase']} " if with_phase else "", f"epoch {event['epoch']:>3}"]
    for split in ("train", "validation"):
        measured = {name: value for name, value in event.get(split, {}).items() if isinstance(value, float)}
        if measured:
            parts.append(f"  {split}: " + ", ".join(f"{short(name)} {number(value)}" for name, value in measured.items()))
    return "".join(parts)


def short(name: str) -> str:
    """Long names of measures as everyone says them."""
    column, dot, word = name.rpartition(".")
    return column + dot + {"root_mean_squared_error": "rmse", "mean_absolute_error": "mae"}.get(word, word)


def number(value: float) -> str:
    """Four figures, whatever the size."""
    if not math.isfinite(value):
        return "undefined"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"
