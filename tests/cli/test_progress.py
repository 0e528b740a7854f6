"""What a run shows while it goes: numbers as people read them, tables that fit, lines of a terminal that do not wrap."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from specc.cli.live import LiveDisplay
from specc.cli.numbers import number, of_epochs, readable, short, spoken, took
from specc.cli.progress import PlainLines
from specc.cli.tables import metrics_table
from specc.ir import Phase, Spec
from specc.runs.run import Run
from specc.training.clock import Clock


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0000"),
        (0.5, "0.5000"),
        (-0.25, "-0.2500"),
        (0.00012345, "1.234e-04"),
        (99.12345, "99.1235"),
        (1234.56, "1,234.6"),
        (54321.6, "54,322"),
        (2.5e9, "2.500e+09"),
        (math.nan, "-"),
        (math.inf, "-"),
        (None, "-"),
    ],
)
def test_numbers_have_as_many_figures_as_help(value: float | None, text: str) -> None:
    assert number(value) == text


def test_an_estimate_has_the_figures_of_its_error() -> None:
    measured = {"reconstruction_error": 0.0395, "log_likelihood": -128.8312, "log_likelihood_reverse": -129.7368}
    exact = {"log_likelihood": -128.8312}
    assert readable(measured | {"log_likelihood_error": 0.1746}) == {
        "reconstruction_error": "0.0395",
        "log_likelihood": "-128.83 ± 0.17",
        "log_likelihood_reverse": "-129.74",
    }
    assert readable(measured | {"log_likelihood_error": 2.5})["log_likelihood"] == "-128.8 ± 2.5"
    assert readable(measured | {"log_likelihood_error": 31.0})["log_likelihood"] == "-129 ± 31"
    assert readable(measured | {"log_likelihood_error": math.nan})["log_likelihood"] == "-128.8"
    assert readable(exact) == {"log_likelihood": "-128.8"}
    assert readable({"root_mean_squared_error": 2.0, "loss": None}) == {"root_mean_squared_error": "2.0000", "loss": "-"}


def test_times_names_and_epochs() -> None:
    assert [took(seconds) for seconds in (0.42, 9.9, 42, 185, 3723)] == ["0.4 s", "9.9 s", "42 s", "3:05", "1:02:03"]
    assert [short("price.mean_absolute_error"), short("loss")] == ["price.mae", "loss"]
    assert [spoken("price.mean_absolute_error"), spoken("r2")] == ["price: mean absolute error", "r2"]
    assert [of_epochs(3, 120), of_epochs(7, None)] == ["  3/120", "7"]


def test_a_table_that_is_too_wide_is_turned() -> None:
    metrics = {"train": {"loss": 0.5, "mean_absolute_error": 2.0, "confusion_matrix": [[1]]}, "test": {"loss": 1.5}}
    assert metrics_table(metrics).splitlines() == [
        "         loss  mean absolute error",
        "train  0.5000               2.0000",
        "test   1.5000                    -",
    ]
    assert metrics_table(metrics, width=30).splitlines() == [
        "                      train    test",
        "loss                 0.5000  1.5000",
        "mean absolute error  2.0000       -",
    ]


def event(epoch: int, **further: object) -> dict:
    measured = {"loss": 0.5, "accuracy": 0.75, "root_mean_squared_error": 123_456.7, "auroc": None}
    return {"phase": "train", "epoch": epoch, "train": measured, "validation": measured} | further


@pytest.fixture
def spec(iris_run: Run) -> Spec:
    return iris_run.spec


def test_lines_of_a_pipe_come_once_a_second_and_the_last_one_always(spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    with PlainLines() as lines:
        lines.begins(spec, Path("runs/iris/0001"), "cpu", 1, resumed=False)
        for epoch in range(1, 5):
            lines.epoch(event(epoch, **({"best": True} if epoch == 2 else {})))
        lines.stage("evaluating")
    written = capsys.readouterr()
    assert written.out == ""
    assert [line.split()[1] for line in written.err.splitlines() if line.startswith("epoch")] == ["1/4", "4/4"]
    assert written.err.endswith("\nkept epoch 2, the best one\n")


def display(width: int) -> tuple[LiveDisplay, io.StringIO]:
    """A display on a terminal so wide, that is redrawn by hand."""
    shown, screen = LiveDisplay(), io.StringIO()
    shown.console = Console(file=screen, force_terminal=True, width=width, highlight=False, color_system=None, _environ={})
    shown.live = Live(console=shown.console, get_renderable=shown._picture, auto_refresh=False, transient=True)
    return shown, screen


def stages(spec: Spec) -> Spec:
    """The same with two machines trained before it, as a stack is."""
    phases = [spec.phases[0].model_copy(update={"name": f"pretrain.{layer}", "layer": layer}) for layer in ("rbm_1", "rbm_2")]
    return spec.model_copy(update={"phases": (*phases, spec.phases[0].model_copy(update={"name": "finetune"}))})


def test_a_stage_is_told_by_its_layer_and_its_place_among_all(spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    shown, screen = display(100)
    staged = stages(spec)
    estimate = {"log_likelihood": -90.213, "log_likelihood_error": 0.042}
    told = {"phase": "pretrain.rbm_2", "epoch": 2, "train": {"reconstruction_error": 0.04}, "validation": estimate}
    with shown:
        shown.begins(staged, Path("runs/0001"), "cpu", 1, resumed=False)
        shown.step(staged.phases[0], Clock(per_epoch=7, total_steps=28, step=28))
        shown.epoch(told | {"phase": "pretrain.rbm_1", "epoch": 4})
        shown.step(staged.phases[1], Clock(per_epoch=7, total_steps=28, step=15))
        shown.epoch(told)
        with shown.console.capture() as captured:
            shown.console.print(shown._picture())
    bar, _, *measures = (line.replace("\x1b[2K", "").split() for line in captured.get().splitlines() if line.strip())
    assert bar[:5] == ["pretrain.rbm_2", "(2", "of", "3)", "epoch"]
    assert measures == [["reconstruction", "error", "0.0400", "-"], ["log", "likelihood", "-", "-90.213", "±", "0.042"]]
    assert "pretrain.rbm_1: 4 epochs in " in screen.getvalue()
    with PlainLines() as lines:
        lines.begins(staged, Path("runs/0001"), "cpu", 1, resumed=False)
        lines.epoch(told)
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == ("pretrain.rbm_2 epoch 2/4  train: reconstruction_error 0.0400  validation: log_likelihood -90.213 ± 0.042")


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("several", [False, True])
def test_the_picture_of_a_terminal_fits_its_width(width: int, several: bool, spec: Spec) -> None:
    shown, _ = display(width)
    phase: Phase = spec.phases[0]
    shown.begins(spec, Path("/a/very/long/path/that/no/one/would/write") / "runs" / "0001", "cpu", 1, resumed=False)
    shown.several_phases = several
    clock = Clock(per_epoch=7, total_steps=28, step=15)
    with shown:
        shown.step(phase, clock)
        shown.epoch(event(2, best=True))
        with shown.console.capture() as captured:
            shown.console.print(shown._picture())
        lines = [line.rstrip() for line in captured.get().splitlines()]
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("train  epoch 3/4" if several else "epoch 3/4")
    assert lines[1].split() == ["train", "validation"]
    assert [line[:23].strip() for line in lines[2:]] == ["loss", "accuracy", "root mean squared error", "auroc", "best: epoch 2"]
    assert lines[4].split()[-2:] == ["123,457", "123,457"]


def test_what_stays_on_a_terminal_is_a_line_a_phase(spec: Spec) -> None:
    shown, screen = display(100)
    with shown:
        shown.begins(spec, Path("runs/iris/0001"), "cpu", 2, resumed=True)
        shown.step(spec.phases[0], Clock(7, 28, 1))
        shown.epoch(event(1, best=True))
        shown.epoch(event(2))
        shown.stage("exporting")
    moves = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
    lines = [line.strip() for line in moves.sub("", screen.getvalue()).replace("\r", "\n").splitlines()]
    assert "resuming iris in runs/iris/0001" in lines
    assert any(line.startswith("2 epochs in ") and line.endswith("kept epoch 1") for line in lines)
