"""What training takes of memory at the least, counted from the spec before anything is allocated; and what is free."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from specc.costs import BYTES, parameters
from specc.ir import Phase, Spec
from specc.machines import machines
from specc.members import held_parts
from specc.vocabulary.layers.boltzmann import Hidden, width_of
from specc.vocabulary.layers.convolution import Shortcut
from specc.vocabulary.layers.reshaping import Flatten, Reshape

PROC = Path("/proc")
CONTROL_GROUPS = Path("/sys/fs/cgroup")
UNITS = {"": 1, "B": 1} | {f"{p}{u}": 1024**n for n, p in enumerate("KMGT", 1) for u in ("iB", "i", "")}
UNITS |= {f"{p}B": 1000**n for n, p in enumerate("KMGT", 1)}


MOST_ROWS = 2048
MOST_NUMBERS = 50_000_000
"""What the widest layer may give at once while rows are answered, so that large pictures fit into memory."""
MOST_HELD = 2**30
"""Numbers that a machine's visible side is held as; of more rows it is made batch by batch."""
ROWS_OF_MACHINES = 1_000
"""Rows that are measured at once of a machine."""


class Need(NamedTuple):
    """Bytes that a phase takes at once, none of which can be spared: less than this is surely too little.

    `standing`: the weights, their gradient, what the optimizer remembers of them, the copies that are kept and averaged, and
    the data where it is copied to a device. `saving`: what writing a checkpoint takes beside them. `row`: what the layers give
    for one row, all of it held until the step is done.
    """

    standing: int
    saving: int
    row: int
    batch: int
    answered: int
    """The rows of a batch, and those that are answered at once while measuring."""
    held: int = 0
    """What a machine sees of all rows, as far as it is held: part of `standing`."""

    @property
    def total(self) -> int:
        return self.standing + max(self.saving, self.row * max(self.batch, self.answered))


def need_of(spec: Spec, phase: Phase, rows: int, copied: int | None = None) -> Need:
    """The need of a phase where there are so many training rows; `copied`: bytes of data that go to a device of its own."""
    rows, batch = phase.rows_of(rows), phase.batch_of(rows)
    weights, copies = BYTES * parameters(spec), _copies(spec, phase)
    # A checkpoint is a copy of all but the gradient, and the same once more as the bytes of its file.
    saving = 2 * weights * max(1, copies - 1) if copied is None else 0
    machine = _machine_of(spec, phase)
    if machine is not None:
        held = BYTES * held_numbers(spec, machine)
        chains, row = _numbers_of_machine(phase, machine)
        standing = weights * copies + (copied or 0) + held + BYTES * chains
        return Need(standing, saving, BYTES * row, batch, min(rows, ROWS_OF_MACHINES), held)
    row = BYTES * _numbers_of_a_row(spec)
    return Need(weights * copies + (copied or 0), saving, row, batch, min(rows, rows_at_once(spec)))


def _machine_of(spec: Spec, phase: Phase) -> Hidden | None:
    """The machine that a phase trains; ratings, which stay lists, have none of these sizes."""
    found = next((node.layer for node in machines(spec) if node.name == phase.layer), None)
    return found if isinstance(found, Hidden) and isinstance(width_of(found.visible), int) and not spec.is_of_ratings else None


def held_numbers(spec: Spec, machine: Hidden) -> int:
    """What a machine sees of all rows, where it is held: unless it changes from batch to batch, or is too much."""
    assert spec.bound is not None and spec.data is not None
    drawn = any(getattr(fit, "binarize", None) == "stochastic" for fit in spec.bound.fits.values())
    numbers = sum(spec.bound.rows.values()) * int(width_of(machine.visible))  # type: ignore[arg-type]
    return 0 if drawn or spec.data.augment or numbers > MOST_HELD else numbers


def _numbers_of_machine(phase: Phase, machine: Hidden) -> tuple[int, int]:
    """Those of all chains together, and those of one row of the data: both sides, and both once more that are drawn into."""
    sides = int(width_of(machine.visible)) + machine.count  # type: ignore[arg-type]
    chains = getattr(phase.settings.procedure, "chains", None)
    if chains is None:  # a chain for each row
        return 0, 3 * sides
    return 2 * sides * chains * getattr(phase.settings.procedure, "temperatures", 1), sides


def rows_at_once(spec: Spec) -> int:
    """How many rows are answered at once."""
    counts = [shape.count for graph in spec.graphs.values() for node in graph.nodes for shape in node.outputs.values()]
    widest = max(count for count in counts if isinstance(count, int))
    return max(1, min(MOST_ROWS, MOST_NUMBERS // widest))


def _copies(spec: Spec, phase: Phase) -> int:
    """How many numbers are held for a weight: itself, and what training adds."""
    settings = phase.settings
    kept = settings.keep is not None and settings.keep.word == "best"
    copies = 1 + kept + (settings.average is not None)
    if held_parts(spec, phase) or phase.parts or settings.optimizer is None:  # how many weights take part is not looked into
        return copies + 1
    momentum = settings.optimizer.written("momentum") if hasattr(settings.optimizer, "momentum") else False
    return copies + 1 + settings.optimizer.remembers + momentum


def _numbers_of_a_row(spec: Spec) -> int:
    """The numbers that layers give for a row, without those that only look at another's."""
    total = 0
    for graph in spec.graphs.values():
        for node in graph.nodes:
            views = isinstance(node.layer, Flatten | Reshape) or (isinstance(node.layer, Shortcut) and not node.layer.projects)
            shapes = [shape for shape in node.outputs.values() if not shape.is_ratings]
            if not views:
                total += sum(count for shape in shapes if isinstance(count := shape.count, int))
    return total


def fitting_batch(need: Need, room: int) -> int:
    """The largest power of two that leaves as much again for the backward pass; 0 where not even one row fits."""
    if need.standing + max(need.saving, need.row * need.answered) > room:
        return 0
    rows = (room - need.standing) // (2 * need.row) if need.row else need.batch
    return 1 << (rows.bit_length() - 1) if rows else 0


def free_memory() -> int | None:
    """Bytes that this process can still take: of the machine, of its control group, of its own limit. None: not known."""
    return min((room for room in _rooms() if room is not None), default=None)


def _rooms() -> Iterator[int | None]:
    fields = _fields(PROC / "meminfo", ":")
    if "MemAvailable" in fields:
        yield 1024 * (fields["MemAvailable"] + fields.get("SwapFree", 0))
    elif hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    yield from _control_group_rooms()
    yield _room_of_the_limit()


def _control_group_rooms() -> Iterator[int | None]:
    """What each control group above this process leaves of its limit; files that are only cached give way."""
    try:
        lines = (PROC / "self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds not in ("", "memory"):
            continue
        root = CONTROL_GROUPS / kinds
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if kinds else ("memory.max", "memory.current")
        for folder in (root / path.lstrip("/"), *(root / path.lstrip("/")).parents):
            limit, used = (_number(folder / name) for name in names)
            if limit is not None and used is not None:
                yield limit - used + _fields(folder / "memory.stat", " ").get("inactive_file", 0) + _swap_of(folder)
            if folder == root:
                break


def _swap_of(folder: Path) -> int:
    most, used = _number(folder / "memory.swap.max"), _number(folder / "memory.swap.current")
    return max(0, most - used) if most is not None and used is not None else 0


def _room_of_the_limit() -> int | None:
    """What `ulimit -v` leaves."""
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    size = (PROC / "self/statm").read_text().split()[0] if (PROC / "self/statm").exists() else None
    return None if limit == resource.RLIM_INFINITY or size is None else limit - int(size) * resource.getpagesize()


def used_memory() -> int:
    """Bytes that this process has now; 0 where the system does not say."""
    try:
        return int((PROC / "self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such file, or `max`
        return None


def _fields(path: Path, mark: str) -> dict[str, int]:
    """Lines of a name and a number."""
    try:
        lines = [line.partition(mark) for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {name: int(value.split()[0]) for name, _, value in lines if value.split() and value.split()[0].isdigit()}


def spoken_bytes(size: float) -> str:
    """`64 B`, `1.6 KiB`, `12.0 GiB`."""
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while abs(size) >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return f"{size:.0f} {units[0]}" if abs(size) >= 100 or units[0] == "B" else f"{size:.1f} {units[0]}"


def bytes_of(text: str) -> int | None:
    """The number that `8GiB`, `500 MB` or `2G` says, or None."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text.strip())
    units = {unit.lower(): factor for unit, factor in UNITS.items()}
    return round(float(found[1]) * units[found[2].lower()]) if found and found[2].lower() in units else None
