"""Machines of ratings beside the usual baselines: `SPECC_DATA=… python -m benchmarks.movielens`.

MovieLens latest-small (its licence does not let it be passed on): each user's ratings are divided 9 to 1 by the spec's own
split, with seeds of its own; everything below is given the very same training ratings, and measured on the same others. All
settings were chosen on the split with the seed 100, which no figure is of. `--memory` measures how memory grows with ratings.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import specc
from benchmarks.results import table, write_section
from specc.data.ratings import Cases, RatingsDataset
from specc.runs.data import data_of
from specc.runs.run import Run

SPECS = Path(__file__).parent / "specs"
MACHINES = {"user-based RBM": "movielens_user_rbm", "item-based RBM": "movielens_item_rbm"}
FACTORS, RATE, DECAY, EPOCHS, BATCH = 200, 0.01, 0.08, 60, 256
"""Of the matrix factorization; tried were 20 to 500 factors, rates of 0.01 and 0.02, decays of 0.05 to 0.12, 25 to 60 epochs."""
SHARES = (0.25, 0.5, 1.0)
Triples = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Case, unit and rating of each rating."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.movielens", description="Machines of ratings beside the usual baselines."
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many splits")
    parser.add_argument("--memory", action="store_true", help="how memory grows with the ratings, instead")
    parser.add_argument("--child", nargs=2, metavar=("SPEC", "RUN"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.child:
        one_run(Path(arguments.child[0]), Path(arguments.child[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder))
        measure_memory(Path(folder)) if arguments.memory else measure_errors(Path(folder), arguments.seeds)


def lay_out(folder: Path) -> None:
    """The specs with their data beside them."""
    root = os.environ.get("SPECC_DATA")
    if root is None:
        raise SystemExit("MovieLens is not shipped: let SPECC_DATA name the folder of the full data sets")
    (folder / "data").mkdir()
    for name in ("ratings.csv.gz", "movies.csv.gz"):
        shutil.copyfile(Path(root) / "movielens_latest_small" / name, folder / "data" / name)
    for stem in MACHINES.values():
        shutil.copyfile(SPECS / f"{stem}.dn", folder / f"{stem}.dn")


def measure_errors(folder: Path, seeds: int) -> None:
    """All models on the same splits."""
    errors: dict[str, list[tuple[float, float]]] = {}
    seconds: dict[str, list[float]] = {}
    for seed in range(seeds):
        runs: dict[str, Run] = {}
        for name, stem in MACHINES.items():
            started = time.perf_counter()
            spec = specc.load(folder / f"{stem}.dn", **{"data.split.seed": seed, "train.seed": seed})
            run = runs[name] = specc.train(spec, run=folder / f"{stem}{seed}", threads=1)
            seconds.setdefault(name, []).append(time.perf_counter() - started)
            measured = run.metrics["test"]
            errors.setdefault(name, []).append((measured["root_mean_squared_error"], measured["mean_absolute_error"]))
        for name, predicted, given in baselines(runs["item-based RBM"], seed, seconds):
            errors.setdefault(name, []).append(
                (float(np.sqrt(np.mean((predicted - given) ** 2))), float(np.mean(np.abs(predicted - given))))
            )
        print(
            f"{seed}: " + ", ".join(f"{name} {found[-1][0]:.4f}" for name, found in errors.items()), file=sys.stderr, flush=True
        )
    order = ["item mean", "user mean", "user and item biases", "user-based RBM", "matrix factorization", "item-based RBM"]
    rows = []
    for name in order:
        found = np.array(errors[name])
        spread = found.std(0, ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.zeros(2)
        rows.append(
            [
                name,
                *(f"{mean:.4f} ± {error:.4f}" for mean, error in zip(found.mean(0), spread)),
                f"{np.mean(seconds[name]):.0f} s" if name in seconds else "",
            ]
        )
    lines = [f"Test error over {seeds} splits, mean ± standard error:", "", *table(["model", "RMSE", "MAE", "time"], rows), ""]
    of_factors = f"{FACTORS} factors and biases, rate {RATE}, decay {DECAY}, {EPOCHS} epochs, answers kept in 0.5 … 5"
    of_time = "a machine's time is that of a whole run, its measures each epoch, its ONNX file and its factors included"
    lines += [f"- Matrix factorization: {of_factors}.", f"- Each on one thread; {of_time}."]
    write_section("MovieLens latest-small", f"python -m benchmarks.movielens --seeds {seeds}", lines)


def triples(cases: Cases, levels: np.ndarray) -> Triples:
    return np.repeat(np.arange(len(cases.counts)), cases.counts), cases.units.astype(np.int64), levels[cases.levels]


def baselines(run: Run, seed: int, seconds: dict[str, list[float]]) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """The baselines on the ratings of a run whose cases are items: name, predictions, truth."""
    dataset, fit = data_of(run), run.spec.bound.fits["ratings"]  # type: ignore[union-attr]
    assert isinstance(dataset, RatingsDataset)
    levels = np.array(fit.levels)  # type: ignore[union-attr]
    item, user, rating = triples(dataset.sets["train"], levels)
    asked_item, asked_user, truth = triples(dataset.sets["test"], levels)
    users, items, mean = user.max() + 1, len(dataset.names), rating.mean()
    of_user = mean_by(user, rating, users, mean)
    of_item = mean_by(item, rating, items, mean)
    biases = both_biases(user, item, rating - mean, users, items)
    started = time.perf_counter()
    factorized = factorize(user, item, rating, asked_user, asked_item, seed)
    seconds.setdefault("matrix factorization", []).append(time.perf_counter() - started)
    both = np.clip(mean + biases[0][asked_user] + biases[1][asked_item], levels[0], levels[-1])
    found = {
        "user mean": of_user[asked_user],
        "item mean": of_item[asked_item],
        "user and item biases": both,
        "matrix factorization": factorized,
    }
    return [(name, predicted, truth) for name, predicted in found.items()]


def mean_by(group: np.ndarray, rating: np.ndarray, count: int, otherwise: float) -> np.ndarray:
    """The mean rating of each group, and of those without any the mean of all."""
    counts = np.bincount(group, minlength=count)
    return np.where(counts > 0, np.bincount(group, rating, count) / np.maximum(counts, 1), otherwise)


def both_biases(
    user: np.ndarray, item: np.ndarray, off: np.ndarray, users: int, items: int, shrink: float = 4.0
) -> tuple[np.ndarray, np.ndarray]:
    """What each user and each item adds to the mean, by alternating least squares with a ridge."""
    of_user, of_item = np.zeros(users), np.zeros(items)
    for _ in range(30):
        of_item = np.bincount(item, off - of_user[user], items) / (np.bincount(item, minlength=items) + shrink)
        of_user = np.bincount(user, off - of_item[item], users) / (np.bincount(user, minlength=users) + shrink)
    return of_user, of_item


@torch.no_grad()
def factorize(
    user: np.ndarray, item: np.ndarray, rating: np.ndarray, asked_user: np.ndarray, asked_item: np.ndarray, seed: int
) -> np.ndarray:
    """Biased matrix factorization by stochastic gradient descent (Koren, Bell and Volinsky 2009)."""
    generator = torch.Generator().manual_seed(seed)
    mean, users, items = (
        float(rating.mean()),
        int(max(user.max(), asked_user.max())) + 1,
        int(max(item.max(), asked_item.max())) + 1,
    )
    start = 0.3 / FACTORS**0.5
    p, q = (torch.randn(count, FACTORS, generator=generator) * start for count in (users, items))
    of_user, of_item = torch.zeros(users), torch.zeros(items)
    u, i, r = torch.from_numpy(user), torch.from_numpy(item), torch.from_numpy(rating).float() - mean
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(u), generator=generator).split(BATCH):
            a, b = u[batch], i[batch]
            x, y = p[a], q[b]
            error = r[batch] - of_user[a] - of_item[b] - (x * y).sum(1)
            p.index_add_(0, a, error[:, None] * y - DECAY * x, alpha=RATE)
            q.index_add_(0, b, error[:, None] * x - DECAY * y, alpha=RATE)
            of_user.index_add_(0, a, error - DECAY * of_user[a], alpha=RATE)
            of_item.index_add_(0, b, error - DECAY * of_item[b], alpha=RATE)
    a, b = torch.from_numpy(asked_user), torch.from_numpy(asked_item)
    return (mean + of_user[a] + of_item[b] + (p[a] * q[b]).sum(1)).clamp(0.5, 5.0).numpy().astype(np.float64)


def measure_memory(folder: Path) -> None:
    """The peak of a run of its own for a quarter, half and all of the ratings, the same users, films and levels in each."""
    source = folder / "data" / "ratings.csv.gz"
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file))
    rows = []
    spec = folder / f"{MACHINES['user-based RBM']}.dn"
    for share in SHARES:
        kept = fewer(lines, share)
        with gzip.open(source, "wt", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *kept])
        run = folder / f"memory{share}"
        words = [sys.executable, "-m", "benchmarks.movielens", "--child", str(spec), str(run)]
        peak = float(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[-1])
        rows.append([f"{len(kept):,}", f"{peak:.0f} MiB"])
        print(*rows[-1], file=sys.stderr, flush=True)
    lines_out = ["Peak memory of a whole run of two epochs, everything that Python and torch take included:", ""]
    lines_out += table(["ratings", "peak"], rows)
    write_section("Memory of MovieLens latest-small", "python -m benchmarks.movielens --memory", lines_out)


def fewer(lines: list[list[str]], share: float) -> list[list[str]]:
    """A share of the ratings, in which every user and every film still is: first those that none could be without."""
    users: set[str] = set()
    films: set[str] = set()
    first, others = [], []
    for line in lines:
        needed = line[0] not in users or line[1] not in films
        users.add(line[0])
        films.add(line[1])
        (first if needed else others).append(line)
    count = max(0, round(share * len(lines)) - len(first))
    return first + others[:: max(1, len(others) // max(1, count))][:count]


def one_run(spec: Path, run: Path) -> None:
    specc.train(specc.load(spec, **{"train.epochs": 2}), run=run, threads=1)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
