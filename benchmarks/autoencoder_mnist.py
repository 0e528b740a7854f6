"""A deep autoencoder on MNIST through specc itself: `python -m benchmarks.autoencoder_mnist`.

784-1000-500-250-30 and back, pretrained by restricted Boltzmann machines and directly, by first-order optimizers. `--epochs` for
another length of what follows pretraining, `--keep FOLDER` to keep the runs and not to train finished ones again. One thread;
`SPECC_DATA` names the full data sets.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.boltzmann_mnist import lay_out, trained
from benchmarks.results import table, write_section

MOST_ERROR = 3.0
"""Of the squares of 784 differences, their sum: what Hinton and Salakhutdinov report."""
RECIPES = {
    "pretrained, sigmoid units": ("mnist_autoencoder", "train.finetune"),
    "direct, relu units": ("mnist_autoencoder_direct", "train"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.autoencoder_mnist", description="A deep autoencoder on MNIST.")
    parser.add_argument("--epochs", type=int, help="another length")
    parser.add_argument("--keep", type=Path, help="a folder for the runs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lines = measured(arguments.keep or Path(name), arguments.epochs)
    more = f" --epochs {arguments.epochs}" if arguments.epochs else ""
    write_section("Deep autoencoder on MNIST", f"python -m benchmarks.autoencoder_mnist{more}", lines)


def measured(folder: Path, epochs: int | None) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    lay_out(folder)
    rows, best = [], float("inf")
    for recipe, (spec, path) in RECIPES.items():
        settings = {} if epochs is None else {f"{path}.epochs": epochs}
        run, seconds = trained(folder, spec, spec, **settings)
        test, train = (float(run.metrics[split]["sum_squared_error"]) for split in ("test", "train"))
        best = min(best, test)
        rows.append([recipe, str(run.spec.last_phase.settings.epochs), f"{test:.2f}", f"{train:.2f}", f"{seconds / 60:.0f} min"])
        print(rows[-1], flush=True)
    verdict = "reached" if best <= MOST_ERROR else "MISSED"
    return [
        "784-1000-500-250-30 and back, one thread, one seed. The error is the sum of the squares of 784 differences, a mean over",
        "rows.",
        "",
        *table(["recipe", "epochs", "test error", "training error", "processor time"], rows),
        "",
        f"Asked for: at most {MOST_ERROR:.2f} on the test rows ({verdict}).",
    ]


if __name__ == "__main__":
    main()
