"""What a sweep finds, and that killing it changes nothing: `python -m benchmarks.sweep`.

The Titanic example is swept twice with the same seed: once without a break, once killed (SIGKILL) at random moments and
started again. Both have to end with the same trials; the best of them is measured beside the spec's own defaults, on the
validation rows that chose it and on the test rows that did not. `SPECC_DATA` names the full data sets.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.quality import laid_out
from benchmarks.results import table, write_section
from benchmarks.subjects import SUBJECTS

MEASURE = "auroc"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description="What a sweep finds, killed or not.")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = (laid_out(SUBJECTS["titanic"], _made(Path(folder) / name)) for name in ("whole", "killed"))
        seconds = swept(whole, arguments.trials)
        draw = random.Random(arguments.seed)
        moments = sorted(draw.uniform(0.05, 0.95) for _ in range(arguments.kills))
        found = [killed_at(killed, arguments.trials, round(moment * arguments.trials), draw.random()) for moment in moments]
        swept(killed, arguments.trials)
        write_section("Sweep", command_line(arguments), lines_of(trials_of(whole), trials_of(killed), found, seconds))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def command_line(arguments: argparse.Namespace) -> str:
    return f"python -m benchmarks.sweep --trials {arguments.trials} --kills {arguments.kills} --seed {arguments.seed}"


def started(spec: Path, trials: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "specc", "sweep", str(spec), "--trials", str(trials)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def swept(spec: Path, trials: int) -> float:
    """The seconds that a whole sweep takes."""
    began = time.perf_counter()
    if started(spec, trials).wait() != 0:
        raise SystemExit("the sweep failed")
    return time.perf_counter() - began


def killed_at(spec: Path, trials: int, number: int, part: float) -> str:
    """Kills a sweep within one of its trials; says what it was in the middle of."""
    child = started(spec, trials)
    log = spec.parent / "runs" / spec.stem / "sweep" / f"{max(number, 1):04d}" / "metrics.jsonl"
    epochs = 1 + int(part * 8)
    while child.poll() is None:
        if log.exists() and log.read_bytes().count(b"\n") >= epochs:
            break
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.wait()
    status = json.loads((log.parent / "run.json").read_text("utf-8"))["status"]
    return f"trial {log.parent.name} ({status}, {log.read_bytes().count(bytes([10]))} epochs logged)"


def trials_of(spec: Path) -> list[dict[str, Any]]:
    """Every trial of a sweep: its values, how it ended, all that it measured, and its weights."""
    runs = []
    for folder in sorted((spec.parent / "runs" / spec.stem / "sweep").glob("[0-9]*")):
        record = json.loads((folder / "run.json").read_text("utf-8"))
        weights = folder / "weights.safetensors"
        log = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
        runs.append(
            {
                "set": record["overrides"],
                "status": record["status"],
                "rows": record["data"]["rows"],
                "metrics": record.get("metrics", {}),
                "log": [{name: value for name, value in event.items() if name != "seconds"} for event in log],
                "weights": weights.read_bytes() if weights.exists() else b"",
            }
        )
    return runs


def lines_of(whole: list[dict[str, Any]], killed: list[dict[str, Any]], kills: list[str], seconds: float) -> list[str]:
    finished = [run for run in whole if run["status"] == "finished"]
    best = max(finished, key=lambda run: run["metrics"]["validation"][MEASURE])
    rows = [
        [name, *(f"{run['metrics'][split][MEASURE]:.4f}" for split in ("validation", "test")), " ".join(run["set"])]
        for name, run in (("the spec's defaults", whole[0]), ("the best trial", best))
    ]
    gain = {s: best["metrics"][s][MEASURE] - whole[0]["metrics"][s][MEASURE] for s in ("validation", "test")}
    same = "the same" if whole == killed else "OTHER"
    few = whole[0]["rows"]
    rows_told = f"One split with {few['validation']} rows to choose by and {few['test']} to test on"
    where = f"Killed {len(kills)} times, within {' and '.join(kills)}"
    gained = f"gains {gain['validation']:+.4f} on the validation rows that chose it, {gain['test']:+.4f} on the test rows"
    return [
        f"{len(whole)} trials of the Titanic example, {len(finished)} of them finished and the others pruned or failed:",
        "",
        *table(["", f"validation {MEASURE}", f"test {MEASURE}", "values"], rows),
        "",
        f"- {where}: {same} {len(killed)} trials, their values, logs and weights.",
        f"- The best trial {gained}.",
        f"- {rows_told}, which tell an AUROC to about ± 0.03.",
        f"- A whole sweep takes {seconds:.0f} s.",
    ]


if __name__ == "__main__":
    main()
