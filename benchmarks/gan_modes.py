"""Modes that a gan makes of a ring of eight and a grid of twenty-five: plain, and with remedies switched on one by one.

    OMP_NUM_THREADS=1 python -m benchmarks.gan_modes [--seeds 10] [--folder F] [--only ring/plain …] [--steps N]

Eight normals of deviation 0.01 on the unit circle; twenty-five of deviation 0.05 on {−4, −2, 0, 2, 4}²; 100,000 rows. Of 2,500
generated rows one is of high quality within three deviations of the nearest mode, and a mode that has one is covered (the
protocol of Srivastava et al. 2017 and Lin et al. 2018). The spec of every recipe is printed with its results. With `--folder`
results stay there as JSON, and what stands there is not made again; the section is written when every recipe has all its seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.results import table, write_section
from specc.diagnostics import Source
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module
from specc.training.device import compute_with
from specc.training.evaluate import in_use
from specc.training.loop import Training
from specc.training.streams import Streams, new_generator

ROWS, SAMPLES, LATENT = 100_000, 2_500, 2
CPU = torch.device("cpu")
SPEC = """data {{
  source = npz("{name}.npz")
  columns {{ point = array([2], scale = standard) }}
  split = provided
}}
gan {{
  latent({latent}, normal)
  generator {{ each(units = [128, 128, 128]) {{ dense($units); relu }}; dense(2) }}
  discriminator {{ input(point); {discriminator} dense(1) }}
}}
train {{
  loss = {loss}
  optimizer = adam(1e-3, betas = [0.5, 0.99])
  schedule = linear(to = 0)
{remedies}  batch = 128
  steps = {steps}
}}
"""
LAYERS = "each(units = [128, 128, 128]) { dense($units); leaky_relu(0.2) };"


class Shape(NamedTuple):
    """Modes in the plane `[modes, 2]` with the deviation of each; how long runs are, and what is asked for of the best recipe."""

    centers: np.ndarray
    deviation: float
    steps: int
    asked: float

    def rows(self, count: int, seed: int) -> np.ndarray:
        lots = np.random.default_rng(seed)
        noise = self.deviation * lots.standard_normal((count, 2))
        return (self.centers[lots.integers(len(self.centers), size=count)] + noise).astype(np.float32)


TURNS = np.arange(8) * 2 * np.pi / 8
SIDE = np.arange(-4.0, 5.0, 2.0)
SHAPES = {
    "ring": Shape(np.stack([np.cos(TURNS), np.sin(TURNS)], axis=1), 0.01, 4_000, 7.9),
    "grid": Shape(np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2), 0.05, 10_000, 24.5),
}
HIGH_QUALITY = 90.0


class Recipe(NamedTuple):
    """What a recipe changes of the plain one: the loss, lines of `train`, layers before the discriminator's last."""

    loss: str = "non_saturating"
    remedies: tuple[str, ...] = ()
    layers: str = ""


NOISE, R1, AVERAGE = (
    "instance_noise = gaussian(0.1, decay = exponential(0.5))",
    "penalty = r1(0.1, every = 4)",
    "average = ema(0.995)",
)
SMOOTH, DISCRIMINATION = "label_smoothing = one_sided(0.9)", " minibatch_discrimination(4, 3);"
RECIPES = {
    "plain": Recipe(),
    "label smoothing": Recipe(remedies=(SMOOTH,)),
    "minibatch discrimination": Recipe(layers=DISCRIMINATION),
    "R1": Recipe(remedies=(R1,)),
    "average": Recipe(remedies=(AVERAGE,)),
    "instance noise": Recipe(remedies=(NOISE,)),
    "noise, average": Recipe(remedies=(NOISE, AVERAGE)),
    "noise, average, R1": Recipe(remedies=(NOISE, AVERAGE, R1)),
}


class Made(NamedTuple):
    """What was made in one run: modes covered, the share of high quality in %, the divergence from all modes alike, seconds."""

    modes: float
    quality: float
    divergence: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gan_modes", description="Modes of a ring and a grid.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, help="in place of those of each shape")
    parser.add_argument("--folder", type=Path, help="where results stay, and are not made again")
    parser.add_argument("--only", nargs="*", help="as in `grid/plain`; then no section is written")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for shape in SHAPES:
            np.savez(folder / f"{shape}.npz", train_point=SHAPES[shape].rows(ROWS, 0), test_point=SHAPES[shape].rows(SAMPLES, 1))
        every = [f"{shape}/{recipe}" for shape in SHAPES for recipe in RECIPES]
        found: dict[str, list[Made]] = {key: [] for key in given.only or every}
        for seed in range(given.seeds):
            for key in found:
                found[key].append(result_of(folder, key, seed, given.steps))
    for line in [line for shape in SHAPES for line in summary(shape, found)]:
        print(line)
    if not given.only:
        write_section("Modes of a gan", "python -m benchmarks.gan_modes", section(found, given.seeds, given.steps))


def result_of(folder: Path, key: str, seed: int, steps: int | None) -> Made:
    """What one run makes, or made before."""
    shape, _, recipe = key.partition("/")
    text = text_of(shape, RECIPES[recipe], steps or SHAPES[shape].steps)
    path = folder / f"{key.replace('/', '_').replace(' ', '_').replace(',', '')}_{seed}.json"
    if path.exists() and (kept := json.loads(path.read_text("utf-8")))["spec"] == text:
        return Made(**kept["made"])
    made = trained(folder, text, SHAPES[shape], seed)
    path.write_text(json.dumps({"spec": text, "made": made._asdict()}), "utf-8")
    told = f"{key}, seed {seed}: {made.modes:.0f} modes, {made.quality:.1f} % of high quality, {made.seconds:.0f} s"
    print(f"{text if not seed else ''}{told}", file=sys.stderr, flush=True)
    return made


def text_of(shape: str, recipe: Recipe, steps: int) -> str:
    remedies = "".join(f"  {line}\n" for line in recipe.remedies)
    layers = LAYERS + recipe.layers
    return SPEC.format(name=shape, latent=LATENT, discriminator=layers, loss=recipe.loss, remedies=remedies, steps=steps)


def trained(folder: Path, text: str, shape: Shape, seed: int) -> Made:
    """Trains a spec, and measures what its generator makes of noise that no training saw."""
    spec, report = check_source(Source("modes.dn", text), folder)
    spec, dataset = bind_spec(spec, report, folder)
    module, streams = build_module(spec), Streams(seed)
    module.start(streams["weights"])  # type: ignore[operator]
    started = time.process_time()
    with compute_with(CPU, threads=1):
        Training(spec, dataset, module, streams, CPU).run()
    seconds = time.process_time() - started
    noise = torch.randn(SAMPLES, LATENT, generator=new_generator(seed, "samples"))
    with torch.no_grad(), in_use(module):
        points = module.generator(noise).double().numpy()  # type: ignore[operator]
    rows = shape.rows(ROWS, 0).astype(np.float64)  # as `scale = standard` saw them
    return judged(points * rows.std(0) + rows.mean(0), shape, seconds)


def judged(points: np.ndarray, shape: Shape, seconds: float = 0.0) -> Made:
    """The measures of the protocol. Divergence: `KL(modes of the good rows ‖ all alike)`, in nats."""
    distances = np.linalg.norm(points[:, None] - shape.centers[None], axis=2)
    good = distances.min(1) < 3 * shape.deviation
    counts = np.bincount(distances.argmin(1)[good], minlength=len(shape.centers))
    shares = counts[counts > 0] / max(1, counts.sum())
    divergence = float((shares * np.log(shares * len(counts))).sum()) if len(shares) else math.log(len(counts))
    return Made(float((counts > 0).sum()), 100 * float(good.mean()), divergence, seconds)


def summary(shape: str, found: dict[str, list[Made]]) -> list[str]:
    """A table of the recipes of one shape."""
    rows = []
    for key, runs in found.items():
        own, _, recipe = key.partition("/")
        if own == shape and runs:
            columns = ([run.modes for run in runs], [run.quality for run in runs], [run.divergence for run in runs])
            told = [with_error(values, digits) for values, digits in zip(columns, (1, 1, 2))]
            rows.append([recipe, *told, f"{statistics.mean(run.seconds for run in runs):.0f}"])
    head = [f"{shape} of {len(SHAPES[shape].centers)}", "modes", "high quality, %", "divergence, nats", "seconds"]
    return [*table(head, rows), ""] if rows else []


def with_error(values: list[float], digits: int) -> str:
    """A mean and its standard error."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else math.nan
    return f"{statistics.mean(values):.{digits}f} ± {error:.{digits}f}"


def section(found: dict[str, list[Made]], seeds: int, steps: int | None) -> list[str]:
    each = " and ".join(f"{steps or of.steps:,} of the {shape}" for shape, of in SHAPES.items())
    lines = [f"{seeds} seeds, steps: {each}, one thread; ± is the standard error over seeds:", ""]
    for shape in SHAPES:
        lines += summary(shape, found)
    for shape, of in SHAPES.items():
        recipes = {key: runs for key, runs in found.items() if key.startswith(f"{shape}/")}
        good = {key: runs for key, runs in recipes.items() if mean_of(runs, "quality") >= HIGH_QUALITY} or recipes
        best = max(good, key=lambda key: mean_of(good[key], "modes"))
        reached = mean_of(recipes[best], "modes") >= of.asked and mean_of(recipes[best], "quality") >= HIGH_QUALITY
        told = f"`{best.partition('/')[2]}`: {'reached' if reached else 'MISSED'}"
        lines.append(f"- Asked for of the {shape}: {of.asked} modes and {HIGH_QUALITY:.0f} % of high quality ({told}).")
    spec = text_of("grid", RECIPES["noise, average, R1"], steps or SHAPES["grid"].steps)
    peers = "- PacGAN's table, of 400,000 steps: plain 6.3 ± 0.5 and 17.3 ± 0.8 modes, PacGAN at its best 7.9 and 24.8."
    return [*lines, peers, "- The spec of the grid with all three:", "", "```", *spec.rstrip().splitlines(), "```"]


def mean_of(runs: list[Made], name: str) -> float:
    return statistics.mean(getattr(run, name) for run in runs)


if __name__ == "__main__":
    main()
