"""How well specs answer on rows that they have not seen: `python -m benchmarks.quality iris titanic …`.

Every subject is trained once a split seed (`data.split.seed` = 0, 1, …) into a temporary folder, and measured on the test
rows of that split; scikit-learn's models, given the same rows, stand beside it. The seed of the split is that of the weights
too, for specc and for its peers: one lucky start in all splits would be counted as skill. `SPECC_DATA` names the full data sets.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import specc
from benchmarks.results import table, write_section
from benchmarks.subjects import SUBJECTS, Subject


def main() -> None:
    told = "How well specs answer on rows that they have not seen."
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=told)
    parser.add_argument("subjects", nargs="+", choices=sorted(SUBJECTS), metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--seeds", type=int, help="how many split seeds (else as many as the subject's target asks for)")
    arguments = parser.parse_args()
    for name in arguments.subjects:
        with tempfile.TemporaryDirectory() as folder:
            measure_subject(name, SUBJECTS[name], arguments.seeds, Path(folder))


def measure_subject(name: str, subject: Subject, seeds: int | None, folder: Path) -> None:
    """Trains a subject, prints how each seed came out, and writes its section of the results."""
    count = seeds or subject.seeds
    spec = laid_out(subject, folder)
    found: dict[str, list[float]] = {}
    seconds = []
    for seed in range(count):
        started = time.perf_counter()
        run = train(spec, subject, seed, folder / f"run{seed}")
        seconds.append(time.perf_counter() - started)
        scores = {"specc": float(run.metrics["test"][subject.measure])}
        if subject.peers:
            from benchmarks.peers import measure_peers

            scores |= measure_peers(run, subject.measure, seed)
        for model, score in scores.items():
            found.setdefault(model, []).append(score)
        told = ", ".join(f"{model} {score:.4f}" for model, score in scores.items())
        print(f"{name} {seed}: {told}", file=sys.stderr, flush=True)
    lines = [f"Test {subject.measure} over {count} split seed{'s' if count > 1 else ''}:", ""]
    lines += table(["model", "mean", "worst", "best"], [row_of(model, scores) for model, scores in found.items()])
    notes = [*judged(subject, found), f"A run takes {np.mean(seconds):.1f} s, its pictures and its ONNX file included."]
    if subject.seconds is not None:
        notes.append(whole_command(spec, subject.seconds))
    lines += ["", *(f"- {note}" for note in notes)]
    words = ["python -m benchmarks.quality", name, *([f"--seeds {seeds}"] if seeds else [])]
    write_section(subject.title, " ".join(words), lines)


def laid_out(subject: Subject, folder: Path) -> Path:
    """The spec of a subject in a folder of its own, with its data beside it."""
    spec = folder / subject.spec.name
    shutil.copyfile(subject.spec, spec)
    if not subject.data:
        shutil.copytree(subject.spec.parent / "data", folder / "data")
        return spec
    root = os.environ.get("SPECC_DATA")
    if root is None:
        raise SystemExit(f"{subject.title} needs the full data sets: let SPECC_DATA name their folder")
    for name in subject.data:
        source, place = Path(root) / name, folder / "data" / Path(name).name
        if source.is_dir():
            shutil.copytree(source, place, copy_function=shutil.copyfile)
        else:
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, place)
    return spec


def train(spec: Path, subject: Subject, seed: int, run: Path) -> specc.Run:
    """One run, its weights and its split by one seed. Where the source provides the sets, the split has none."""
    seeded = [f"data.split.seed={seed}"] if subject.seeds > 1 else []
    return specc.train(specc.Spec(spec, [*subject.overrides, *seeded]), run=run, seed=seed)


def row_of(model: str, scores: list[float]) -> list[str]:
    return [model, with_error(np.array(scores)), f"{min(scores):.4f}", f"{max(scores):.4f}"]


def with_error(values: np.ndarray) -> str:
    """The mean and its standard error; one value has none."""
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{values.mean():.4f} ± {values.std(ddof=1) / len(values) ** 0.5:.4f}"


def judged(subject: Subject, found: dict[str, list[float]]) -> list[str]:
    """What was asked for and whether it came out so."""
    own = np.array(found["specc"])
    lines = []
    if subject.least is not None:
        verdict = "reached" if own.mean() >= subject.least else "MISSED"
        lines.append(f"Asked for: at least {subject.least} ({verdict}).")
    if len(found) > 1:
        best = max((model for model in found if model != "specc"), key=lambda model: np.mean(found[model]))
        gap = own - np.array(found[best])
        lines.append(f"specc less {best}, the better peer, on the same rows: {with_error(gap)}.")
        if subject.margin is not None:
            verdict = "reached" if gap.mean() >= -subject.margin else "MISSED"
            lines.append(f"Asked for: not more than {subject.margin} below it ({verdict}).")
    return lines


def whole_command(spec: Path, most: float, times: int = 3) -> str:
    """How long `specc train` takes from its start to its end, other processes on the machine included."""
    clocks, processor = [], []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "specc", "train", str(spec)], check=True, capture_output=True)
        clocks.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    verdict = "reached" if min(clocks) < most else "MISSED"
    listed = ", ".join(f"{seconds:.1f}" for seconds in clocks)
    told = f"The whole command `specc train {spec.name}`: {listed} s by the clock, {min(processor):.1f} s of processor time."
    return f"{told} Asked for: under {most:.0f} s ({verdict})."


if __name__ == "__main__":
    main()
