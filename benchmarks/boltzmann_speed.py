"""One update of a restricted Boltzmann machine: specc, its five matrix products alone, scikit-learn and learnergy, side by side.

    OMP_NUM_THREADS=1 python -m benchmarks.boltzmann_speed

Everything runs in one process on one thread, a few updates of one after a few of the next, round after round; a figure is the
median over the rounds, a ratio the median of the rounds' ratios. The clock is the processor time of the process, which others
on the machine do not enter. learnergy is measured where it is installed: `pip install -r benchmarks/boltzmann_peers.txt`.
"""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.results import table, write_section
from specc.diagnostics import Source
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module
from specc.training.loop import Training
from specc.training.streams import Streams

ROUNDS = 60
PICTURES = Path(__file__).parent / "pictures"
SIZES = [(784, 500, 100, 3), (64, 64, 10, 60)]
"""Visible units, hidden units, rows of a batch, updates in a round."""
FLOOR, PEER, SLOW = "five matrix products", "scikit-learn BernoulliRBM", "learnergy RBM, its update alone"
PLAIN, PERSISTENT = "specc CD-1", "specc PCD-1"
SPEC = """data {{
  source = npz("rows.npz")
  columns {{ x = array([{visible}], scale = minmax) }}
  split = provided
}}
rbm {{ visible(x); hidden({hidden}) }}
train {{ procedure = {procedure}; optimizer = sgd({optimizer}); batch = {batch}; epochs = 1 }}
"""
OURS = {
    PLAIN: ("contrastive_divergence(centered = false)", "0.01"),
    "specc CD-1, centred": ("contrastive_divergence(centered = true)", "0.01"),
    "specc CD-1, momentum": ("contrastive_divergence(centered = false)", "0.01, momentum = 0.5"),
    PERSISTENT: ("persistent_contrastive_divergence(chains = {batch}, centered = false)", "0.01"),
}
Update = Callable[[], object]


def main() -> None:
    torch.set_num_threads(1)
    lines, found = [], {}
    for visible, hidden, batch, updates in SIZES:
        rows = (np.random.default_rng(0).random((10 * batch, visible)) < 0.3).astype(np.float32)
        times = measure(subjects(rows, hidden, batch), updates)
        found[f"{visible} × {hidden}, batch {batch}"] = times
        lines += [f"{visible} × {hidden}, batch {batch}:", "", *rows_of(times), ""]
    picture(found, PICTURES / "boltzmann_speed.png")
    lines += [
        "- Plain gradient descent without momentum, single precision, one thread; an update is what training calls for a batch.",
        "- scikit-learn's is what its `fit` calls for a batch (persistent, one step); learnergy's is the body of its loop.",
        "",
        "![the time of an update](pictures/boltzmann_speed.png)",
    ]
    write_section("Restricted Boltzmann machines: an update", "python -m benchmarks.boltzmann_speed", lines)


def subjects(rows: np.ndarray, hidden: int, batch: int) -> dict[str, Update]:
    """What is measured, by name."""
    first = torch.from_numpy(rows[:batch])
    found: dict[str, Update] = {FLOOR: products(first, hidden)}
    for name, (procedure, optimizer) in OURS.items():
        found[name], loop = specc_updates(rows, hidden, batch, procedure.format(batch=batch), optimizer)
        if name == PLAIN:
            found["specc CD-1 with the loop around it"] = loop
    found[PEER] = scikit_learn(rows[:batch], hidden)
    if importlib.util.find_spec("learnergy") is not None:
        found[SLOW] = learnergy(first, hidden)
    return found


def products(v: torch.Tensor, hidden: int) -> Update:
    """Up, down, up and the two products of the statistics, into memory that is there."""
    weight = torch.randn(hidden, v.shape[1]) * 0.01
    up, h, back, gradient = weight.t(), torch.empty(len(v), hidden), torch.empty_like(v), torch.empty_like(weight)

    def update() -> None:
        torch.mm(v, up, out=h)
        torch.mm(h, weight, out=back)
        torch.mm(back, up, out=h)
        torch.mm(h.t(), v, out=gradient)
        torch.mm(h.t(), back, out=gradient)

    return update


def specc_updates(rows: np.ndarray, hidden: int, batch: int, procedure: str, optimizer: str) -> tuple[Update, Update]:
    """The procedure's step on one batch, and the loop's step with all that is around it."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "rows.npz", train_x=rows, test_x=rows[:batch])
        text = SPEC.format(visible=rows.shape[1], hidden=hidden, batch=batch, procedure=procedure, optimizer=optimizer)
        spec, report = check_source(Source("speed.dn", text), Path(folder))
        spec, dataset = bind_spec(spec, report, Path(folder))
    module, streams = build_module(spec), Streams(0)
    module.start(streams["weights"])  # type: ignore[operator]
    training = Training(spec, dataset, module, streams, torch.device("cpu"))
    course = training._course(spec.phases[0])
    training.state = course.state
    epoch = training._begun(course)
    batches = [course.procedure.batch(epoch.numbers, slice(0, batch), streams)]

    def update() -> None:
        course.procedure.step(course.state, batches, course.clock)

    return update, lambda: training._step(course, epoch, 0)


def scikit_learn(rows: np.ndarray, hidden: int) -> Update:
    from sklearn.neural_network import BernoulliRBM

    model = BernoulliRBM(n_components=hidden, batch_size=len(rows), learning_rate=0.01, n_iter=1, random_state=0)
    model.fit(rows)
    generator = np.random.RandomState(0)
    return lambda: model._fit(rows, generator)


def learnergy(rows: torch.Tensor, hidden: int) -> Update:
    """The body of the loop of its `fit`."""
    from learnergy.models.bernoulli import RBM

    model = RBM(n_visible=rows.shape[1], n_hidden=hidden, steps=1, learning_rate=0.01)

    def update() -> None:
        samples = model.gibbs_sampling(rows)[-1].detach()
        cost = torch.mean(model.energy(rows)) - torch.mean(model.energy(samples))
        model.optimizer.zero_grad()
        cost.backward()
        model.optimizer.step()
        torch.div(torch.sum(torch.pow(rows - samples, 2)), rows.size(0)).detach()
        model.pseudo_likelihood(rows).detach()

    return update


def measure(found: dict[str, Update], updates: int) -> dict[str, list[float]]:
    """Seconds of an update in each round, by the subject's name."""
    times: dict[str, list[float]] = {name: [] for name in found}
    for number in range(ROUNDS + 3):
        for name, update in found.items():
            started = time.process_time()
            for _ in range(updates):
                update()
            if number >= 3:  # the first rounds fill caches
                times[name].append((time.process_time() - started) / updates)
    return times


def rows_of(times: dict[str, list[float]]) -> list[str]:
    """Each subject's time, and what it is in times of the products, and of specc's plain update."""
    lines = []
    for name, own in times.items():
        ratios = [ratio(own, times[other]) for other in (FLOOR, PLAIN, PERSISTENT)]
        lines.append([name, f"{1e6 * statistics.median(own):.0f} µs", *ratios])
    return table(["update", "time", "to the products", "to specc CD-1", "to specc PCD-1"], lines)


def ratio(own: list[float], other: list[float]) -> str:
    return f"{statistics.median(a / b for a, b in zip(own, other)):.2f}"


def picture(found: dict[str, dict[str, list[float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(found), figsize=(11, 3.2), constrained_layout=True)
    for axis, (title, times) in zip(axes, found.items()):
        names = list(times)[::-1]
        values = [1e6 * statistics.median(times[name]) for name in names]
        axis.barh(names, values, color=["tab:blue" if name.startswith("specc") else "tab:gray" for name in names])
        axis.bar_label(axis.containers[0], fmt="%.0f", padding=2)
        axis.set(title=title, xlabel="microseconds an update", xlim=(0, 1.15 * max(values)))
        axis.spines[["top", "right"]].set_visible(False)
    axes[1].set_yticklabels([])
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
