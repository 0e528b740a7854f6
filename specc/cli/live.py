"""How a run is shown on a terminal: a bar that fills as the steps go, and the newest measures under it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from specc.cli.exits import show_report
from specc.cli.numbers import of_epochs, readable, spoken, took
from specc.cli.progress import PlainLines

if TYPE_CHECKING:
    from specc.diagnostics import Report
    from specc.ir import Phase, Spec
    from specc.training.clock import Clock

FRAMES_A_SECOND = 8
WIDEST_BAR = 40


class LiveDisplay(PlainLines):
    """Redraws a few lines in place; what stays on the screen is a line a phase."""

    def __init__(self) -> None:
        super().__init__()
        self.console = Console(stderr=True, highlight=False)
        self.doing = ""
        self.phase: Phase | None = None
        self.clock: Clock | None = None
        self.resumed_at = 0
        self.live = Live(console=self.console, get_renderable=self._picture, refresh_per_second=FRAMES_A_SECOND, transient=True)

    def begins(self, spec: Spec, folder: Path, device: str, threads: int, resumed: bool) -> None:
        super().begins(spec, folder, device, threads, resumed)
        self.doing = ""

    def advice(self, report: Report) -> None:
        self.live.stop()
        show_report(report)

    def step(self, phase: Phase, clock: Clock) -> None:
        if self.phase is None or self.phase.name != phase.name:
            self.phase_ends()
            self.phase, self.resumed_at, self.began = phase, clock.step - 1, time.monotonic()
        self.clock = clock
        self.live.start()

    def epoch(self, event: dict[str, Any]) -> None:
        self.newest = event
        self.best = event if event.get("best") else self.best

    def phase_ends(self) -> None:
        """What stays of a phase: its length, and which weights it kept."""
        event, self.newest = self.newest, None
        self.phase = self.clock = None
        if event is None:
            return
        name = f"{event['phase']}: " if self.several_phases else ""
        epochs = f"{event['epoch']} epoch{'s' if event['epoch'] != 1 else ''}"
        kept = f", kept epoch {self.best['epoch']}" if self.best is not None and self.best is not event else ""
        why = f"; {event['stopped']}" if "stopped" in event else kept
        self.say(f"{name}{epochs} in {took(time.monotonic() - self.began)}{why}", wrap=True)
        self.best = None

    def stage(self, name: str) -> None:
        self.phase_ends()
        self.doing = name
        self.live.start()

    def ends(self) -> None:
        self.doing = ""
        self.live.stop()
        self.phase_ends()

    def say(self, text: str, wrap: bool = False) -> None:
        self.console.print(text, markup=False, soft_wrap=not wrap)

    def _picture(self) -> RenderableType:
        if self.phase is None or self.clock is None:
            return Spinner("dots", Text(f"{self.doing} …", style="dim")) if self.doing else Text("")
        return Group(self._bar(self.phase, self.clock), *([self._measures(self.newest)] if self.newest is not None else []))

    def _bar(self, phase: Phase, clock: Clock) -> RenderableType:
        epoch = min(int(clock.epoch) + 1, phase.settings.epochs or int(clock.epoch) + 1)
        words = f"{phase.name}  " if self.several_phases else ""
        if len(self.epochs) > 1:
            words = f"{phase.name} ({list(self.epochs).index(phase.name) + 1} of {len(self.epochs)})  "
        by_epochs, by_steps = f"epoch {of_epochs(epoch, phase.settings.epochs)}", f"step {clock.step}/{clock.total_steps}"
        words += by_epochs if phase.settings.steps is None else by_steps
        left = self._seconds_left(clock)
        time_left = f"{took(left)} left" if left is not None else ""
        width = max(8, min(WIDEST_BAR, self.console.width - len(words) - 16))
        line = Table.grid(padding=(0, 2))
        line.add_row(Text(words, style="bold"), ProgressBar(clock.total_steps, clock.step, width), Text(time_left, style="dim"))
        return line

    def _seconds_left(self, clock: Clock) -> float | None:
        done = clock.step - self.resumed_at
        passed = time.monotonic() - self.began
        return passed / done * (clock.total_steps - clock.step) if done > 0 and passed > 0.5 else None

    def _measures(self, event: dict[str, Any]) -> RenderableType:
        """A line a measure, a column a split; which epoch is the best so far."""
        table = Table.grid(padding=(0, 2))
        splits = [split for split in ("train", "validation") if event.get(split)]
        table.add_column()
        for _ in splits:
            table.add_column(justify="right", min_width=10)
        table.add_row("", *(Text(split, style="dim") for split in splits))
        shown = [readable(event[split]) for split in splits]
        for name in dict.fromkeys(name for measured in shown for name in measured):
            table.add_row(spoken(name), *(measured.get(name, "-") for measured in shown))
        if self.best is not None:
            table.add_row(Text(f"best: epoch {self.best['epoch']}", style="dim"))
        return table
