"""Restricted Boltzmann machines on MNIST, through specc itself: `python -m benchmarks.boltzmann_mnist SUBJECT`.

`likelihood`: 784-500 by persistent contrastive divergence, its test likelihood by annealed importance sampling and in
reverse; `--epochs` for a longer run, with its curve. `oracle`: annealing against the enumeration of a 784-15 machine. One thread;
`SPECC_DATA` names the full data sets.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

import specc
from benchmarks.results import table, write_section
from benchmarks.subjects import SPECS
from specc.pytorch.nn import RestrictedBoltzmann
from specc.runs.run import Run
from specc.training.likelihood.annealed import annealed_log_partition
from specc.training.likelihood.exact import exact_log_partition
from specc.training.likelihood.reverse import reverse_log_partition
from specc.training.likelihood.terms import terms_of
from specc.training.loop import Training

LEAST_LIKELIHOOD, MOST_SECONDS = -95.0, 180.0
MOST_ORACLE_ERROR = 0.02
PICTURE = Path(__file__).parent / "pictures" / "mnist_likelihood.png"
MEANS = "the data's means"
ORACLE = [("uniform", 100, 100), ("uniform", 100, 1_000), (MEANS, 100, 100), (MEANS, 100, 1_000), (MEANS, 1_000, 10_000)]
"""Base, chains and temperatures; the last is held to the truth."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boltzmann_mnist", description="Machines on MNIST.")
    parser.add_argument("subject", choices=list(SUBJECTS))
    parser.add_argument("--epochs", type=int, help="of the machine of 500 hidden units, measured ten times on the way")
    arguments = parser.parse_args()
    command = f"python -m benchmarks.boltzmann_mnist {arguments.subject}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder)
        if arguments.subject == "likelihood" and arguments.epochs:
            lines = longer(folder, arguments.epochs)
            write_section("Likelihood of MNIST, a longer run", f"{command} --epochs {arguments.epochs}", lines)
        else:
            title, measured = SUBJECTS[arguments.subject]
            write_section(title, command, measured(folder))


def data() -> Path:
    root = os.environ.get("SPECC_DATA")
    if root is None:
        raise SystemExit("this needs the full data sets: let SPECC_DATA name their folder")
    return Path(root) / "mnist"


def lay_out(folder: Path) -> None:
    """The specs with their data beside them."""
    if not (folder / "data" / "mnist").exists():
        shutil.copytree(data(), folder / "data" / "mnist")
    for spec in SPECS.glob("mnist_*.dn"):
        shutil.copyfile(spec, folder / spec.name)


def trained(folder: Path, stem: str, name: str, seed: int = 0, **settings: Any) -> tuple[Run, float]:
    """A run, and the seconds of processor time that its training took: all phases, what they measured on the way included.

    One that is finished in the folder is taken as it is.
    """
    path = folder / "runs" / name
    note = path.with_name(f"{name}.seconds")
    if note.exists():
        return Run(path), float(note.read_text("utf-8"))
    shutil.rmtree(path, ignore_errors=True)
    spent: list[float] = []
    run_phases = Training.run

    def timed(training: Training) -> None:
        began = time.process_time()
        run_phases(training)
        spent.append(time.process_time() - began)

    with patch.object(Training, "run", timed):
        run = specc.train(specc.load(folder / f"{stem}.dn", **settings), run=path, threads=1, seed=seed)
    note.write_text(f"{spent[0]:.1f}", "utf-8")
    return run, spent[0]


def likelihood(folder: Path) -> list[str]:
    run, seconds = trained(folder, "mnist_rbm", "rbm")
    test = run.metrics["test"]
    verdict = "reached" if test["log_likelihood"] >= LEAST_LIKELIHOOD and seconds <= MOST_SECONDS else "MISSED"
    head = ["epochs", "seconds of training", "nats a test row (AIS)", "the same in reverse (RAISE)"]
    row = [str(len(run.history)), f"{seconds:.0f}", with_error(test), f"{test['log_likelihood_reverse']:.2f}"]
    return [
        "784-500, persistent contrastive divergence with one step, 100 chains; pixels drawn once, all 60,000 rows; 10,000",
        "temperatures. Processor time on one thread.",
        "",
        *table(head, [row]),
        "",
        f"Asked for: at least {LEAST_LIKELIHOOD:.0f} nats within {MOST_SECONDS:.0f} s ({verdict}).",
    ]


def longer(folder: Path, epochs: int) -> list[str]:
    """The curve is of training rows, with 1,000 temperatures; the end is of test rows, with 10,000."""
    metrics = f"[reconstruction_error, log_likelihood(every = {max(1, epochs // 10)})]"
    run, seconds = trained(folder, "mnist_rbm", "rbm", **{"train.epochs": epochs, "train.metrics": metrics})
    curve = [event for event in run.history if "log_likelihood" in event.get("train", {})]
    rows = [
        [str(event["epoch"]), with_error(event["train"]), f"{event['train']['log_likelihood_reverse']:.2f}"] for event in curve
    ]
    test = run.metrics["test"]
    rows.append([f"{epochs}, test rows", with_error(test), f"{test['log_likelihood_reverse']:.2f}"])
    picture(curve, epochs, test)
    told = [
        f"784-500 as above over {epochs} epochs, {seconds:.0f} s with what is measured on the way: on training rows with 1,000",
        "temperatures, which flatter, and at the end on test rows with 10,000.",
    ]
    return [*told, "", *table(["epoch", "AIS", "RAISE"], rows), "", f"![the curve]({PICTURE.relative_to(PICTURE.parents[1])})"]


def picture(curve: list[dict[str, Any]], epochs: int, test: dict[str, Any]) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 3.6), constrained_layout=True)
    epoch = [event["epoch"] for event in curve]
    for name, told, color in [("log_likelihood", "AIS", "tab:blue"), ("log_likelihood_reverse", "RAISE", "tab:orange")]:
        axis.plot(epoch, [event["train"][name] for event in curve], "o-", color=color, label=f"{told}, training rows")
        axis.plot(epochs, test[name], "D", color=color, label=f"{told}, test rows")
    axis.set(xlabel="epoch", ylabel="nats a row", title="784-500 on MNIST, persistent contrastive divergence")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    pyplot.close(figure)


def with_error(measured: dict[str, Any]) -> str:
    return f"{measured['log_likelihood']:.2f} ± {measured.get('log_likelihood_error', 0.0):.2f}"


def oracle(folder: Path) -> list[str]:
    """ln Z of a trained 784-15 machine: all 32,768 hidden states, and annealing from two bases."""
    run, _ = trained(folder, "mnist_rbm_15", "rbm_15")
    machine = next(module for module in run.module.modules() if isinstance(module, RestrictedBoltzmann))
    truth = exact_log_partition(machine).item()
    terms, one = terms_of(machine, torch.float32), torch.ones(1)
    pixels = images() / 255
    generator = torch.Generator().manual_seed(0)
    drawn = (torch.rand(100, 784, generator=generator) < pixels[torch.randperm(len(pixels), generator=generator)[:100]]).float()
    rows, last = [], 0.0
    for base, chains, temperatures in ORACLE:
        means = pixels if base == MEANS else torch.full((2, 784), 0.5)
        found = annealed_log_partition(terms, means, one, generator, chains, temperatures)
        back = reverse_log_partition(terms, drawn, means, generator, temperatures).mean().item()
        last = found.value.item() - truth
        estimate = f"{found.value.item():.4f} ± {found.error.item():.4f}"
        rows.append([base, f"{chains:,}", f"{temperatures:,}", estimate, f"{last:+.4f}", f"{back - truth:+.4f}"])
    verdict = "reached" if abs(last) <= MOST_ORACLE_ERROR else "MISSED"
    likely = run.metrics["test"]["log_likelihood"]
    return [
        f"784-15, contrastive divergence of 3 steps: ln Z = {truth:.6f}, {likely:.2f} nats a test row.",
        "",
        *table(["base", "chains", "temperatures", "ln Z", "less the truth", "in reverse from 100 rows, less the truth"], rows),
        "",
        f"Asked for: the last row within {MOST_ORACLE_ERROR} nats ({verdict}).",
    ]


def images() -> torch.Tensor:
    packed = gzip.decompress((data() / "train-images-idx3-ubyte.gz").read_bytes())
    return torch.from_numpy(np.frombuffer(packed, np.uint8, offset=16).reshape(-1, 784).copy()).float()


SUBJECTS = {
    "likelihood": ("Likelihood of MNIST", likelihood),
    "oracle": ("Annealing against enumeration", oracle),
}


if __name__ == "__main__":
    main()
