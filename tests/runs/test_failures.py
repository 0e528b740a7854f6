"""What goes wrong while training is told where it began in the spec, and leaves a run that can be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specc.diagnostics import Diagnostic
from specc.onnx.parity import Disagreement
from specc.runs.run import Run
from specc.runs.train import TrainingFailed
from tests.data.binding import halves
from tests.runs.made import trained

DATA = 'data { source = csv("t.csv"); columns { x = number; y = category }; target = y }\n'


def write_spec(folder: Path, network: str, train: str, rows: int = 40) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_text(halves(rows))
    (folder / "t.dn").write_text(f"{DATA}network {{\n{network}\n}}\ntrain {{\n{train}\n}}\n")
    return folder / "t.dn"


def failure(path: Path, device: str, **options: object) -> tuple[Diagnostic, Run]:
    with pytest.raises(TrainingFailed) as error:
        trained(path, device, **options)  # type: ignore[arg-type]
    (diagnostic,) = error.value.report
    return diagnostic, Run(error.value.folder)


def marked(path: Path, diagnostic: Diagnostic) -> str:
    """The text that a diagnostic points at."""
    assert diagnostic.span is not None
    return path.read_text("utf-8")[diagnostic.span.start : diagnostic.span.end]


def test_a_diverged_run_names_the_layer_and_its_line(tmp_path: Path, device: str) -> None:
    path = write_spec(tmp_path, "input(features)\ndense(6)\ndense second(6)\noutput(y)", "optimizer = sgd(1e30)\nepochs = 3")
    found, run = failure(path, device)
    assert found.code == "E0506"
    assert found.message == "training diverged: the loss is no longer finite in epoch 2, batch 1"
    assert (marked(path, found), found.label) == ("dense second(6)", "`second` is the first layer whose output is not finite")
    assert found.help == "take a smaller learning rate than 1e+30; or scale `x`, as in `scale = standard`"
    assert run.record["status"] == "failed"
    event = run.history[-1]
    assert event == {"event": "E0506", "message": found.message, "phase": "train", "epoch": 2, "line": 5}
    assert run.record["error"] == event
    assert [event["epoch"] for event in run.history[:-1]] == [1]
    assert (run.path / "checkpoint" / "state.safetensors").exists()
    assert not (run.path / "model.onnx").exists()


def test_the_phase_that_diverged_is_named(tmp_path: Path, device: str) -> None:
    wild = "optimizer = sgd(1e38); epochs = 2; loss = 9 * binary_cross_entropy"
    train = f"batch = all\nphase calm {{ epochs = 2 }}\nphase wild {{ {wild} }}"
    path = write_spec(tmp_path, "input(features)\noutput(y)", train)
    found, run = failure(path, device)
    assert found.message.endswith("of the phase `wild`")
    assert run.history[-1]["phase"] == "wild"


def test_a_rate_that_grows_beyond_bounds_is_found_at_its_schedule(tmp_path: Path, device: str) -> None:
    train = "optimizer = sgd(1e-9)\nschedule = exponential(1e200)\nepochs = 5\nbatch = all"
    path = write_spec(tmp_path, "input(features)\noutput(y)", train)
    found, _ = failure(path, device)
    assert found.message.startswith("training diverged: the learning rate is no longer finite")
    assert marked(path, found) == "exponential(1e200)"


def test_weights_that_answer_nothing_in_use_are_no_model(tmp_path: Path, device: str) -> None:
    """Every step was finite; the weights that it left are too, but what they answer is not."""
    network = "input(features)\ndense(6)\ndense(6)\ndense(6)\noutput(y)"
    path = write_spec(tmp_path, network, "optimizer = sgd(1e20)\nepochs = 1\nbatch = all")
    found, run = failure(path, device)
    assert found.code == "E0506"
    assert found.message == "training diverged: the loss on the train rows is not finite with the trained weights"
    assert marked(path, found) == "sgd(1e20)"
    assert json.loads((run.path / "metrics.jsonl").read_text().splitlines()[0])["validation"]["loss"] is None


def test_a_failed_run_can_be_tried_again(tmp_path: Path, device: str) -> None:
    path = write_spec(tmp_path, "input(features)\ndense(6)\ndense(6)\noutput(y)", "optimizer = sgd(1e30)\nepochs = 3")
    first, run = failure(path, device)
    again, same = failure(path, device, resume=True)
    assert (again, same.path) == (first, run.path)
    assert sum("event" in event for event in same.history) == 1


def test_an_export_that_disagrees_fails_the_run_and_keeps_the_weights(
    tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagree(*given: object) -> None:
        raise Disagreement("ONNX and PyTorch disagree on `y`: 3 labels differ", {})

    monkeypatch.setattr("specc.runs.export.measure", disagree)
    path = write_spec(tmp_path, "input(features)\noutput(y)", "epochs = 1")
    found, run = failure(path, device)
    assert found.code == "E0509"
    assert "3 labels differ" in found.message
    assert run.record["status"] == "failed"
    assert (run.path / "weights.safetensors").exists()
    assert not (run.path / "model.onnx").exists()
