"""The run folder holds what the contract says, as plain JSON and safetensors, and says how the run was made."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from safetensors.numpy import load_file

import specc
from specc.api import Spec as Loaded
from specc.cli.tables import metrics_table
from specc.ir import Spec
from specc.newest import newest_run
from specc.pytorch.source import emit_source
from specc.runs.evaluate import evaluate_splits
from specc.runs.folder import RunExists, RunFolder
from specc.runs.lock import Lock
from specc.runs.run import NotARun, Run, open_run
from tests.data.binding import table
from tests.runs.made import trained, write_kind

FILES = {
    "spec.dn",
    "run.json",
    "metrics.jsonl",
    "model.py",
    "weights.safetensors",
    "checkpoint",
    "model.onnx",
    "export.json",
    "pictures",
}
PICTURES = {
    "iris": {"curves", "confusion_matrix"},
    "price": {"curves", "prediction_against_truth"},
    "pictures": {"curves", "confusion_matrix", "filters", "feature_maps"},
}
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


def strictly(path: Path) -> Any:
    """A JSON file that has no NaN or Infinity, which are no JSON."""

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{path} holds {constant}")

    return json.loads(path.read_text("utf-8"), parse_constant=refuse)


def test_every_file_of_the_contract_is_there_and_nothing_else(run: Run) -> None:
    assert {path.name for path in run.path.iterdir()} == FILES
    assert not list(run.path.parent.glob("**/*.writing"))


def test_the_record_says_how_the_run_was_made(run: Run, kind: str, home: Path, device: str) -> None:
    record = strictly(run.path / "run.json")
    assert record["format"] == 1
    assert record["name"] == kind
    assert record["status"] == "finished"
    assert (record["seed"], record["overrides"], record["root"]) == (0, [], None)
    assert record["device"].partition(":")[0] == device
    assert record["threads"] >= 1
    assert ISO.fullmatch(record["started"])
    assert ISO.fullmatch(record["finished"])
    assert record["seconds"].keys() == {"training", "evaluating", "finishing"}
    assert record["versions"].keys() == {"python", "specc", "torch", "numpy", "onnx", "onnxruntime"}
    assert (run.path / record["spec"]).resolve() == (home / f"{kind}.dn").resolve()
    assert (run.path / "spec.dn").read_bytes() == (home / f"{kind}.dn").read_bytes()
    assert record["parameters"] == sum(
        tensor.size for name, tensor in load_file(run.path / "weights.safetensors").items() if trains(name)
    )


def trains(name: str) -> bool:
    return not name.endswith(("running_mean", "running_var", "num_batches_tracked"))


def test_the_data_has_its_fingerprints(run: Run, home: Path) -> None:
    data = run.record["data"]
    assert data["rows"] == Loaded(home / f"{run.record['name']}.dn").bound.bound.rows  # type: ignore[union-attr]
    assert data["files"]
    for path, fingerprint in data["files"].items():
        if (home / path).is_file():
            assert hashlib.sha256((home / path).read_bytes()).hexdigest() == fingerprint
        assert re.fullmatch("[0-9a-f]{64}", fingerprint)


def test_the_resolved_spec_goes_through_json(run: Run) -> None:
    spec = Spec.model_validate(strictly(run.path / "run.json")["ir"])
    assert spec == run.spec
    assert Spec.model_validate_json(spec.model_dump_json()) == spec
    assert (run.path / "model.py").read_text("utf-8") == emit_source(spec)


def test_there_is_a_line_an_epoch_of_every_phase(run: Run) -> None:
    lines = (run.path / "metrics.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    expected = [(phase.name, epoch + 1) for phase in run.spec.phases for epoch in range(phase.settings.epochs or 0)]
    assert [(event["phase"], event["epoch"]) for event in events] == expected
    for event in events:
        assert event.keys() >= {"phase", "epoch", "steps", "train", "validation", "rate", "seconds"}
        assert event["train"].keys() == event["validation"].keys() >= {"loss"}
    assert events == run.history


def test_the_metrics_are_those_of_the_kept_weights(run: Run) -> None:
    assert run.metrics.keys() == run.record["data"]["rows"].keys()
    again = evaluate_splits(run)
    for split, measured in run.metrics.items():
        assert again[split].keys() == measured.keys()
        for name, value in measured.items():
            assert again[split][name] == pytest.approx(value, rel=1e-4, abs=1e-6), f"{split}.{name}"


def test_the_measures_have_their_full_names(run: Run, kind: str) -> None:
    labels = {"loss", "accuracy"}
    expected = {
        "price": {"loss", "root_mean_squared_error", "mean_absolute_error", "r2"},
        "iris": labels,
        "digits": labels,
    }.get(kind, {*labels, "auroc"})
    assert all(measured.keys() == expected for measured in run.metrics.values())


def test_the_export_says_what_was_measured(run: Run) -> None:
    record = strictly(run.path / "export.json")
    (target,) = run.spec.data.target  # type: ignore[union-attr]
    measured = record["outputs"][target]
    assert record["rows"] == run.record["data"]["rows"]["test"]
    assert record["batches"] == sorted({1, 2, min(64, record["rows"])})
    assert measured["difference"] <= measured["allowed"] == pytest.approx(64 * np.finfo(np.float32).eps * measured["scale"])
    assert measured.get("labels_differ", 0) == 0


def test_the_pictures_are_drawn(run: Run, kind: str) -> None:
    names = {path.stem for path in (run.path / "pictures").iterdir()}
    assert names == PICTURES.get(kind, {"curves", "confusion_matrix"})
    for path in (run.path / "pictures").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG\r\n")


def test_what_is_not_defined_is_null_and_never_nan(tmp_path: Path, device: str) -> None:
    # The validation rows are all of one label: their auroc has no value.
    (tmp_path / "t.csv").write_text(table(40, lambda i: f"{i},{'ab'[i % 2 if i < 30 else 0]},{i // 10}", "x,y,fold"))
    (tmp_path / "t.dn").write_text(
        'data { source = csv("t.csv"); columns { x = number(scale = standard); y = category }; target = y\n'
        "split = column(fold, train = [0, 1], validation = [3], test = [2]) }\n"
        "network { input(features); output(y) }\ntrain { epochs = 2 }\n"
    )
    run = trained(tmp_path / "t.dn", device)
    assert strictly(run.path / "run.json")["metrics"]["validation"]["auroc"] is None
    assert [event["validation"]["auroc"] for event in run.history] == [None, None]
    name, *values = metrics_table(run.metrics).splitlines()[2].split()
    assert (name, values[-1]) == ("validation", "-")


def test_runs_are_numbered_beside_the_spec(tmp_path: Path, device: str) -> None:
    path = write_kind("iris", tmp_path)
    runs = [trained(path, device, overrides=["train.epochs=1"]) for _ in range(2)]
    assert [run.path for run in runs] == [tmp_path / "runs" / "iris" / number for number in ("0001", "0002")]
    (tmp_path / "runs" / "iris" / "0041").mkdir()
    last = trained(path, device, overrides=["train.epochs=1", "rate=0.02"])
    assert last.path.name == "0042"
    assert last.record["overrides"] == ["train.epochs=1", "rate=0.02"]
    assert open_run(tmp_path / "runs" / "iris").path == last.path


def test_a_folder_that_holds_something_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(RunExists):
        RunFolder.create(tmp_path / "a.dn", tmp_path / "mine", lambda path: {"run.json": "{}"}, Lock())
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_folder_is_there_with_all_its_first_files_or_not_at_all(tmp_path: Path) -> None:
    def half(path: Path) -> dict[str, str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        RunFolder.create(tmp_path / "a.dn", None, half, Lock())
    assert not list((tmp_path / "runs" / "a").iterdir())
    (tmp_path / "empty").mkdir()
    files = {"run.json": "{}"}
    folder = RunFolder.create(tmp_path / "a.dn", tmp_path / "empty", lambda path: files | {"spec.dn": str(path)}, Lock())
    assert (folder.path / "spec.dn").read_text() == str(tmp_path / "empty")


def test_the_newest_finished_run_is_meant_by_their_folder(tmp_path: Path) -> None:
    for number, status in (("0001", "finished"), ("0002", "finished"), ("0003", "failed"), ("0010", "running")):
        (tmp_path / number).mkdir()
        (tmp_path / number / "run.json").write_text(json.dumps({"status": status}))
    (tmp_path / "0011").mkdir()
    (tmp_path / "0012").mkdir()
    (tmp_path / "0012" / "run.json").write_text('{"status": "fini')
    assert newest_run(tmp_path) == tmp_path / "0002"
    assert newest_run(tmp_path, finished=False) == tmp_path / "0010"
    assert newest_run(tmp_path / "nothing") is None


def test_what_is_no_run_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "iris.dn").write_text("")
    (tmp_path / "model.onnx").write_text("")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("[1]")

    def message(name: str) -> str:
        with pytest.raises(NotARun) as error:
            open_run(tmp_path / name)
        return str(error.value).replace(str(tmp_path), "HERE")

    assert message("nowhere") == "there is no folder HERE/nowhere"
    assert message("iris.dn") == "HERE/iris.dn is a spec: train it first, with `specc train HERE/iris.dn`"
    assert message("model.onnx") == "HERE/model.onnx is a file; a run is a folder"
    assert message(".") == "HERE holds no finished run"
    assert message("broken").startswith("HERE/broken/run.json cannot be read")
    (tmp_path / "runs" / "iris" / "0001").mkdir(parents=True)
    (tmp_path / "runs" / "iris" / "0001" / "run.json").write_text('{"status": "interrupted"}')
    assert message("iris.dn") == "HERE/iris.dn is a spec: its runs are in HERE/runs/iris"
    way_on = "is not finished (interrupted): go on with `specc train SPEC --run HERE/runs/iris/0001 --resume`"
    assert message("runs/iris/0001") == f"the run HERE/runs/iris/0001 {way_on}"
    assert message("runs/iris") == f"HERE/runs/iris holds no finished run; its newest, 0001, {way_on}"


def test_the_python_interface_trains_and_opens(tmp_path: Path, device: str) -> None:
    path = write_kind("iris", tmp_path)
    spec = specc.load(path, rate=0.02, **{"train.epochs": 2})
    run = specc.train(spec, run=tmp_path / "mine", device=device, seed=3)
    assert (run.path, run.record["seed"], run.record["overrides"]) == (tmp_path / "mine", 3, ["rate=0.02", "train.epochs=2"])
    opened = specc.open_run(tmp_path / "mine")
    assert opened.metrics == run.metrics
    assert opened.metrics["test"]["accuracy"] > 0.3
    assert len(opened.history) == 2
    assert "<svg" in (opened._repr_svg_() or "")
    assert "dense_1" in spec._repr_html_()
    assert repr(opened) == f"Run('{tmp_path / 'mine'}', finished)"
    assert specc.check(path).diagnostics == []


def test_what_an_epoch_warned_of_stays_with_it_and_goes_with_it(tmp_path: Path) -> None:
    lines = [{"phase": "a", "epoch": n, "train": {}} for n in (1, 2, 3)]
    alarms = [{"event": "W2004", "phase": "a", "epoch": n} for n in (2, 3)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(e) + "\n" for e in (*lines[:2], alarms[0], lines[2], alarms[1])))
    folder = RunFolder(tmp_path)
    folder.keep_events(2)
    assert folder.events() == [*lines[:2], alarms[0]]
    folder.keep_events(1)
    assert folder.events() == lines[:1]
