"""Whether transfer pays: a network on 100 labelled rows, with and without a part pretrained on another run.

`python -m benchmarks.transfer`: the digits 0 to 4 of MNIST train the run that the part is of; the hundred rows, twenty a digit,
are of the digits 5 to 9, of which the part has seen none. A seed draws those rows and the starting weights, the same for every
model; all are measured on the test rows of these digits, with the same settings. `SPECC_DATA` names the full data sets.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import specc
from benchmarks.quality import row_of, with_error
from benchmarks.results import table, write_section
from benchmarks.subjects import SPECS

KNOWN, NEW = (0, 1, 2, 3, 4), (5, 6, 7, 8, 9)
ROWS = 20
"""Labelled rows of each new digit."""
MODELS = {
    "from nothing": ("digits_scratch.dn", []),
    "part pretrained": ("digits_transfer.dn", []),
    "part pretrained and frozen": ("digits_transfer.dn", ["network.known.freeze=true"]),
}
"""The spec of each model, and what is set in it."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transfer", description="Whether transfer pays.")
    parser.add_argument("--seeds", type=int, default=10, help="how many draws of a hundred rows")
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder:
        lines = measured(Path(folder), seeds)
    write_section("Transfer", "python -m benchmarks.transfer" + (f" --seeds {seeds}" if seeds != 10 else ""), lines)


def measured(folder: Path, seeds: int) -> list[str]:
    """Trains every model on every draw of rows, and says how they came out."""
    for name in ("digits_known.dn", "digits_scratch.dn", "digits_transfer.dn"):
        shutil.copyfile(SPECS / name, folder / name)
    images, digits, test_images, test_digits = mnist()
    old = of(KNOWN, images, digits)
    write(folder / "known.npz", old, of(KNOWN, test_images, test_digits))
    started = time.perf_counter()
    known = specc.train(folder / "digits_known.dn", threads=1, seed=0)
    told = f"{time.perf_counter() - started:.0f} s, test accuracy {known.metrics['test']['accuracy']:.4f}"
    found: dict[str, list[float]] = {}
    new, tested = of(NEW, images, digits), of(NEW, test_images, test_digits)
    for seed in range(seeds):
        few = drawn(seed, *new)
        write(folder / "few.npz", few, tested)
        scores = {"LogisticRegression on the pixels": regression(few, tested)}
        for model, (spec, settings) in MODELS.items():
            run = specc.train(specc.Spec(folder / spec, settings), run=folder / f"{model} {seed}", threads=1, seed=seed)
            scores[model] = float(run.metrics["test"]["accuracy"])
        for model, score in scores.items():
            found.setdefault(model, []).append(score)
        print(f"{seed}: " + ", ".join(f"{model} {score:.4f}" for model, score in scores.items()), file=sys.stderr, flush=True)
    lines = [f"Test accuracy on the digits 5 to 9 of MNIST after {ROWS * len(NEW)} labelled rows of them, {seeds} draws:", ""]
    lines += table(["model", "mean", "worst", "best"], [row_of(model, scores) for model, scores in found.items()])
    gaps = {model: np.array(found[model]) - np.array(found["from nothing"]) for model in MODELS if model != "from nothing"}
    lines += ["", *(f"- {model}, less from nothing on the same rows: {with_error(gap)}." for model, gap in gaps.items())]
    return [*lines, f"- The run that the part is of: the {len(old[0]):,} rows of the digits 0 to 4, 2 epochs; {told}."]


def mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images and digits, test images and digits, as the files have them."""
    root = os.environ.get("SPECC_DATA")
    if root is None:
        raise SystemExit("this needs the full data sets: let SPECC_DATA name their folder")
    folder = Path(root) / "mnist"
    arrays = []
    for name in ("train", "t10k"):
        images = gzip.decompress((folder / f"{name}-images-idx3-ubyte.gz").read_bytes())
        digits = gzip.decompress((folder / f"{name}-labels-idx1-ubyte.gz").read_bytes())
        arrays += [np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(digits, np.uint8, offset=8)]
    return arrays[0], arrays[1], arrays[2], arrays[3]


Rows = tuple[np.ndarray, np.ndarray]


def of(digits: tuple[int, ...], images: np.ndarray, labels: np.ndarray) -> Rows:
    """The rows of some digits."""
    chosen = np.isin(labels, digits)
    return images[chosen], labels[chosen]


def drawn(seed: int, images: np.ndarray, labels: np.ndarray) -> Rows:
    """So many rows of each digit, by lot."""
    generator = np.random.default_rng(seed)
    rows = np.concatenate([generator.choice(np.flatnonzero(labels == digit), ROWS, replace=False) for digit in NEW])
    return images[rows], labels[rows]


def write(path: Path, train: Rows, test: Rows) -> None:
    np.savez(path, train_image=train[0], train_digit=train[1], test_image=test[0], test_digit=test[1])


def regression(train: Rows, test: Rows) -> float:
    """What a linear model on the pixels reaches, for comparison."""
    from sklearn.linear_model import LogisticRegression

    (x, y), (seen, truth) = ((images.reshape(len(images), -1) / 255.0, labels) for images, labels in (train, test))
    return float(LogisticRegression(max_iter=1000).fit(x, y).score(seen, truth))


if __name__ == "__main__":
    main()
