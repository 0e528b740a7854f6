"""What a discriminator that saw no label is worth to a classifier with few of them.

    SPECC_DATA=… OMP_NUM_THREADS=1 python -m benchmarks.gan_labels [--seeds 10] [--folder F]

`specs/mnist_gan.dn` learns to make the 60,000 training images of MNIST. Its discriminator, or its layers with random weights,
stands below an output that learns from a hundred labels, ten of each digit, and is tested on all 10,000 test images. A seed
draws the labelled rows and the starting weights, the same for every model. One thread. With `--folder` the gan stays there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

import specc
from benchmarks.boltzmann_mnist import lay_out, trained
from benchmarks.gan_fashion import Pictures, pictures
from benchmarks.gan_modes import with_error
from benchmarks.results import table, write_section

OF_EACH, DIGITS = 10, 10
"""Labelled rows of each digit, and how many digits there are."""
TAKEN = 'pretrained known("runs/mnist_gan", part = discriminator, freeze = true)'
LAYERS = """each(channels = [32, 64]) { conv2d($channels, 4, stride = 2, padding = 1); leaky_relu(0.2) }
  conv2d(128, 3, stride = 2, padding = 1); leaky_relu(0.2); flatten"""
MODELS = {
    "the layers from random weights": LAYERS,
    "the discriminator, frozen": TAKEN,
    "the discriminator, frozen through 100 of 150 epochs": TAKEN.replace("true", "until(epoch = 100)"),
}
"""What stands below the output of each."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gan_labels", description="A discriminator and few labels.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where the gan stays, and is not trained again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        lines = measured(folder, given.seeds)
    write_section("A discriminator with few labels", f"python -m benchmarks.gan_labels --seeds {given.seeds}", lines)


def measured(folder: Path, seeds: int) -> list[str]:
    lay_out(folder)
    _, seconds = trained(folder, "mnist_gan", "mnist_gan")
    learnt, tested = (pictures(folder / "data" / "mnist", name) for name in ("train", "t10k"))
    text = (folder / "mnist_few_labels.dn").read_text("utf-8")
    assert TAKEN in text
    found: dict[str, list[float]] = {model: [] for model in MODELS}
    for seed in range(seeds):
        write_rows(folder / "rows.npz", few(learnt, seed), tested)
        for model, layers in MODELS.items():
            spec = folder / "few_labels.dn"
            spec.write_text(text.replace(TAKEN, layers), "utf-8")
            run = specc.train(spec, threads=1, seed=seed)
            found[model].append(float(run.metrics["test"]["accuracy"]))
            print(f"{seed}: {model}: {found[model][-1]:.4f}", file=sys.stderr, flush=True)
    rows = [[model, with_error(values, 4)] for model, values in found.items()]
    gains = np.array(found["the discriminator, frozen"]) - np.array(found["the layers from random weights"])
    return [
        f"{OF_EACH * DIGITS} labels, {OF_EACH} of each digit, {seeds} seeds; the gan saw 60,000 images and no label in"
        f" {seconds / 60:.0f} minutes of processor time.",
        "",
        *table(["below the output", "test accuracy"], rows),
        "",
        f"Frozen against random weights, row by row of the same labels: {with_error(list(gains), 4)}.",
    ]


def few(learnt: Pictures, seed: int) -> Pictures:
    """So many rows of each digit, drawn by lot."""
    lots = np.random.default_rng(seed)
    chosen = np.concatenate([lots.choice(np.flatnonzero(learnt.labels == str(d)), OF_EACH, replace=False) for d in range(DIGITS)])
    return Pictures(learnt.images[chosen], learnt.labels[chosen])


def write_rows(path: Path, learnt: Pictures, tested: Pictures) -> None:
    sets = {"train": learnt, "test": tested}
    arrays = {f"{name}_image": rows.images for name, rows in sets.items()}
    np.savez(path, **arrays, **{f"{name}_digit": rows.labels for name, rows in sets.items()})


if __name__ == "__main__":
    main()
