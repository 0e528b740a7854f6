"""Memory: what surely does not fit is refused before anything is allocated; where it runs out, what would fit is said."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from specc import memory
from specc.diagnostics import Diagnostic, SpecError
from specc.loading import bind_spec, load_spec
from specc.memory import Need, bytes_of, fitting_batch, free_memory, need_of, spoken_bytes
from specc.pytorch.source import build_module
from specc.runs.budget import is_out_of_memory
from specc.runs.run import Run
from specc.runs.train import Silent, TrainingFailed
from specc.training.boltzmann.rows import VisibleRows
from specc.training.optimizers import update
from specc.training.rows import rows_of
from specc.vocabulary.families import Optimizer
from tests.runs.made import REPOSITORY, trained
from tests.runs.test_failures import marked, write_spec
from tests.runs.test_same_bits import bits
from tests.training.test_optimizers import CLOCK, PAIRS, flat_parameters, loss_of, started

MEBIBYTE = 1 << 20


def refusal(path: Path, device: str, **options: object) -> Diagnostic:
    with pytest.raises(SpecError) as error:
        trained(path, device, **options)  # type: ignore[arg-type]
    assert not (path.parent / "runs").exists()
    (found,) = error.value.report
    return found


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 64 MiB free."""
    monkeypatch.setattr("specc.runs.budget.free_memory", lambda: 64 * MEBIBYTE)
    monkeypatch.setattr("specc.runs.budget.free_on", lambda device: 64 * MEBIBYTE if device.type == "cuda" else None)


def test_a_batch_that_does_not_fit_is_refused_with_one_that_does(tmp_path: Path, device: str, little: None) -> None:
    # 4,000 rows of a network that gives 7,000 numbers a row and a few: 107 MiB.
    network = "input(features)\ndense(10)\n" + "dense(3_500)\ndense(10)\n" * 2 + "output(y)"
    path = write_spec(tmp_path, network, "epochs = 1\nbatch = 4_000", rows=6_000)
    found = refusal(path, device)
    assert found.code == "E0507"
    assert re.fullmatch(r"training needs at least 11\d MiB of memory, and 64.0 MiB are free( on cuda)?", found.message)
    assert marked(path, found) == "4_000"
    assert found.label == "a batch of 4,000 rows takes 107 MiB in all layers together"
    (fits,) = re.findall(r"`batch = (\d+)` would fit", found.help)
    path.write_text(path.read_text("utf-8").replace("4_000", fits))
    assert trained(path, device).record["status"] == "finished"


def test_weights_that_do_not_fit_are_refused_at_their_layer(tmp_path: Path, device: str, little: None) -> None:
    path = write_spec(tmp_path, "input(features)\ndense(1_500)\ndense wide(3_000)\noutput(y)", "epochs = 1\nbatch = 8")
    found = refusal(path, device)
    assert marked(path, found) == "dense wide(3_000)"
    assert found.label.startswith("`wide` has 4,503,000 weights; with gradients and copies all of them take ")
    (fits,) = re.findall(r"^with ([\d,]+) units instead of 3,000 it would fit$", found.help)
    path.write_text(path.read_text("utf-8").replace("3_000", fits.replace(",", "")))
    assert trained(path, device).record["status"] == "finished"


def test_rows_that_are_measured_must_fit_too(tmp_path: Path, device: str, little: None) -> None:
    path = write_spec(tmp_path, "input(features)\ndense(4)\ndense(20_000)\noutput(y)", "epochs = 1\nbatch = 1", rows=6_000)
    found = refusal(path, device)
    assert marked(path, found) == "dense(20_000)"
    assert found.label == "`dense_2` gives 20,000 numbers a row, and 2,048 rows are answered at once"


def test_the_phase_that_does_not_fit_is_named(tmp_path: Path, device: str, little: None) -> None:
    network = "input(features)\ndense(10)\ndense(20_000)\ndense(10)\noutput(y)"
    train = "phase one { epochs = 1; batch = 4; rows = 100 }\nphase two { epochs = 1; batch = all; rows = 1_000 }"
    found = refusal(write_spec(tmp_path, network, train, rows=1_500), device)
    assert found.message.startswith("the phase `two` needs at least ")


def test_what_may_be_taken_can_be_said(tmp_path: Path) -> None:
    network = "input(features)\ndense(10)\ndense(20_000)\ndense(10)\noutput(y)"
    path = write_spec(tmp_path, network, "epochs = 1\nbatch = all\nrows = 1_000", rows=1_500)
    found = refusal(path, "cpu", max_memory=memory.used_memory() + 50 * MEBIBYTE)
    assert re.fullmatch(
        r"training needs at least [\d.]+ MiB of memory, and `--max-memory` leaves [\d.]+ MiB beside the .* in use", found.message
    )
    assert trained(path, "cpu", max_memory=1 << 40).record["status"] == "finished"


def test_a_machine_that_does_not_say_what_is_free_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.runs.budget.free_memory", lambda: None)
    path = write_spec(tmp_path, "input(features)\ndense(2_000)\noutput(y)", "epochs = 1\nbatch = all")
    assert trained(path, "cpu").record["status"] == "finished"


@pytest.mark.parametrize(("part", "reference"), PAIRS, ids=[repr(part) for part, _ in PAIRS])
def test_what_optimizers_remember_is_what_is_counted(part: Optimizer, reference: object) -> None:
    module = started()
    flat = flat_parameters(module, part)
    flat.clear_gradient()
    loss_of(module, 1).backward()
    for group in flat.groups:
        update(group, 0.01, CLOCK)
        momentum = int(part.written("momentum")) if hasattr(part, "momentum") else 0
        assert len(group.memory) == part.remembers + momentum


@pytest.mark.parametrize(
    ("need", "room", "fits"),
    [
        (Need(100, 0, 10, 64, 1), 100 + 2 * 10 * 8, 8),
        (Need(100, 0, 10, 64, 1), 100 + 2 * 10 * 15, 8),
        (Need(100, 0, 10, 64, 1), 100 + 19, 0),
        (Need(100, 500, 10, 64, 1), 599, 0),
        (Need(100, 0, 10, 64, 20), 250, 0),
        (Need(0, 0, 0, 64, 20), 0, 64),
    ],
)
def test_the_batch_that_fits(need: Need, room: int, fits: int) -> None:
    assert fitting_batch(need, room) == fits


PEAK = """
import sys
from pathlib import Path
import torch
from specc.memory import used_memory
from specc.runs.train import Interrupted, Order, Silent, train_spec

def peak():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))

class Measures(Silent):
    def begins(self, *given):
        torch.nn.functional.linear(torch.ones(8, 8, requires_grad=True), torch.ones(8, 8)).sum().backward()
        Path("/proc/self/clear_refs").write_text("5")
        self.before = used_memory()
    def stage(self, name):
        if name == "evaluating":
            print(peak() - self.before)
            raise KeyboardInterrupt

try:
    train_spec(Order(Path(sys.argv[1]), device="cpu"), Measures())
except Interrupted:
    pass
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not tell a peak")
def test_training_takes_what_was_counted_and_not_twice_that(tmp_path: Path) -> None:
    network = "input(features)\n" + "dense(700, relu)\n" * 10 + "output(y)"
    path = write_spec(tmp_path, network, "epochs = 1\nbatch = all\noptimizer = sgd(0.01)", rows=2_000)
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    spec, _ = bind_spec(*load_spec(path), path.parent)  # a run's own record no longer tells what was written
    assert spec.bound is not None
    need = need_of(spec, spec.phases[0], spec.bound.rows["train"])
    assert need.total > 50 * MEBIBYTE
    assert need.total <= int(done.stdout) <= 2 * need.total


MACHINE = """data {
  source = npz("digits.npz")
  columns { image = image([1, 8, 8], scale = unit, binarize = BINARIZE); digit = category }
}
rbm { visible(image); hidden(30) }
train { procedure = PROCEDURE; epochs = 1; batch = 50 }
"""


@pytest.mark.parametrize(("binarize", "held"), [("static", 1_797 * 64 * 4), ("stochastic", 0)])
def test_a_machine_is_counted_with_the_rows_that_it_holds_and_its_chains(binarize: str, held: int, tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "specs" / "data" / "digits.npz", tmp_path / "digits.npz")
    needs = []
    for procedure in ("contrastive_divergence", "parallel_tempering(chains = 7, temperatures = 5)"):
        path = tmp_path / "digits.dn"
        path.write_text(MACHINE.replace("BINARIZE", binarize).replace("PROCEDURE", procedure))
        spec, dataset = bind_spec(*load_spec(path), path.parent)
        (phase,) = spec.phases
        needs.append(need_of(spec, phase, len(dataset.rows["train"])))
        seen = VisibleRows(spec, "hidden_1", rows_of(spec, dataset, torch.device("cpu")), build_module(spec))
        assert needs[-1].held == held == (0 if seen.held is None else seen.held.nbytes)
    assert [need.row for need in needs] == [4 * 3 * (64 + 30), 4 * (64 + 30)]
    assert needs[1].standing - needs[0].standing == 4 * 2 * 35 * (64 + 30)


def test_rows_that_a_machine_cannot_hold_are_named(tmp_path: Path, device: str) -> None:
    shutil.copy(REPOSITORY / "specs" / "data" / "digits.npz", tmp_path / "digits.npz")
    path = tmp_path / "digits.dn"
    path.write_text(MACHINE.replace("BINARIZE", "static").replace("PROCEDURE", "persistent_contrastive_divergence(chains = 5)"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("free_memory", "free_on"):
            patch.setattr(f"specc.runs.budget.{name}", lambda *device: MEBIBYTE // 2)
        found = refusal(path, device)
    assert re.fullmatch(r"training needs at least 8\d\d KiB of memory, and 512 KiB are free( on cuda)?", found.message)
    assert marked(path, found) == "hidden(30)"
    assert found.label == "`hidden_1` holds what it sees of every row: 449 KiB"


RUNS_OUT = """
import resource, sys
from pathlib import Path
from specc.runs.train import Order, Silent, TrainingFailed, train_spec
from specc.diagnostics.render import render

class Fills(Silent):
    def stage(self, name): ...
    def epoch(self, event):
        if event["phase"] == "large":
            return
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (16 << 20), resource.RLIM_INFINITY))

try:
    train_spec(Order(Path(sys.argv[1]), device="cpu"), Fills())
except TrainingFailed as failure:
    sys.stdout.write(render(failure.report, False))
    sys.exit(3)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a process is set as Linux does")
def test_memory_that_runs_out_while_training_says_what_would_fit_and_loses_nothing(tmp_path: Path) -> None:
    network = "input(features)\ndense(8, relu)\ndense(10_000, relu)\ndense(8)\noutput(y)"
    train = "phase small { epochs = 1; batch = 8; rows = 80 }\nphase large { epochs = 1; batch = 1_000 }"
    path = write_spec(tmp_path / "short", network, train, rows=1_500)
    done = subprocess.run(
        [sys.executable, "-c", RUNS_OUT, str(path)], capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    assert (done.returncode, done.stderr) == (3, "")
    first, *_ = done.stdout.splitlines()
    pattern = r"error\[E0507\]: out of memory with batches of 1,000 rows: 38.1 MiB more were asked for, and [\d.]+ MiB were free"
    assert re.fullmatch(pattern, first)
    assert re.search(r"= help: `batch = \d+` would fit", done.stdout)
    run = Run(tmp_path / "short" / "runs" / "t" / "0001")
    assert run.record["status"] == "failed"
    assert run.history[-1]["event"] == "E0507"
    resumed = trained(path, "cpu", resume=True)
    whole = trained(write_spec(tmp_path / "whole", network, train, rows=1_500), "cpu")
    assert bits(resumed) == bits(whole)


class RunsOut(Silent):
    """A machine without memory."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def step(self, phase, clock) -> None:
        raise self.error


OUT = [
    (MemoryError(), ""),
    (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 10"), "2.00 GiB"),
    (
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."
        ),
        "8 B",
    ),
    (MemoryError("Unable to allocate 7.45 GiB for an array with shape (1000000000,) and data type float64"), "7.45 GiB"),
    (OSError(12, "Cannot allocate memory"), ""),
]


@pytest.mark.parametrize(("error", "asked"), OUT)
def test_no_memory_is_said_at_the_batch(error: BaseException, asked: str, tmp_path: Path, device: str) -> None:
    path = write_spec(tmp_path, "input(features)\noutput(y)", "epochs = 1\nbatch = 16")
    with pytest.raises(TrainingFailed) as caught:
        trained(path, device, RunsOut(error))
    (found,) = caught.value.report
    assert found.code == "E0507"
    more = f"{asked} more were asked for, and " if asked else ""
    assert found.message.startswith(f"out of memory with batches of 16 rows: {more}")
    assert marked(path, found) == "16"
    assert found.help == "`batch = 8` would fit"


@pytest.mark.parametrize("error", [RuntimeError("a wrong memory format"), OSError(28, "No space left"), ValueError("memory")])
def test_other_faults_are_not_taken_for_it(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_a_file_that_memory_does_not_hold_is_refused_before_it_is_read(
    tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_spec(tmp_path, "input(features)\noutput(y)", "epochs = 1")
    monkeypatch.setattr("specc.data.files.free_memory", lambda: 100)
    found = refusal(path, device)
    size = (tmp_path / "t.csv").stat().st_size
    assert (found.code, found.message) == ("E0507", f"`t.csv` has {size} B, and 100 B of memory are free")
    assert marked(path, found) == 'csv("t.csv")'


# ---- what is free


def machine(folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> int | None:
    """The free memory of a machine whose system says this."""
    for name, text in ({"proc/meminfo": "MemAvailable: 1000 kB\nSwapFree: 24 kB\n", "proc/self/cgroup": ""} | files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.setattr(memory, "PROC", folder / "proc")
    monkeypatch.setattr(memory, "CONTROL_GROUPS", folder / "cgroup")
    return free_memory()


def test_the_machine_counts_with_its_swap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine(tmp_path, monkeypatch, {}) == 1024 * 1024


def test_a_control_group_and_those_above_it_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "proc/self/cgroup": "0::/jobs/mine\n",
        "cgroup/jobs/mine/memory.max": "max\n",
        "cgroup/jobs/mine/memory.current": "5\n",
        "cgroup/jobs/memory.max": "100000\n",
        "cgroup/jobs/memory.current": "60000\n",
        "cgroup/jobs/memory.stat": "anon 40000\ninactive_file 20000\n",
    }
    assert machine(tmp_path, monkeypatch, files) == 60_000
    files |= {"cgroup/jobs/memory.swap.max": "700\n", "cgroup/jobs/memory.swap.current": "0\n"}
    assert machine(tmp_path, monkeypatch, files) == 60_700


def test_a_control_group_of_the_first_kind_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "proc/self/cgroup": "3:cpuset:/\n2:memory:/box\n",
        "cgroup/memory/box/memory.limit_in_bytes": "5000\n",
        "cgroup/memory/box/memory.usage_in_bytes": "2000\n",
    }
    assert machine(tmp_path, monkeypatch, files) == 3_000


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a process is known on Linux")
def test_the_limit_of_the_process_counts() -> None:
    code = (
        "import resource\nfrom pathlib import Path\nfrom specc.memory import free_memory\n"
        "pages = int(Path('/proc/self/statm').read_text().split()[0])\n"
        "resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (10 << 20), resource.RLIM_INFINITY))\n"
        "print(free_memory())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert 9 << 20 < int(done.stdout) <= 10 << 20


@pytest.mark.parametrize(
    ("text", "size"), [("8GiB", 8 << 30), ("500MB", 500_000_000), ("1.5g", 3 << 29), ("100", 100), ("2 k", 2048), ("much", None)]
)
def test_amounts_of_memory(text: str, size: int | None) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize(("size", "text"), [(64, "64 B"), (1638, "1.6 KiB"), (12 << 30, "12.0 GiB"), (300 << 20, "300 MiB")])
def test_bytes_are_spoken(size: int, text: str) -> None:
    assert spoken_bytes(size) == text
