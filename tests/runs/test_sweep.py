"""A sweep: what it searches, that killing it changes nothing, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from specc.checking import check_text
from specc.cli.trials import search
from specc.diagnostics import Source
from specc.loading import load_spec
from specc.runs.run import NotARun, Run, open_run
from specc.runs.sweep.best import best_spec
from specc.runs.sweep.space import defaults_of, overrides_of, space_of, taken
from specc.runs.train import Order
from specc.syntax.format import format_text
from specc.syntax.read import read_source
from tests.cli.conftest import Cli
from tests.data.binding import table
from tests.runs.made import REPOSITORY, trained, undrawn_command
from tests.runs.test_same_bits import bits, log

HYPER = """hyper {
  width = int(4, 2 .. 32, log)              # units
  count = int(2, 2 .. 9, step = 4)
  rate  = float(0.05, 1e-3 .. 0.5, log)
  keep  = float(0.25, 0.0 .. 0.9, step = 0.25)
  act   = choice(relu, [relu, tanh, leaky_relu(0.2)])
  how   = choice(sgd(0.1, momentum = 0.9), [adam(0.01), sgd(0.1, momentum = 0.9)])
  bias  = bool(true)
  fixed = int(3)
}
"""
DATA = """data {
  source = csv("t.csv")
  columns { x = number(scale = standard); y = category }
  target = y
}
"""
ALL = (
    HYPER
    + DATA
    + """network { input(features); dense($width, $act); dense($count, bias = $bias); dense($fixed); dropout($keep); output(y) }
train { phase first { optimizer = $how; epochs = 2 }; phase last { optimizer = sgd($rate); epochs = 1 } }
sweep { objective = minimize(validation.loss) }
"""
)
SMALL = (
    """hyper { width = int(4, 2 .. 16); rate = float(0.05, 1e-3 .. 0.5, log) }
"""
    + DATA
    + """network { input(features); dense($width, relu); dropout(0.1); output(y) }
train { optimizer = sgd($rate); epochs = 12; batch = 8; schedule = cosine }
sweep { objective = minimize(validation.loss); trials = 5; prune = median(trials = 2, epochs = 3) }
"""
)


def small(folder: Path, text: str = SMALL) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_text(table(40, lambda i: f"{i},{'ab'[i % 5 > 1]}"))
    (folder / "t.dn").write_text(text)
    return folder / "t.dn"


def sweep_of(path: Path) -> Path:
    return path.parent / "runs" / path.stem / "sweep"


def trials_of(path: Path) -> list[tuple[Any, ...]]:
    """Every trial as the study remembers it, and as its run lies there."""
    url = f"sqlite:///{sweep_of(path) / 'sweep.sqlite'}"
    (name,) = optuna.study.get_all_study_names(url)
    found = []
    for trial in optuna.load_study(study_name=name, storage=url).trials:
        run = Run(sweep_of(path) / f"{trial.number + 1:04d}")
        weights = bits(run) if run.record["status"] == "finished" else b""
        found.append((trial.state, trial.params, trial.value, run.record["status"], run.record["overrides"], log(run), weights))
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that was never stopped."""
    path = small(tmp_path_factory.mktemp("whole"))
    source, (spec, _) = read_source(path), load_spec(path)
    search(Order(path), source, spec, None, 1, None, "")
    return path


def test_every_kind_of_hyperparameter_is_searched_in_its_range() -> None:
    spec = check_text(Source("t.dn", ALL))
    space = space_of(spec, {"bias"})
    assert space == {
        "width": IntDistribution(2, 32, log=True),
        "count": IntDistribution(2, 6, step=4),
        "rate": FloatDistribution(1e-3, 0.5, log=True),
        "keep": FloatDistribution(0.0, 0.75, step=0.25),
        "act": CategoricalDistribution(("relu", "tanh", "leaky_relu(0.2)")),
        "how": CategoricalDistribution(("adam(0.01)", "sgd(0.1, momentum = 0.9)")),
    }
    assert defaults_of(spec, space) == {
        "width": 4,
        "count": 2,
        "rate": 0.05,
        "keep": 0.25,
        "act": "relu",
        "how": "sgd(0.1, momentum = 0.9)",
    }


def test_what_is_proposed_is_what_set_takes(tmp_path: Path) -> None:
    values = {"width": 7, "rate": 1.25e-3, "keep": 0.75, "act": "leaky_relu(0.2)", "how": "adam(0.01)", "bias": False}
    spec, _ = load_spec(small(tmp_path, ALL), overrides_of(values))
    assert {name: spec.hyper[name].value for name in values} == values


@pytest.mark.parametrize(("proposed", "value"), [(0.0123456, 0.01235), (0.12345678, 0.1234567), (0.00100001, 0.001)])
def test_numbers_have_four_digits_and_stay_in_their_range(proposed: float, value: float) -> None:
    assert taken(proposed, FloatDistribution(0.001, 0.1234567)) == pytest.approx(value, abs=6e-5)
    assert 0.001 <= taken(proposed, FloatDistribution(0.001, 0.1234567)) <= 0.1234567


def test_the_first_trial_is_the_spec_itself_and_some_are_given_up(whole: Path) -> None:
    trials = trials_of(whole)
    assert trials[0][1] == {"width": 4, "rate": 0.05}
    assert [status for _, _, _, status, *_ in trials].count("finished") >= 2
    assert {status for _, _, _, status, *_ in trials} == {"finished", "pruned"}
    for state, _, value, status, overrides, *_ in trials:
        assert state.name == {"finished": "COMPLETE", "pruned": "PRUNED"}[status]
        assert [text.partition("=")[0] for text in overrides] == ["width", "rate"]
        if status == "pruned":
            continue
        run = next(Run(sweep_of(whole) / f"{i + 1:04d}") for i, trial in enumerate(trials) if trial[4] == overrides)
        assert value == run.metrics["validation"]["loss"]


def test_a_sweep_killed_twice_ends_with_the_same_trials(whole: Path, tmp_path: Path, cli: Cli) -> None:
    path = small(tmp_path)
    for trial, lines in (("0002", 6), ("0004", 2)):
        child = subprocess.Popen(
            undrawn_command("sweep", path), cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        events = sweep_of(path) / trial / "metrics.jsonl"
        while child.poll() is None and not (events.exists() and events.read_bytes().count(b"\n") >= lines):
            time.sleep(0.002)
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    called = cli("sweep", path)
    assert called.status == 0
    assert "trials have begun" in called.err
    assert trials_of(path) == trials_of(whole)
    assert (sweep_of(path) / "best.dn").read_bytes() == (sweep_of(whole) / "best.dn").read_bytes()


def test_the_best_spec_trains_to_the_best_trial(whole: Path, cli: Cli, device: str) -> None:
    called = cli("sweep", whole)
    assert called.status == 0
    assert "has its 5 trials already; `--trials 10` goes on" in called.err
    lines = called.out.splitlines()
    assert lines[0].split() == ["trial", "validation.loss", "width", "rate", "status"]
    best = Run(sweep_of(whole) / lines[1].split()[0])
    finished = [sweep_of(whole) / line.split()[0] for line in lines[1:-1] if "finished" in line]
    losses = [Run(folder).metrics["validation"]["loss"] for folder in finished]
    assert losses == sorted(losses)
    place = whole.with_name("t_best.dn")
    assert lines[-1] == f"best: trial {best.path.name}; {place} has its values: specc train {place}"
    run = trained(place, device)
    assert (run.path / "weights.safetensors").read_bytes() == (best.path / "weights.safetensors").read_bytes()
    assert run.metrics == best.metrics
    assert (sweep_of(whole) / "sweep.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(NotARun, match=f"the best is {best.path}$"):
        open_run(sweep_of(whole))


def test_what_changed_is_refused(whole: Path, tmp_path: Path, cli: Cli) -> None:
    text = whole.read_text("utf-8")
    for changed, options, code in (
        (text.replace("epochs = 12", "epochs = 13"), [], "E0508"),
        (text, ["--seed", "1"], "E0508"),
        (text, ["--set", "train.epochs=3"], "E0508"),
        (text, ["--storage", f"sqlite:///{tmp_path}/other.sqlite"], "E0508"),
    ):
        whole.write_text(changed)
        called = cli("sweep", whole, *options)
        whole.write_text(text)
        assert (called.status, called.out) == (1, "")
        assert f"error[{code}]" in called.err
        assert "`mv " in called.err
    rows = whole.with_name("t.csv").read_text()
    whole.with_name("t.csv").write_text(rows.replace("\n3,", "\n3.5,"))
    called = cli("sweep", whole)
    whole.with_name("t.csv").write_text(rows)
    assert called.status == 1
    assert "error[E0409]: `t.csv` has changed since the sweep began" in called.err


def test_failed_trials_are_told_and_do_not_stop_the_others(tmp_path: Path, cli: Cli) -> None:
    text = SMALL.replace("float(0.05, 1e-3 .. 0.5, log)", "choice(0.05, [0.05, 1e30])").replace("int(4, 2 .. 16)", "int(4)")
    path = small(tmp_path, text.replace("epochs = 12", "epochs = 1"))
    called = cli("sweep", path, "--trials", 4, "--seed", 2)
    assert called.status == 0
    assert "failed: training diverged" in called.err
    assert len(called.out.splitlines()) == 6
    for line in called.out.splitlines()[1:-1]:
        assert line.split()[2:] == (["0.05", "finished"] if "finished" in line else ["1e+30", "failed"])
    again = cli("sweep", path, "--trials", 4, "--seed", 2)
    assert again.out == called.out


def test_two_jobs_share_a_storage_with_nobody_losing_a_trial(tmp_path: Path, cli: Cli) -> None:
    path = small(tmp_path, SMALL.replace("epochs = 12", "epochs = 2").replace("median(trials = 2, epochs = 3)", "never"))
    storage = f"sqlite:///{tmp_path}/shared.sqlite"
    called = cli("sweep", path, "--trials", 3, "--jobs", 2, "--storage", storage)
    assert called.status == 0
    (name,) = optuna.study.get_all_study_names(storage)
    trials = optuna.load_study(study_name=name, storage=storage).trials
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 3
    assert sorted(p.name for p in sweep_of(path).iterdir() if p.is_dir()) == ["0001", "0002", "0003"]
    assert json.loads((sweep_of(path) / "sweep.json").read_text())["study"] == name
    other = small(tmp_path / "other machine?", path.read_text())
    joined = cli("sweep", other, "--trials", 4, "--storage", storage)
    assert joined.status == 0
    assert len(joined.out.splitlines()) == 6
    assert [p.name for p in sweep_of(other).iterdir() if p.is_dir()] == ["0004"]
    assert optuna.study.get_all_study_names(storage) == [name]


def test_the_best_values_stand_where_the_defaults_stood() -> None:
    values = {"width": 17, "count": 6, "rate": 0.0123, "keep": 0.5, "act": "leaky_relu(0.2)", "how": "adam(0.01)", "bias": False}
    before = format_text(Source("t.dn", ALL))
    text = best_spec(before, values)
    assert format_text(Source("t.dn", text)) == text
    spec = check_text(Source("t.dn", text))
    assert {name: value.value for name, value in spec.hyper.items()} == values | {"fixed": 3}
    assert [line for line in text.splitlines() if line not in before.splitlines()] == [
        f"{'  width = int(17, 2 .. 32, log)':41}# units",
        "  count = int(6, 2 .. 9, step = 4)",
        "  rate  = float(0.0123, 1e-3 .. 0.5, log)",
        "  keep  = float(0.5, 0.0 .. 0.9, step = 0.25)",
        "  act   = choice(leaky_relu(0.2), [relu, tanh, leaky_relu(0.2)])",
        "  how   = choice(adam(0.01), [adam(0.01), sgd(0.1, momentum = 0.9)])",
        "  bias  = bool(false)",
    ]


@pytest.mark.parametrize(
    ("before", "after", "options", "status", "said"),
    [
        ("sweep { objective", "# sweep { objective", [], 1, "it has no `sweep`"),
        ("target = y\n", "target = y; split = folds(5)\n", [], 1, "name one: `folds(5, fold = 1)`"),
        ("", "", ["--set", "rate=0.1", "--set", "width=4"], 2, "nothing is left to search"),
        ("", "", ["--storage", "nothing"], 2, "is no URL of a database"),
        ("", "", ["--storage", "sqlite:////nowhere/at/all.sqlite"], 2, "cannot be opened"),
        ("t.csv", "absent.csv", [], 1, "error[E04"),
    ],
)
def test_mistakes_are_told(before: str, after: str, options: list[str], status: int, said: str, tmp_path: Path, cli: Cli) -> None:
    path = small(tmp_path, SMALL.replace(before, after))
    called = cli("sweep", path, *options)
    assert (called.status, called.out) == (status, "")
    assert said in called.err
    assert not sweep_of(path).exists()
