"""`python -m fuzz.specs --count 1000000`: hostile texts for the parser, the checker and the formatter.

With atheris installed the texts are those that reach new lines of the code; without it, or with `--engine own`, they are
drawn by number: the same seed and number give the same text, and `--only NUMBER` tries one again.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, NoReturn

SECONDS = 2.0
"""Of processor time that a text may take."""
FAILURES_SHOWN = 10
OFTEN = 10_000
FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "shutil.",
    "ctypes.",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class TooSlow(Exception):
    """A text took longer than any may."""


class Touched(BaseException):
    """A text made the process write, start or connect something; no handler of the code under test may catch it."""


@dataclass
class Tally:
    """What was tried and what came out. `failures` are by kind: the text, its arguments and what was raised."""

    count: int = 0
    parsed: int = 0
    checked: int = 0
    seconds: float = 0
    slowest: float = 0
    slowest_text: str = ""
    kinds: dict[str, int] = field(default_factory=dict)
    failures: dict[str, tuple[str, list[str], str]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.count, self.parsed, self.checked = self.count + other.count, self.parsed + other.parsed, self.checked + other.checked
        self.seconds += other.seconds
        if other.slowest > self.slowest:
            self.slowest, self.slowest_text = other.slowest, other.slowest_text
        self.kinds = dict(Counter(self.kinds) + Counter(other.kinds))
        self.failures = {**other.failures, **self.failures}


class Trial:
    """Tries texts in a folder that holds nothing, and counts what comes out."""

    def __init__(self, folder: str) -> None:
        self.folder, self.tally, self.armed = folder, Tally(), False
        signal.signal(signal.SIGPROF, self._too_slow)
        sys.addaudithook(self._watch)

    def hold(self, text: str, overrides: list[str]) -> None:
        """One text. What it breaks is counted, and kept the first time."""
        tally = self.tally
        tally.count += 1
        start = time.process_time()
        kind, outcome = self.fault(text, overrides)
        taken = time.process_time() - start
        tally.seconds += taken
        if taken > tally.slowest:
            tally.slowest, tally.slowest_text = taken, text
        if outcome is not None:
            tally.parsed, tally.checked = tally.parsed + outcome.parses, tally.checked + outcome.checks
        if kind:
            tally.kinds[kind] = tally.kinds.get(kind, 0) + 1
            tally.failures.setdefault(kind, (text, overrides, kind))

    def fault(self, text: str, overrides: list[str]) -> tuple[str, Any]:
        """What kind of failure a text is (empty: none): the exception and the line of ours that let it out."""
        from fuzz.laws import hold

        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        self.armed = True
        try:
            return "", hold(text, overrides, self.folder)
        except (Exception, Touched) as error:
            return _kind(error), None
        finally:
            self.armed = False
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _too_slow(self, number: int, frame: FrameType | None) -> None:
        if self.armed:
            raise TooSlow(f"more than {SECONDS:g} s")

    def _watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.armed:
            return
        if event.startswith(FORBIDDEN):
            raise Touched(f"{event}{arguments!r}")
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            raise Touched(f"open{arguments!r}")


def _kind(error: BaseException) -> str:
    """`ValueError at specc/checking/values.py:31: …`"""
    where, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "/specc/" in name or "/fuzz/laws" in name:
            where = f"{'/'.join(Path(name).parts[-3:])}:{trace.tb_lineno}"
        trace = trace.tb_next
    place = "" if isinstance(error, TooSlow) else f" at {where}"
    return f"{type(error).__name__}{place}: {str(error)[:80]}"


def warmed_up() -> None:
    """Imports whatever a check may import, so that while texts are tried nothing need be opened."""
    from specc.vocabulary.index import INDEX
    from specc.vocabulary.part import every_class

    for family in INDEX:
        every_class(family)
    for module in ("specc.syntax.grammar", "specc.checking", "specc.diagnostics.render"):
        importlib.import_module(module)


def by_number(trial: Trial, seed: int, numbers: range) -> None:
    """The texts of some numbers."""
    from fuzz.texts import mutant

    for number in numbers:
        trial.hold(*mutant(Random(f"{seed}/{number}")))


def by_coverage(trial: Trial, seed: int, count: int, report: Path) -> NoReturn:
    """As many texts by atheris: half of its changes are bytes, half are ours. Ends the process, as libFuzzer does."""
    import atheris

    with atheris.instrument_imports(include=["specc"]):
        warmed_up()
    from fuzz.corpus import specs
    from fuzz.texts import _override, mutated

    def changed(data: bytes, most: int, number: int) -> bytes:
        random = Random(number)
        if random.random() < 0.2:
            return atheris.Mutate(data, most)
        text = mutated(data.decode("utf-8", "replace"), random)
        if random.random() < 0.05:
            text = text.partition("\x1f")[0] + "\x1f" + _override(random)
        return text.encode("utf-8", "surrogatepass")[:most]

    def one(data: bytes) -> None:
        text, _, override = data.decode("utf-8", "replace").partition("\x1f")
        trial.hold(text, [override] if override else [])
        if trial.tally.count >= count:
            report.write_text(json.dumps(asdict(trial.tally)), "utf-8")
            os._exit(0)

    starts = Path(trial.folder).parent / "corpus"
    starts.mkdir()
    for number, text in enumerate(specs()):
        (starts / f"{number:04}").write_text(text, "utf-8")
    arguments = [
        sys.argv[0],
        str(starts),
        f"-seed={seed + 1}",
        "-max_len=3000",
        "-verbosity=0",
        "-print_final_stats=0",
        "-timeout=60",
    ]
    atheris.Setup(arguments, one, custom_mutator=changed)
    atheris.Fuzz()
    raise AssertionError("atheris ended before its count")


def work(engine: str, seed: int, start: int, stop: int, report: Path) -> None:
    """One process's share of the texts."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "specs"
        folder.mkdir()
        if engine == "own":
            warmed_up()
        trial = Trial(str(folder))
        if engine == "atheris":
            by_coverage(trial, seed + start, stop - start, report)
        for first in range(start, stop, OFTEN):  # what is known so far stands in the report
            by_number(trial, seed, range(first, min(stop, first + OFTEN)))
            assert not list(folder.iterdir()), "a text made a file"
            report.write_text(json.dumps(asdict(trial.tally)), "utf-8")


def all_work(engine: str, seed: int, count: int, jobs: int) -> Tally:
    """Shares the texts among processes. One that dies is a failure of its own."""
    tally, share = Tally(), -(-count // jobs)
    with tempfile.TemporaryDirectory() as parent, contextlib.ExitStack() as stack:
        running = []
        for job in range(jobs):
            report = Path(parent) / f"{job}.json"
            order = [engine, str(seed), str(job * share), str(min(count, (job + 1) * share)), str(report)]
            log = stack.enter_context(open(Path(parent) / f"{job}.log", "w+b"))
            process = subprocess.Popen([sys.executable, "-m", "fuzz.specs", "--work", *order], stdout=log, stderr=log)
            running.append((process, report, log))
        for process, report, log in running:
            if process.wait() or not report.exists():
                log.seek(0)
                kind = f"a process ended with {process.returncode}"
                tally.failures[kind] = (log.read().decode("utf-8", "replace")[-2000:], [], kind)
                tally.kinds[kind] = tally.kinds.get(kind, 0) + 1
            else:
                tally.add(Tally(**json.loads(report.read_text("utf-8"))))
    return tally


def _same_failure(trial: Trial, overrides: list[str], kind: str) -> Callable[[str], bool]:
    """Whether a text fails as another one did, whatever the words of the exception."""
    return lambda text: trial.fault(text, overrides)[0].partition(": ")[0] == kind.partition(": ")[0]


def told(tally: Tally, engine: str, wall: float) -> str:
    """The figures, and the first failures as small as they can be made."""
    from fuzz.shrink import smaller_text

    count = max(tally.count, 1)
    lines = [
        f"{tally.count:,} texts by {engine} in {wall:,.0f} s, {1000 * tally.seconds / count:.2f} ms of processor time each",
        f"{100 * tally.parsed / count:.1f} % parsed, {100 * tally.checked / count:.1f} % were specs that check",
        f"the slowest took {tally.slowest:.2f} s: {tally.slowest_text[:200]!r}",
        f"{sum(tally.kinds.values()):,} failures of {len(tally.kinds)} kinds",
    ]
    with tempfile.TemporaryDirectory() as folder:
        warmed_up()
        trial = Trial(folder)
        for kind, (text, overrides, _) in list(tally.failures.items())[:FAILURES_SHOWN]:
            same = _same_failure(trial, overrides, kind)
            small = smaller_text(text, same) if same(text) else text
            lines.append(f"\n{tally.kinds[kind]:,} × {kind}\n  text {small!r}\n  --set {overrides!r}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz.specs", description=__doc__.partition("\n")[0])
    installed = importlib.util.find_spec("atheris") is not None
    parser.add_argument("--count", type=int, default=20_000, help="how many texts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--engine", choices=["atheris", "own"], default="atheris" if installed else "own")
    parser.add_argument("--only", type=int, help="print and try the one text of this number")
    parser.add_argument("--work", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        engine, seed, start, stop, report = given.work
        work(engine, int(seed), int(start), int(stop), Path(report))
        return 0
    if given.only is not None:
        from fuzz.laws import hold
        from fuzz.texts import mutant

        text, overrides = mutant(Random(f"{given.seed}/{given.only}"))
        print(text, overrides, sep="\n")
        print(hold(text, overrides, tempfile.gettempdir()))
        return 0
    start = time.monotonic()
    tally = all_work(given.engine, given.seed, given.count, given.jobs)
    print(told(tally, given.engine, time.monotonic() - start))
    return 1 if tally.kinds else 0


if __name__ == "__main__":
    sys.exit(main())
