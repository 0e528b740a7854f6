"""How a run is shown while it goes, in plain lines: for pipes, files, and terminals that are none."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specc.cli.exits import show_report
from specc.cli.numbers import of_epochs, readable, short
from specc.costs import parameters

if TYPE_CHECKING:
    from specc.diagnostics import Report
    from specc.ir import Phase, Spec
    from specc.training.clock import Clock

DETAILS = ("real_score", "generated_score")
"""What a line leaves to `metrics.jsonl`."""
SECONDS_BETWEEN_LINES = 1.0


def choose_watcher() -> PlainLines:
    """A live display where standard error is a terminal, plain lines otherwise."""
    if not sys.stderr.isatty():
        return PlainLines()
    from specc.cli.live import LiveDisplay

    return LiveDisplay()


class PlainLines:
    """A line for each epoch, at most one a second and always the last of a phase. As a context it ends what it began."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        """The run's, once it is under way."""
        self.shown = -math.inf
        self.newest: dict[str, Any] | None = None
        """The phase's last epoch, and the same as long as it is held back."""
        self.waiting: dict[str, Any] | None = None
        self.best: dict[str, Any] | None = None
        self.several_phases = False
        self.epochs: dict[str, int | None] = {}
        self.began = time.monotonic()

    def __enter__(self) -> PlainLines:
        return self

    def __exit__(self, *error: object) -> None:
        self.ends()

    def begins(self, spec: Spec, folder: Path, device: str, threads: int, resumed: bool) -> None:
        self.folder = folder
        rows = spec.bound.rows if spec.bound else {}
        counted = ", ".join(f"{count:,} {name}" for name, count in rows.items())
        taken = {phase.settings.rows for phase in spec.phases if phase.settings.rows is not None}
        if taken:
            counted += f"; trained on {' and '.join(f'{count:,}' for count in sorted(taken))} of them"
        noisy = {phase.settings.label_noise for phase in spec.phases if phase.settings.label_noise}
        if noisy:
            counted += f"; {' and '.join(f'{share:.3g}' for share in sorted(noisy))} of the labels that it learns from are wrong"
        how = f"{device}, {threads} thread{'s' if threads != 1 else ''}" if device == "cpu" else device
        self.say(f"{'resuming' if resumed else 'training'} {spec.name} in {folder}")
        self.say(f"{parameters(spec):,} parameters; {how}; rows: {counted}", wrap=True)
        self.several_phases = len(spec.phases) > 1
        self.epochs = {phase.name: phase.settings.epochs for phase in spec.phases}

    def advice(self, report: Report) -> None:
        """What is worth knowing of the spec and its data."""
        show_report(report)

    def step(self, phase: Phase, clock: Clock) -> None: ...

    def epoch(self, event: dict[str, Any]) -> None:
        if self.newest is not None and self.newest["phase"] != event["phase"]:
            self.phase_ends()
        self.waiting = self.newest = event
        self.best = event if event.get("best") else self.best
        if time.monotonic() - self.shown >= SECONDS_BETWEEN_LINES:
            self.shown = time.monotonic()
            self.say(self.epoch_line(event))
            self.waiting = None

    def phase_ends(self) -> None:
        """Shows the phase's last epoch, which may have been held back, why it ended, and which weights it kept."""
        if self.waiting is not None:
            self.say(self.epoch_line(self.waiting))
        if self.newest is not None and "stopped" in self.newest:
            self.say(f"stopped: {self.newest['stopped']}")
        elif self.best is not None and self.best is not self.newest:
            self.say(f"kept epoch {self.best['epoch']}, the best one")
        self.newest = self.waiting = self.best = None

    def stage(self, name: str) -> None:
        self.phase_ends()

    def ends(self) -> None:
        """Everything that was held back is shown."""
        self.phase_ends()

    def say(self, text: str, wrap: bool = False) -> None:
        """A line; a terminal may `wrap` it between words."""
        click.echo(text, err=True)

    def epoch_line(self, event: dict[str, Any]) -> str:
        """`epoch 12/60  train: loss 0.1234, accuracy 0.9500  validation: …`."""
        phase = f"{event['phase']} " if self.several_phases else ""
        parts = [f"{phase}epoch {of_epochs(event['epoch'], self.epochs.get(event['phase']))}"]
        for split in ("train", "validation"):
            measured = readable({name: value for name, value in event.get(split, {}).items() if name not in DETAILS})
            if measured:
                parts.append(f"{split}: " + ", ".join(f"{short(name)} {text}" for name, text in measured.items()))
        return "  ".join(parts)
