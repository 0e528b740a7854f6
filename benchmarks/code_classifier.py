"""The same classifier on the pixels, on the code of an autoencoder and on its features: accuracy, time and memory.

`python -m benchmarks.code_classifier`: `specs/digits_denoising.dn` learns a code of 16 numbers and `specs/digits_map.dn` features
from all training rows, without a label; a network then reads digits by them, after few labels and after all of them. A seed draws
the split, the labelled rows and the starting weights, the same for every model.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

import specc
from benchmarks.results import table, write_section

SPECS = Path(__file__).parents[1] / "specs"
BASES = ("digits_denoising", "digits_map")
TAKEN = 'pretrained("runs/digits_map", part = dense_1, freeze = true)'
CODE = 'pretrained("runs/digits_denoising", part = encoder, freeze = true)'
FEW = {"30": ["train.rows=30"], "100": ["train.rows=100"]}
MANY = {"all 1,258": ["train.rows=1258", "train.epochs=30"]}
MODELS = {
    "an output on the pixels": ("flatten", FEW),
    "an output on the features of `digits_map`": (TAKEN, FEW),
    "64 hidden units on the pixels": ("flatten; dense(64, relu)", MANY),
    "64 hidden units on the code of `digits_denoising`": (f"{CODE}; dense(64, relu)", MANY),
}
"""What stands before the output of each model, and how many labels it is trained on."""
Scores = dict[tuple[str, str], list[tuple[float, float, int]]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.code_classifier", description="A classifier on pixels and codes.")
    parser.add_argument("--seeds", type=int, default=5, help="how many draws of split, labelled rows and weights")
    seeds = parser.parse_args().seeds
    found: Scores = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), seed, found)
    write_section(
        "A classifier on the code of an autoencoder", f"python -m benchmarks.code_classifier --seeds {seeds}", _told(found, seeds)
    )


def _measure(folder: Path, seed: int, found: Scores) -> None:
    """Trains the autoencoders and every model of one seed."""
    shutil.copytree(SPECS / "data", folder / "data")
    text = (SPECS / "digits_few_labels.dn").read_text("utf-8")
    split = [f"data.split.seed={seed}"]
    for base in BASES:
        shutil.copy(SPECS / f"{base}.dn", folder)
        specc.train(specc.Spec(folder / f"{base}.dn", split), threads=1, seed=seed)
    for number, (model, (layers, labels)) in enumerate(MODELS.items()):
        spec = folder / f"model_{number}.dn"
        spec.write_text(text.replace(TAKEN, layers), "utf-8")
        for rows, settings in labels.items():
            run = specc.train(specc.Spec(spec, [*split, *settings]), threads=1, seed=seed)
            free = sum(p.numel() for name, p in run.module.named_parameters() if "pretrained" not in name)
            scores = found.setdefault((model, rows), [])
            scores.append((float(run.metrics["test"]["accuracy"]), run.record["seconds"]["training"], free))
            print(f"{seed}: {model}, {rows} labels: {scores[-1]}", file=sys.stderr, flush=True)


def _told(found: Scores, seeds: int) -> list[str]:
    lines = [f"Digits of 8×8 pixels: 64 numbers a row, 16 of its code. Test accuracy of {seeds} seeds:", ""]
    rows = []
    for (model, labels), runs in found.items():
        accuracy, seconds, free = (np.array(values, dtype=float) for values in zip(*runs))
        error = accuracy.std(ddof=1) / len(runs) ** 0.5 if len(runs) > 1 else float("nan")
        rows.append([model, labels, f"{accuracy.mean():.4f} ± {error:.4f}", f"{np.median(seconds):.1f} s", f"{int(free[0]):,}"])
    return [*lines, *table(["model", "labels", "accuracy", "training (median)", "weights trained"], rows)]


if __name__ == "__main__":
    main()
