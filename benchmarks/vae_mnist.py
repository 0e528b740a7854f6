"""A variational autoencoder on MNIST, through specc itself: `python -m benchmarks.vae_mnist`.

784-200-200 with 20 latents on statically binarized digits, its test likelihood by importance sampling. `--epochs`, `--seed` for
other runs, `--keep FOLDER` to keep this one and take it up again. One thread; `SPECC_DATA` names the full data sets.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch

from benchmarks.boltzmann_mnist import lay_out, trained
from benchmarks.results import table, write_section
from specc.runs.data import data_of
from specc.runs.run import Run
from specc.training.composites.bound import Bound
from specc.training.rows import Rows

LEAST_LIKELIHOOD = -90.0
SAMPLES = (1, 50, 500, 5_000)
"""Codes of each row; the last is asked for."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vae_mnist", description="A variational autoencoder on MNIST.")
    parser.add_argument("--epochs", type=int, help="another length")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the run")
    arguments = parser.parse_args()
    settings = {} if arguments.epochs is None else {"train.epochs": arguments.epochs}
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        lay_out(folder)
        run, seconds = trained(folder, "mnist_vae", "vae", arguments.seed, **settings)
        lines = measured(run, seconds)
    more = "".join(f" --{name} {value}" for name, value in (("epochs", arguments.epochs), ("seed", arguments.seed)) if value)
    write_section("Likelihood of MNIST under a variational autoencoder", f"python -m benchmarks.vae_mnist{more}", lines)


def measured(run: Run, seconds: float) -> list[str]:
    torch.set_num_threads(1)
    dataset = data_of(run)
    bound = Bound(run.spec, run.spec.last_phase, Rows(run.spec, dataset, torch.device("cpu")))
    rows, likely = [], 0.0
    for samples in SAMPLES:
        found = bound.estimates(run.module, dataset.rows["test"], samples)
        likely = float(found.values.mean())
        rows.append([f"{samples:,}", f"{likely:.2f} ± {found.error:.3f}"])
        print(rows[-1], flush=True)
    test, train = run.metrics["test"], run.metrics["train"]
    verdict = "reached" if likely >= LEAST_LIKELIHOOD else "MISSED"
    phase, rows_trained = run.spec.last_phase.settings, len(dataset.rows["train"])
    return [
        f"784-200-200 with 20 latents, {phase.epochs} epochs of {rows_trained:,} rows in {seconds / 60:.0f} minutes of processor",
        "time on one thread. Pixels are drawn once, in every split.",
        "",
        *table(["codes of each row", "nats a test row"], rows),
        "",
        f"The bound is {-test['loss']:.2f} nats a test row and {-train['loss']:.2f} a training row; the code costs",
        f"{test['kl']:.2f}, and {test['active_units']} of its 20 numbers are in use. ± is the error by the lot of the codes; the",
        "fewer, the further below the likelihood lies what they say.",
        "",
        f"Asked for: at least {LEAST_LIKELIHOOD:.0f} nats ({verdict}).",
    ]


if __name__ == "__main__":
    main()
