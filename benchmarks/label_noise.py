"""How wrong labels are borne: a deep belief network and the same network without pretraining.

`python -m benchmarks.label_noise`: `specs/noisy_digits.dn` with no, 20 % and 40 % wrong labels, for each seed of the split, whose
lots choose the rows that are tested and the labels that are wrong, and of the weights. Both have the same fine-tuning.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np

import specc
from benchmarks.quality import with_error
from benchmarks.results import table, write_section
from benchmarks.subjects import REPOSITORY

WRONG = (0.0, 0.2, 0.4)
MODELS = {"pretrained": {}, "not pretrained": {"train.pretrain.epochs": 0}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.label_noise", description="How wrong labels are borne.")
    parser.add_argument("--seeds", type=int, default=5, help="splits, and starting weights")
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(REPOSITORY / "specs" / "data", Path(folder) / "data")
        shutil.copy(REPOSITORY / "specs" / "noisy_digits.dn", folder)
        lines = measured(Path(folder) / "noisy_digits.dn", seeds)
    write_section("Wrong labels", "python -m benchmarks.label_noise" + (f" --seeds {seeds}" if seeds != 5 else ""), lines)


def measured(path: Path, seeds: int) -> list[str]:
    """Trains both on every split, and says how they came out."""
    rows = []
    for wrong in WRONG:
        pretrained, plain = (
            np.array([accuracy(path, wrong, seed, changes) for seed in range(seeds)]) for changes in MODELS.values()
        )
        rows.append([f"{wrong:.0%}", with_error(pretrained), with_error(plain), with_error(pretrained - plain)])
    head = ["wrong labels", *(f"{name}: test accuracy" for name in MODELS), "difference on the same rows"]
    return [*table(head, rows), "", f"- {seeds} splits of scikit-learn's digits; ± is the standard error of their mean."]


def accuracy(path: Path, wrong: float, seed: int, changes: dict[str, object]) -> float:
    spec = specc.load(path, **({"wrong": wrong, "data.split.seed": seed} | changes))
    return specc.train(spec, threads=1, seed=seed).metrics["test"]["accuracy"]


if __name__ == "__main__":
    main()
