"""Kills runs by SIGKILL at random instants and resumes them: their weights and logs must be those of runs never killed.

`python -m benchmarks.kills [--count 200] [--seed 0] [--sweeps 4]`

Each run is a process of its own, forked from one that has loaded torch, so that a kill costs a second, not five. A kill counts
where the run's log shows that it was inside training. Half of the runs save a hundred times a second, so that kills fall into the
writing of checkpoints as well; the others once a second, as always.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.kill_specs import PROCEDURES, write_spec
from specc.vocabulary.part import every_class

LONGEST = 120.0
"""Seconds after which a run that does not end is one that hangs."""


class Result(NamedTuple):
    """What must be equal: the weights' digest and the log without its times."""

    weights: str
    log: str


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=200, help="kills inside training")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--steps", type=int, default=400, help="steps of each phase, about")
    options.add_argument("--keep", action="store_true", help="write the result to benchmarks/RESULTS.md")
    given = options.parse_args()
    words = {word.word for word in every_class("procedure")}
    if words != set(PROCEDURES):
        print(f"no spec to kill for {', '.join(sorted(words ^ set(PROCEDURES)))}")
        return 1
    import specc.runs.train  # noqa: F401 (what every fork has then)

    with tempfile.TemporaryDirectory() as folder:
        tally = Tally(given.seed, given.steps, Path(folder))
        while tally.counts["kills"] < given.count and not tally.differing:
            tally.killed_runs(given.count)
    print(tally.summary())
    if given.keep:
        from benchmarks.results import write_section

        command = f"python -m benchmarks.kills --count {given.count} --seed {given.seed}"
        write_section("Killed runs", command, tally.lines())
    return 1 if tally.differing else 0


class Tally:
    """Runs and kills, and what came of them."""

    def __init__(self, seed: int, steps: int, folder: Path) -> None:
        self.draw, self.steps, self.folder = random.Random(seed), steps, folder
        self.counts: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.differing: list[str] = []

    def killed_runs(self, wanted: int) -> None:
        """One random spec: trained without a kill, then killed again and again, each time at another instant."""
        procedure = self.draw.choice(sorted(PROCEDURES))
        home = self.folder / f"{self.counts['specs']}"
        spec = write_spec(home, procedure, self.draw, self.steps)
        often = self.draw.random() < 0.5
        began = time.monotonic()
        trained(spec, home / "whole", often)
        took = time.monotonic() - began
        whole = result(home / "whole")
        epochs = len(whole.log.splitlines())
        self.counts["specs"] += 1
        self.words.update(word for word in VARIED if f"{word}(" in spec.read_text() or f"= {word}" in spec.read_text())
        for _ in range(3):
            if self.counts["kills"] >= wanted:
                break
            self._killed_run(spec, home / "killed", whole, epochs, took, often)
        shutil.rmtree(home)

    def _killed_run(self, spec: Path, run: Path, whole: Result, epochs: int, took: float, often: bool) -> None:
        """One run, killed once to three times before it may end."""
        inside = 0
        for _ in range(self.draw.choice([1, 1, 2, 3])):
            child = started(spec, run, often)
            logged = self.draw.randrange(epochs)
            wait_for(lambda logged=logged: lines_of(run) >= logged or not alive(child))
            time.sleep(self.draw.random() * took / max(4, epochs))
            # What the log of a run shows that is still going is inside training as long as an epoch is missing.
            if killed(child) and (run / "run.json").exists() and lines_of(run) < epochs:
                inside += 1
                self.counts["with a checkpoint"] += (run / "checkpoint" / "state.safetensors").exists()
                self.counts["while one was written"] += (
                    any((run / "checkpoint").glob(".*")) if (run / "checkpoint").exists() else 0
                )
            else:
                self.counts["too late"] += 1
        trained(spec, run, often)
        self.counts["kills"] += inside
        if result(run) == whole:
            self.counts["equal runs"] += 1
            self.counts["equal"] += inside
        else:
            self.differing.append(spec.read_text("utf-8"))
        shutil.rmtree(run)

    def lines(self) -> list[str]:
        used = ", ".join(f"{word} {count}" for word, count in sorted(self.words.items()))
        return [
            f"- {self.counts['kills']} kills by SIGKILL inside training, in {self.counts['specs']} random specs; "
            f"{self.counts['equal runs']} resumed runs, all of whose weights and logs are byte-identical: "
            f"{'yes' if not self.differing else 'NO'} ({self.counts['equal']} of {self.counts['kills']} kills).",
            f"- {self.counts['with a checkpoint']} kills left a checkpoint to go on from, "
            f"{self.counts['while one was written']} came while one was being written; the others began anew.",
            f"- Not counted: {self.counts['too late']} kills that came after the last epoch or before the run had a folder.",
            f"- Words in the specs: {used}.",
        ]

    def summary(self) -> str:
        return "\n".join([*self.lines(), *(f"\nDIFFERS:\n{spec}" for spec in self.differing)])


VARIED = (
    *("sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta"),
    *("constant", "step", "exponential", "linear", "cosine", "one_cycle", "plateau", "warmup", "schedule"),
    *("random", "column", "folds", "provided", "ema", "swa", "until", "norm", "value", "best", "early", "l1"),
    *("label_noise", "accumulate"),
)
CHILDREN: set[int] = set()


def started(spec: Path, run: Path, often: bool) -> int:
    """A forked process that trains, or goes on; its exit status is 0 where it finished."""
    child = os.fork()
    if child:
        CHILDREN.add(child)
        return child
    status = 1
    with contextlib.suppress(BaseException):
        _train(spec, run, often)
        status = 0
    os._exit(status)


def _train(spec: Path, run: Path, often: bool) -> None:
    import specc.runs.pictures
    import specc.training.checkpoint as checkpoint
    from specc.runs.train import Order, train_spec

    specc.runs.pictures.draw_pictures = lambda *given: None  # they take half of the time, and nothing depends on them
    if often:
        checkpoint.SECONDS_BETWEEN, checkpoint.SHARE_OF_TIME = 0.01, 1e9
    train_spec(Order(spec, run=run, threads=1, resume=(run / "run.json").exists()))


def trained(spec: Path, run: Path, often: bool) -> None:
    """Trains, or goes on, to the end."""
    child = started(spec, run, often)
    wait_for(lambda: not alive(child))
    if not (run / "weights.safetensors").exists():
        sys.exit(f"a run did not end well:\n{spec.read_text('utf-8')}")


def alive(child: int) -> bool:
    if child not in CHILDREN:
        return False
    if os.waitpid(child, os.WNOHANG)[0] == 0:
        return True
    CHILDREN.discard(child)
    return False


def killed(child: int) -> bool:
    """Kills a process that has not ended yet; False where it had."""
    if not alive(child):
        return False
    os.kill(child, signal.SIGKILL)
    CHILDREN.discard(child)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def wait_for(what: Callable[[], bool]) -> None:
    limit = time.monotonic() + LONGEST
    while not what():
        if time.monotonic() > limit:
            sys.exit("a run hangs")
        time.sleep(0.001)


def lines_of(run: Path) -> int:
    log = run / "metrics.jsonl"
    return log.read_bytes().count(b"\n") if log.exists() else 0


def result(run: Path) -> Result:
    weights = hashlib.sha256((run / "weights.safetensors").read_bytes()).hexdigest()
    events = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    kept = [{name: value for name, value in event.items() if name != "seconds"} for event in events]
    return Result(weights, "\n".join(json.dumps(event, sort_keys=True) for event in kept))


if __name__ == "__main__":
    sys.exit(main())
