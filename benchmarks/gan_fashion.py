"""A conditional gan of Fashion-MNIST: whether a classifier finds what was asked for, and whether one can learn from it alone.

    SPECC_DATA=… OMP_NUM_THREADS=1 python -m benchmarks.gan_fashion [--folder F] [--epochs N]

`specs/fashion_conditional.dn` is trained on the 60,000 training images. A small network, `specs/fashion_labels.dn`, that learnt
on real images then labels 10,000 generated ones, a thousand of each kind; another learns from 60,000 generated images alone, and
both are tested on the 10,000 real test images. One thread. With `--folder` the runs stay; finished ones are not trained again.
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
from typing import Any, NamedTuple

import numpy as np

import specc
from benchmarks.results import write_section
from benchmarks.subjects import SPECS
from specc.runs.run import Run

ASKED, LABELS = 0.85, 10
JUDGED, LEARNT = 10_000, 60_000
"""Generated images that are labelled, and that are learnt from."""


class Pictures(NamedTuple):
    """Images `[rows, 28, 28]` 0…255, and their labels."""

    images: np.ndarray
    labels: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gan_fashion", description="A conditional gan of Fashion-MNIST.")
    parser.add_argument("--folder", type=Path, help="where the runs stay, and are not trained again")
    parser.add_argument("--epochs", type=int, help="of the gan, in place of the spec's; then no section is written")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lines = measured(given.folder or Path(name), given.epochs)
    print("\n".join(lines))
    if given.epochs is None:
        write_section("Conditional gan on Fashion-MNIST", "python -m benchmarks.gan_fashion", lines)


def measured(folder: Path, epochs: int | None) -> list[str]:
    lay_out(folder)
    trained_on, tested_on = (pictures(folder / "data" / "fashion_mnist", name) for name in ("train", "t10k"))
    settings = {"train.epochs": epochs} if epochs else {}
    gan, seconds = trained(folder / "fashion_conditional.dn", folder / "runs" / f"gan_{epochs or 'whole'}", **settings)
    judge = classifier(folder / "real", trained_on, tested_on)
    shown = sampled(gan, JUDGED, 0)
    found = np.asarray(judge.predict({"image": shown.images})["label"]).astype(str)
    right = found == shown.labels
    of_each = [f"{np.mean(right[shown.labels == label]):.2f}" for label in map(str, range(LABELS))]
    learner = classifier(folder / f"generated_{epochs or 'whole'}", sampled(gan, LEARNT, 1), tested_on)
    accuracies = [float(run.metrics["test"]["accuracy"]) for run in (judge, learner)]
    quality = gan.metrics["test"]
    count = len([event for event in gan.history if "train" in event])
    alarms = sorted({event["event"] for event in gan.history if "event" in event})
    return [
        f"- Asked for: the classifier finds at least {ASKED:.0%} of the labels that were asked for; it finds {right.mean():.4f}"
        f" ({'reached' if right.mean() >= ASKED else 'MISSED'}).",
        f"- Of each label, 0 to 9: {', '.join(of_each)}.",
        f"- A classifier that learnt from {LEARNT:,} generated images alone is right about {accuracies[1]:.4f} of the real test"
        f" images, one that learnt from the 60,000 real ones about {accuracies[0]:.4f}.",
        f"- Pairwise distance within a label, of real images 1: {quality['pairwise_distance']:.3f}; duplicates"
        f" {quality['duplicates']:.3f}; a fresh classifier tells {quality['classifier_score']:.3f} from real ones.",
        f"- Training takes {seconds / 60:.0f} minutes of processor time, {count} epochs of {seconds / count:.0f} s; warnings:"
        f" {', '.join(alarms) or 'none'}.",
    ]


def lay_out(folder: Path) -> None:
    """The specs with their data beside them."""
    root = os.environ.get("SPECC_DATA")
    if root is None:
        raise SystemExit("this needs the full data sets: let SPECC_DATA name their folder")
    if not (folder / "data" / "fashion_mnist").exists():
        shutil.copytree(Path(root) / "fashion_mnist", folder / "data" / "fashion_mnist")
    shutil.copyfile(SPECS / "fashion_conditional.dn", folder / "fashion_conditional.dn")


def pictures(path: Path, name: str) -> Pictures:
    """The images and labels of a set, as the idx files of a folder have them."""
    images, labels = (gzip.decompress((path / f"{name}-{kind}-ubyte.gz").read_bytes()) for kind in ("images-idx3", "labels-idx1"))
    kinds = np.frombuffer(labels, np.uint8, offset=8).astype(str)
    return Pictures(np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), kinds)


def trained(spec: Path, path: Path, **settings: Any) -> tuple[Run, float]:
    """A run, and the seconds of processor time that it took; one that is finished is taken as it is."""
    note = path.with_name(f"{path.name}.seconds")
    if note.exists():
        return Run(path), float(note.read_text("utf-8"))
    shutil.rmtree(path, ignore_errors=True)
    began = time.process_time()
    run = specc.train(specc.load(spec, **settings), run=path, threads=1, seed=0)
    seconds = time.process_time() - began
    note.write_text(f"{seconds:.1f}", "utf-8")
    print(f"{path.name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return run, seconds


def sampled(gan: Run, count: int, seed: int) -> Pictures:
    """Generated images, as many of each label, rounded as a file of pictures would have them."""
    labels = (np.arange(count) % LABELS).astype(str)
    images = np.asarray(gan.sample(count, {"label": labels.tolist()}, seed=seed).rows["image"], dtype=np.float64)
    return Pictures(images.reshape(-1, 28, 28).round().clip(0, 255).astype(np.uint8), labels)


def classifier(folder: Path, learnt: Pictures, tested: Pictures) -> Run:
    """A network that learns the labels of some images, tested on others."""
    folder.mkdir(parents=True, exist_ok=True)
    sets = {"train": learnt, "test": tested}
    arrays = {f"{name}_{field}": getattr(rows, f"{field}s") for name, rows in sets.items() for field in ("image", "label")}
    np.savez(folder / "rows.npz", **arrays)
    shutil.copyfile(SPECS / "fashion_labels.dn", folder / "fashion_labels.dn")
    return trained(folder / "fashion_labels.dn", folder / "run")[0]


if __name__ == "__main__":
    main()
