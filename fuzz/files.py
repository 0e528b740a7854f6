"""`python -m fuzz.files --count 10000`: hostile files for every reader, each read in a child process that may die of it.

The same reader, seed and number give the same file; `--only NUMBER` with one `--reader` tries it again. A child reports each
file as it is done with it; when it dies or is silent for too long, the next child goes on behind that file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fuzz.damage import something_else
from fuzz.readers import READERS, Reader, Refused

SECONDS = 2.0
"""Of processor time that a file may take."""
SILENCE = 60.0
"""Seconds after which a child is given up: more than a file may take, for a machine that has other things to do."""
MEMORY = 3 << 30
"""What a child may take beyond what it has when it begins."""
STARTING = 120.0


@dataclass
class Tally:
    """What came of the files of one reader."""

    reader: str
    count: int = 0
    taken: int = 0
    refused: int = 0
    seconds: float = 0
    slowest: tuple[float, int] = (0, -1)
    kinds: Counter[str] = field(default_factory=Counter)
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)
    """The number of the first file of each kind of failure, and what was raised."""

    def failed(self, what: str, number: int) -> None:
        kind = what.partition(": ")[0]
        self.kinds[kind] += 1
        self.failures.setdefault(kind, (number, what))

    def __str__(self) -> str:
        lines = [
            f"{self.reader:14} {self.count:7,} files, {self.refused:,} refused, {self.taken:,} taken, "
            f"{1000 * self.seconds / max(self.count, 1):.1f} ms each, "
            f"the slowest {self.slowest[0]:.2f} s (number {self.slowest[1]}), {sum(self.kinds.values()):,} failures"
        ]
        lines += [f"    {self.kinds[kind]:,} × {what}: first {number}" for kind, (number, what) in self.failures.items()]
        return "\n".join(lines)


def place_files(reader: Reader, folder: Path, random: Random) -> str:
    """Writes the reader's files, one of them damaged; gives its name."""
    shutil.rmtree(folder, ignore_errors=True)
    chosen = random.choice(reader.damaged)
    for name in reader.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(reader.content(name))
    if random.random() < 0.02:
        something_else(folder / chosen, random)
    elif random.random() > 0.01:  # one in a hundred stays whole: it must be taken
        (folder / chosen).write_bytes(random.choice(reader.changes)(reader.content(chosen), random))
    return chosen


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """What lies below a folder, with size and kind."""
    return {str(p.relative_to(folder)): (p.lstat().st_size, p.lstat().st_mode) for p in sorted(folder.rglob("*"))}


def tried(reader: Reader, parent: Path, random: Random) -> tuple[str, str, float]:
    """What came of one file (`taken`, `refused` or a failure), what was said, and the processor time."""
    place_files(reader, parent / "data", random)
    before = listing(parent)
    start = time.process_time()
    try:
        reader.read(parent / "data")
        outcome, said = "taken", ""
    except Refused as error:
        outcome, said = "refused", str(error)
    except Exception as error:
        outcome, said = _kind(error), ""
    seconds = time.process_time() - start
    if said and any(not (c.isprintable() or c == "\n") for c in said):
        outcome = "a message that lets control characters through"
    elif outcome == "refused" and not said.strip():
        outcome = "a message without words"
    if listing(parent) != before:
        outcome = f"files were written: {sorted(set(listing(parent).items()) ^ set(before.items()))[:3]}"
    if seconds > SECONDS:
        outcome = f"more than {SECONDS:g} s ({outcome})"
    return outcome, said, seconds


def _kind(error: BaseException) -> str:
    """The exception and the line of ours that let it out."""
    where, trace = "", error.__traceback__
    while trace is not None:
        if "/specc/" in trace.tb_frame.f_code.co_filename:
            where = f"{'/'.join(Path(trace.tb_frame.f_code.co_filename).parts[-3:])}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {where}: {str(error)[:100]}".replace("\n", " ")


def serve(name: str, seed: int, start: int, stop: int) -> None:
    """The child: reads the files of some numbers and writes a line for each."""
    voice = os.fdopen(os.dup(1), "w", buffering=1)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1), os.dup2(sink, 2)  # what libraries print on their own
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    reader = READERS[name]()
    with tempfile.TemporaryDirectory() as parent:
        os.chdir(parent)
        place_files(
            Reader(reader.files, reader.damaged, (lambda content, random: content,), reader.read),
            Path(parent) / "data",
            Random("whole"),
        )
        reader.read(Path(parent) / "data")  # everything is imported, and the sample is good
        pages = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (pages + MEMORY, pages + MEMORY))
        voice.write("ready\n")
        for number in range(start, stop):
            outcome, _, seconds = tried(reader, Path(parent), Random(f"{seed}/{name}/{number}"))
            voice.write(json.dumps([number, outcome, seconds]) + "\n")
    voice.write("done\n")


class Child:
    """A process that serves, and what it says within a time."""

    def __init__(self, name: str, seed: int, start: int, stop: int) -> None:
        order = [sys.executable, "-m", "fuzz.files", "--serve", name, str(seed), str(start), str(stop)]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
        self.process = subprocess.Popen(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        assert self.process.stdout is not None
        self.buffer, self.output = b"", self.process.stdout.fileno()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.output, selectors.EVENT_READ)

    def line(self, seconds: float) -> str | None:
        """Its next line; None where it died or said nothing for so long."""
        while b"\n" not in self.buffer:
            if not self.selector.select(seconds):
                return None
            more = os.read(self.output, 65536)
            if not more:
                return None
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def ended(self) -> str:
        """How it ended, once it is made to."""
        time.sleep(0.1)
        code = self.process.poll()
        if code is None:
            self.process.kill()
            self.process.wait()
            return f"no answer for {SILENCE:g} s"
        assert self.process.stderr is not None
        last = self.process.stderr.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        return f"the process died: {code} {' '.join(last)}"


def try_reader(name: str, seed: int, count: int) -> Tally:
    """All files of one reader."""
    tally, number = Tally(name), 0
    while number < count:
        child = Child(name, seed, number, count)
        if child.line(STARTING) != "ready":
            tally.failed(f"the sample is not read: {child.ended()}", number)
            return tally
        while True:
            line = child.line(SILENCE)
            if line == "done":
                child.process.wait()
                return tally
            if line is None:
                tally.failed(child.ended(), number)
                tally.count += 1
                number += 1
                break
            number, outcome, seconds = json.loads(line)
            tally.count += 1
            tally.seconds += seconds
            tally.slowest = max(tally.slowest, (seconds, number))
            tally.taken += outcome == "taken"
            tally.refused += outcome == "refused"
            if outcome not in ("taken", "refused"):
                tally.failed(outcome, number)
            number += 1
    return tally


def try_one(name: str, seed: int, number: int) -> None:
    """One file in this process: what is said of it, or the traceback. The folder stays."""
    reader, parent = READERS[name](), Path(tempfile.mkdtemp())
    chosen = place_files(reader, parent / "data", Random(f"{seed}/{name}/{number}"))
    print(f"{parent / 'data' / chosen}")
    try:
        print("taken:", reader.read(parent / "data"))
    except Refused as refused:
        print(f"refused: {refused}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz.files", description=__doc__.partition("\n")[0])
    parser.add_argument("--reader", choices=sorted(READERS), action="append", help="only these (else all)")
    parser.add_argument("--count", type=int, default=300, help="how many files a reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="try the one file of this number")
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        name, seed, start, stop = given.serve
        serve(name, int(seed), int(start), int(stop))
        return 0
    names, failures = given.reader or list(READERS), 0
    if given.only is not None:
        try_one(names[0], given.seed, given.only)
        return 0
    for name in names:
        tally = try_reader(name, given.seed, given.count)
        print(tally, flush=True)
        failures += sum(tally.kinds.values())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
