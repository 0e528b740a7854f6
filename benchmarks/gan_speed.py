"""A step of adversarial training: specc beside the same gan in a hand-written PyTorch loop, in turn, in one process.

    OMP_NUM_THREADS=1 python -m benchmarks.gan_speed

One thread; a few steps of one after a few of the other, round after round; a figure is the median over the rounds, a ratio the
median of the rounds' ratios. The clock is the processor time of the process. A step takes a batch, makes as many rows, updates
the discriminator by both apart, and the generator by the same rows; specc's also measures scores, accuracy and the gradient.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.results import table, write_section
from specc.diagnostics import Source
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module
from specc.training.loop import Training
from specc.training.streams import Streams

ROUNDS, WARM, BATCH = 40, 3, 128
RATE, BETAS = 2e-4, (0.5, 0.999)
POINTS = """  latent(2)
  generator { each(units = [128, 128, 128]) { dense($units); relu }; dense(2) }
  discriminator { input(rows); each(units = [128, 128, 128]) { dense($units); leaky_relu(0.2) }; dense(1) }"""
IMAGES = """  latent(64)
  generator {
    dense(7 * 7 * 64); reshape([64, 7, 7]); batch_norm; relu
    conv2d_transpose(32, 4, stride = 2, padding = 1); batch_norm; relu
    conv2d_transpose(1, 4, stride = 2, padding = 1, activation = tanh)
  }
  discriminator {
    input(rows)
    conv2d(32, 4, stride = 2, padding = 1); leaky_relu(0.2)
    conv2d(64, 4, stride = 2, padding = 1); leaky_relu(0.2)
    flatten; dense(1)
  }"""
SPEC = """data {{
  source = npz("rows.npz")
  columns {{ rows = {column} }}
  split = provided
}}
gan {{
{model}
}}
train {{ loss = non_saturating; optimizer = adam({rate}, betas = [{betas[0]}, {betas[1]}]); batch = {batch}; epochs = 1 }}
"""
Step = Callable[[int], object]


class Case:
    """The same gan twice: a spec, and two modules of PyTorch; `steps` make a round."""

    def __init__(
        self, name: str, column: str, model: str, rows: Tensor, latent: int, parts: tuple[nn.Module, nn.Module], steps: int
    ) -> None:
        self.name, self.rows, self.latent, self.steps = name, rows, latent, steps
        self.text = SPEC.format(column=column, model=model, rate=RATE, betas=BETAS, batch=BATCH)
        self.generator, self.discriminator = parts


def main() -> None:
    torch.set_num_threads(1)
    lines = []
    for case in (points(), images()):
        ours, theirs = measured(case)
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        lines.append([case.name, *(f"{1e3 * statistics.median(times):.2f} ms" for times in (ours, theirs)), f"{ratio:.2f}"])
    head = ["gan", "specc", "PyTorch by hand", "ratio"]
    write_section("Adversarial training: a step", "python -m benchmarks.gan_speed", table(head, lines))


def points() -> Case:
    """Rows of two numbers, three layers of 128 units on either side."""
    rows = torch.randn(20 * BATCH, 2, generator=torch.Generator().manual_seed(0))
    generator = nn.Sequential(*_layers(2, nn.ReLU), nn.Linear(128, 2))
    discriminator = nn.Sequential(*_layers(2, lambda: nn.LeakyReLU(0.2)), nn.Linear(128, 1))
    return Case("points, 3 × 128", "array([2])", POINTS, rows, 2, (generator, discriminator), 20)


def _layers(inputs: int, activation: Callable[[], nn.Module]) -> list[nn.Module]:
    return [layer for a, b in pairwise([inputs, 128, 128, 128]) for layer in (nn.Linear(a, b), activation())]


def images() -> Case:
    """Images of 28 × 28, two convolutions on either side."""
    rows = torch.rand(4 * BATCH, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    generator = nn.Sequential(
        *(nn.Linear(64, 7 * 7 * 64), nn.Unflatten(1, (64, 7, 7)), nn.BatchNorm2d(64), nn.ReLU()),
        *(nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Tanh()),
    )
    discriminator = nn.Sequential(
        *(nn.Conv2d(1, 32, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(32, 64, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Flatten(), nn.Linear(7 * 7 * 64, 1)),
    )
    return Case("images, two convolutions", "array([1, 28, 28])", IMAGES, rows, 64, (generator, discriminator), 1)


def measured(case: Case) -> tuple[list[float], list[float]]:
    """Seconds of a step in each round: of specc, and by hand."""
    subjects = specc_step(case), hand_step(case)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + WARM):
        for step, own in zip(subjects, times):
            started = time.process_time()
            for index in range(case.steps):
                step((number * case.steps + index) % (len(case.rows) // BATCH))
            if number >= WARM:
                own.append((time.process_time() - started) / case.steps)
    return times


def specc_step(case: Case) -> Step:
    """What the loop calls for a step, the batch taken from the rows included."""
    with tempfile.TemporaryDirectory() as folder:
        rows = case.rows.numpy()
        np.savez(Path(folder) / "rows.npz", train_rows=rows, test_rows=rows[:BATCH])
        spec, report = check_source(Source("speed.dn", case.text), Path(folder))
        spec, dataset = bind_spec(spec, report, Path(folder))
    module, streams = build_module(spec), Streams(0)
    module.start(streams["weights"])  # type: ignore[operator]
    training = Training(spec, dataset, module, streams, torch.device("cpu"))
    course = training._course(spec.phases[0])
    training.state = course.state
    epoch = training._begun(course)
    module.train()
    return lambda index: training._step(course, epoch, index)


def hand_step(case: Case) -> Step:
    """The same step as one writes it: real and generated rows apart, the discriminator's weights held in the generator's turn."""
    generator, discriminator = case.generator, case.discriminator
    adam = [torch.optim.Adam(part.parameters(), RATE, betas=BETAS) for part in (generator, discriminator)]
    order = torch.randperm(len(case.rows))

    def step(index: int) -> None:
        rows = case.rows[order[index * BATCH : (index + 1) * BATCH]]
        made = generator(torch.randn(BATCH, case.latent))
        adam[1].zero_grad()
        real, generated = discriminator(rows), discriminator(made.detach())
        loss = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
        loss = loss + F.binary_cross_entropy_with_logits(generated, torch.zeros_like(generated))
        loss.backward()
        adam[1].step()
        adam[0].zero_grad()
        discriminator.requires_grad_(False)
        deceived = discriminator(made)
        F.binary_cross_entropy_with_logits(deceived, torch.ones_like(deceived)).backward()
        discriminator.requires_grad_(True)
        adam[0].step()
        loss.item()

    return step


if __name__ == "__main__":
    main()
