"""Kills runs and sweeps by SIGKILL at random instants and resumes them: nothing may differ from those that were never killed.

`python -m benchmarks.kills [--count 200] [--seed 0]`

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
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kill_specs import PROCEDURES, write_spec
from specc.vocabulary.part import every_class

LONGEST = 120.0
"""Seconds after which a run that does not end is one that hangs."""


Result = dict[str, tuple[str, str]]
"""Of each run in a folder: its weights' digest, and its settings and log without the times. That is what must be equal."""


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
    import specc.cli.trials
    import specc.runs.export  # noqa: F401 (what every fork has then)

    with tempfile.TemporaryDirectory() as folder:
        tally = Tally(given.seed, given.steps, Path(folder))
        while tally.counts["kills"] < given.count and not tally.differing:
            tally.killed_runs(given.count)
    print(tally.summary())
    if given.keep:
        from benchmarks.results import write_section

        command = f"python -m benchmarks.kills --count {given.count} --seed {given.seed} --steps {given.steps}"
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
        """One random spec: trained or swept without a kill, then killed again and again, each time at another instant."""
        procedure = self.draw.choice(sorted(PROCEDURES))
        home = self.folder / f"{self.counts['specs']}"
        kind = "sweep" if self.counts["specs"] % 8 == 1 else "run"
        spec = write_spec(home / "spec", procedure, self.draw, self.steps if kind == "run" else self.steps // 4, kind == "sweep")
        job = Job(spec.name, kind, often=self.draw.random() < 0.5)
        began = time.monotonic()
        whole = result(finished(job, shutil.copytree(home / "spec", home / "whole")))
        took = time.monotonic() - began
        self.counts["specs"] += 1
        self.counts[f"specs of a {kind}"] += 1
        text = spec.read_text("utf-8")
        self.words.update(word for word in VARIED if re.search(rf"\b{word}( =|\(|;| }})", text))
        for number in range(3):
            if self.counts["kills"] < wanted:
                self._killed_run(job, shutil.copytree(home / "spec", home / f"killed_{number}"), whole, took)
        shutil.rmtree(home)

    def _killed_run(self, job: Job, folder: Path, whole: Result, took: float) -> None:
        """One run or sweep, killed once to three times before it may end."""
        inside, epochs = 0, sum(log.count("\n") + 1 for _, log in whole.values())
        for _ in range(self.draw.choice([1, 1, 2, 3])):
            logged = self.draw.randrange(max(1, epochs - lines_of(folder)))
            before, child = traces(folder), started(job, folder)
            # It has done steps of its own once it has logged an epoch or saved between two steps.
            wait_for(lambda b=before, c=child: traces(folder) != b or not alive(c))
            enough = lines_of(folder) + logged
            wait_for(lambda e=enough, c=child: lines_of(folder) >= e or not alive(c))
            time.sleep(self.draw.random() * took / max(4, epochs))
            if killed(child) and (run := in_training(folder)) is not None:
                inside += 1
                self.counts["with a checkpoint"] += (run / "checkpoint" / "state.safetensors").exists()
                self.counts["while one was written"] += any((run / "checkpoint").glob(".*"))
            else:
                self.counts["outside"] += 1
        found = result(finished(job, folder))
        self.counts["kills"] += inside
        self.counts[f"kills of a {job.kind}"] += inside
        if found == whole:
            self.counts["resumed"] += 1
            self.counts["equal"] += inside
        else:
            self.differing.append((folder / job.spec).read_text("utf-8"))

    def lines(self) -> list[str]:
        used = ", ".join(f"{word} {count}" for word, count in sorted(self.words.items()))
        counts = self.counts
        return [
            f"- {counts['kills']} kills by SIGKILL inside training ({counts['kills of a run']} of runs of "
            f"{counts['specs of a run']} random specs, {counts['kills of a sweep']} of sweeps of {counts['specs of a sweep']}). "
            f"Resumed: {counts['resumed']}, all of whose weights, settings and logs are byte-identical to those never killed: "
            f"{'NO' if self.differing else 'yes'} ({counts['equal']} of {counts['kills']} kills).",
            f"- {counts['with a checkpoint']} kills left a checkpoint to go on from, "
            f"{counts['while one was written']} of them while the next one was written; the other runs began anew.",
            f"- Not counted: {counts['outside']} kills before the first or after the last step of a run.",
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


@dataclass(frozen=True)
class Job:
    """What is run in a folder, and killed: the training of a spec, or its sweep. `often`: with many checkpoints."""

    spec: str
    kind: str
    often: bool

    def do(self, folder: Path) -> None:
        """In a process of its own; begins, or goes on."""
        import specc.runs.pictures
        import specc.training.checkpoint as checkpoint
        from specc.runs.train import Order, train_spec

        specc.runs.pictures.draw_pictures = lambda *given: None  # they take half of the time, and nothing depends on them
        if self.often:
            checkpoint.SECONDS_BETWEEN, checkpoint.SHARE_OF_TIME = 0.01, 1e9
        if self.kind == "run":
            train_spec(Order(folder / self.spec, threads=1, resume=True))
        else:
            from specc.cli.sweep import command

            command.main([str(folder / self.spec), "--threads", "1"], standalone_mode=False)


def started(job: Job, folder: Path) -> int:
    """A forked process that does a job in a folder."""
    child = os.fork()
    if child:
        CHILDREN.add(child)
        return child
    with contextlib.suppress(BaseException):
        silent = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silent, stream)
        job.do(folder)
    os._exit(0)


def finished(job: Job, folder: Path) -> Path:
    """The folder once the job is done."""
    child = started(job, folder)
    wait_for(lambda: not alive(child))
    if in_training(folder) is not None or not runs_in(folder):
        sys.exit(f"a run did not end well:\n{(folder / job.spec).read_text('utf-8')}")
    return folder


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


def runs_in(folder: Path) -> list[Path]:
    """The runs and trials beside the spec; those that are just being made, in hidden folders, are none yet."""
    return sorted(path.parent for level in ("", "sweep/") for path in folder.glob(f"runs/*/{level}[0-9]*/run.json"))


def in_training(folder: Path) -> Path | None:
    """The run that has begun and has not reached its end."""
    return next((run for run in runs_in(folder) if not (run / "weights.safetensors").exists() and status(run) == "running"), None)


def status(run: Path) -> str:
    return json.loads((run / "run.json").read_text("utf-8"))["status"]


def lines_of(folder: Path) -> int:
    """The epochs that the logs of a folder's runs show."""
    return sum(len(log) for log in logs_of(folder))


def traces(folder: Path) -> tuple[object, ...]:
    """What the steps of training leave: the epochs in the logs, and the newest checkpoints."""
    return (*logs_of(folder), *map(age_of_state, runs_in(folder)))


def logs_of(folder: Path) -> list[list[bytes]]:
    """The lines of each run's log. A run that is resumed writes its log anew, with the same lines or fewer."""
    logs = [run / "metrics.jsonl" for run in runs_in(folder)]
    return [log.read_bytes().splitlines() for log in logs if log.exists()]


def age_of_state(run: Path) -> int | None:
    """When the newest checkpoint was written; None where there is none, for the instant that it gives way to the next as well."""
    try:
        return os.stat(run / "checkpoint" / "state.safetensors").st_mtime_ns
    except FileNotFoundError:
        return None


def result(folder: Path) -> Result:
    return {str(run.relative_to(folder)): (weights_of(run), log_of(run)) for run in runs_in(folder)}


def weights_of(run: Path) -> str:
    """Of a run that was given up there are none: its log has all that is left of it."""
    weights = run / "weights.safetensors"
    return hashlib.sha256(weights.read_bytes()).hexdigest() if weights.exists() else status(run)


def log_of(run: Path) -> str:
    record = json.loads((run / "run.json").read_text("utf-8"))
    events = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    kept = [{name: value for name, value in event.items() if name != "seconds"} for event in events]
    return "\n".join(json.dumps(event, sort_keys=True) for event in [record["overrides"], record["status"], *kept])


if __name__ == "__main__":
    sys.exit(main())
