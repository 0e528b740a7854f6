"""A part of another run: its very weights, statistics and fits, and afterwards no need of that run."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import specc
from specc.data.inputs import raw_inputs
from specc.diagnostics import Report, SpecError
from specc.diagnostics.render import render
from specc.drawing import draw_svg
from specc.ir import Spec
from specc.loading import bind_spec, load_spec
from specc.onnx.session import OnnxModel
from specc.runs.data import data_of
from specc.runs.evaluate import evaluate_splits
from specc.runs.export import exported
from specc.runs.run import Run
from specc.runs.train import Interrupted, Silent
from specc.showing import as_html
from specc.showing.facts import facts_of
from specc.showing.text import render as shown
from specc.training.loop import Event
from tests.runs.made import mixed_rows, trained, write_kind

MIXED = """data {
  source = csv("more.csv", missing = ["?"])
  columns {
    age  = number(impute = median, scale = standard, indicator = true)
    year = number(scale = standard)
    seen = number(scale = minmax)
    town = category(impute = mode)
    sold = category(labels = ["no", "yes"])
  }
  target = sold
}
network {
  input(age, year, seen, town)
  pretrained("runs/mixed", part = last)
  dense(3, relu)
  output(sold)
}
train { epochs = 3; batch = 16 }
"""
EMBEDDED = """data {
  source = csv("rows.csv", missing = ["?"])
  columns {
    town = category(encode = embedding(3), missing = drop)
    year = number(scale = robust)
    sold = category
    age  = number(impute = constant(0), scale = standard)
  }
  target = sold
}
network { input(features); pretrained known("runs/embedded", part = layer_norm_1); dense(4, tanh); output(sold) }
train { epochs = 3; batch = 16 }
"""
PICTURES = """data {
  source = images("pictures")
  columns { picture = image([3, 8, 10], scale = standard); side = category }
  target = side
  split = random(train = 0.5, validation = 0.25, test = 0.25, seed = 3)
}
network { input(picture); pretrained known("runs/pictures", part = max_pool2d_1); flatten; dense(6, relu); output(side) }
train { epochs = 3; batch = 5 }
"""
SPECS = {"mixed": MIXED, "embedded": EMBEDDED, "pictures": PICTURES}
SCOPE = {"mixed": "pretrained_1", "embedded": "known", "pictures": "known"}
PART = {"mixed": "last", "embedded": "layer_norm_1", "pictures": "max_pool2d_1"}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, device: str) -> dict[str, Path]:
    """A finished run of each kind, beside its data and the spec that takes a part of it."""
    folder = tmp_path_factory.mktemp("pretrained")
    for kind, text in SPECS.items():
        trained(write_kind(kind, folder / kind), device)
        (folder / kind / "next.dn").write_text(text, "utf-8")
    rows = [row | {"year": str(int(row["year"]) + 300)} for row in mixed_rows(60)]
    lines = [",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows)]
    (folder / "mixed" / "more.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return {kind: folder / kind for kind in SPECS}


@pytest.fixture
def home(homes: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the home of a kind, to be changed and trained in."""
    return lambda kind: Path(shutil.copytree(homes[kind], tmp_path / kind))


def bound(path: Path, text: str | None = None) -> tuple[Spec, Report]:
    if text is not None:
        path.write_text(text, "utf-8")
    spec, report = load_spec(path)
    return bind_spec(spec, report, path.parent)[0], report


def state_of(run: Run) -> dict[str, torch.Tensor]:
    return run.module.state_dict()


def brought(kind: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What came from the old run, under its keys there: the part's layers, and the tables of the input."""
    prefix = f"{SCOPE[kind]}_"
    scope = {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}
    return scope | {key: tensor for key, tensor in state.items() if key.startswith("input_1_")}


@pytest.mark.parametrize("kind", SPECS)
def test_before_the_first_step_the_weights_are_the_runs_bit_for_bit(kind: str, home: Callable[[str], Path], device: str) -> None:
    folder = home(kind)
    run = trained(folder / "next.dn", device, overrides=["train.epochs=0"])
    before = state_of(Run(folder / "runs" / kind / "0001"))
    after = brought(kind, state_of(run))
    assert len(after) >= 3
    for key, tensor in after.items():
        assert torch.equal(tensor, before[key]), key
    statistics = [key for key in after if key.endswith("running_mean")]
    assert bool(statistics) == (kind != "embedded")
    assert any(key.startswith("input_1_") for key in after) == (kind == "embedded")


@pytest.mark.parametrize("kind", SPECS)
def test_the_onnx_part_answers_as_the_old_runs_part_on_the_same_rows(kind: str, home: Callable[[str], Path], device: str) -> None:
    folder = home(kind)
    run, old = trained(folder / "next.dn", device, overrides=["train.epochs=0"]), Run(folder / "runs" / kind / "0001")
    dataset = data_of(run)
    rows = raw_inputs(dataset.table, run.spec)
    part = OnnxModel.load(exported(run, SCOPE[kind]), SCOPE[kind])
    before = OnnxModel.load(exported(old, PART[kind]), PART[kind])
    (ours,) = part.session.run(None, {name: rows[name] for name in part.columns})[:1]
    (theirs,) = before.session.run(None, {name: rows[name] for name in before.columns})[:1]
    assert np.std(np.asarray(theirs)) > 0
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_the_fits_are_the_runs_and_not_those_of_the_new_rows(home: Callable[[str], Path]) -> None:
    folder = home("mixed")
    spec, _ = bound(folder / "next.dn")
    fresh, _ = bound(folder / "fresh.dn", MIXED.replace('pretrained("runs/mixed", part = last)', "dense(4)"))
    old = Run(folder / "runs" / "mixed" / "0001").spec
    assert spec.bound is not None and fresh.bound is not None and old.bound is not None
    columns = ("age", "year", "seen", "town")
    assert spec.bound.fitted_by == dict.fromkeys(columns, "runs/mixed/0001")
    assert {name: spec.bound.fits[name] for name in columns} == {name: old.bound.fits[name] for name in columns}
    assert spec.bound.fits["year"] != fresh.bound.fits["year"]
    assert "as fitted by runs/mixed/0001" in shown(facts_of(spec))


def test_the_part_is_plain_layers(home: Callable[[str], Path]) -> None:
    spec, _ = bound(home("mixed") / "next.dn")
    assert [node.name for node in spec.graph.nodes] == [
        "input_1",
        *(f"pretrained_1.{name}" for name in ("dense_1", "batch_norm_1", "dropout_1", "last")),
        "pretrained_1",
        "dense_1",
        "output_1",
    ]
    assert Spec.model_validate_json(spec.model_dump_json()) == spec


def test_before_the_run_is_opened_shapes_and_costs_are_symbols(tmp_path: Path) -> None:
    path = tmp_path / "next.dn"
    path.write_text(MIXED, "utf-8")
    spec = load_spec(path)[0]
    shapes = {node.name: str(node.shape) for node in spec.graph.nodes}
    unknown = dict.fromkeys(("pretrained_1", "dense_1", "output_1"), "[N, …]")
    assert shapes == {"input_1": "[N, labels(town) + 4]", **unknown}
    facts = facts_of(spec)
    assert str(facts.cost.parameters) == "parameters(dense_1) + parameters(output_1) + parameters(pretrained.last)"
    table, drawing = shown(facts), draw_svg(spec)
    assert "[N, …]" in table and "[N, …]" in drawing and "[N, …]" in as_html(spec)
    assert Spec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize("kind", SPECS)
def test_a_frozen_part_stays_as_it_was(kind: str, home: Callable[[str], Path], device: str) -> None:
    folder = home(kind)
    path = folder / "next.dn"
    path.write_text(SPECS[kind].replace(f"part = {PART[kind]}", f"part = {PART[kind]}, freeze = true"), "utf-8")
    run, before = trained(path, device), state_of(Run(folder / "runs" / kind / "0001"))
    for key, tensor in brought(kind, state_of(run)).items():
        assert torch.equal(tensor, before[key]), key


@pytest.mark.parametrize(("kind", "freeze"), [("mixed", ""), ("embedded", ""), ("mixed", ", freeze = until(epoch = 1)")])
def test_a_part_that_is_free_learns(kind: str, freeze: str, home: Callable[[str], Path], device: str) -> None:
    folder = home(kind)
    path = folder / "next.dn"
    path.write_text(SPECS[kind].replace(f"part = {PART[kind]}", f"part = {PART[kind]}{freeze}"), "utf-8")
    run, before = trained(path, device), state_of(Run(folder / "runs" / kind / "0001"))
    for key, tensor in brought(kind, state_of(run)).items():
        assert not torch.equal(tensor, before[key]), key


@pytest.mark.parametrize("kind", ["mixed", "embedded"])
def test_a_finished_run_needs_the_old_one_no_more(kind: str, home: Callable[[str], Path], device: str) -> None:
    folder = home(kind)
    run = trained(folder / "next.dn", device, overrides=["train.epochs=1"])
    measured = evaluate_splits(run)
    shutil.rmtree(folder / "runs" / kind)
    again = specc.open_run(run.path)
    assert evaluate_splits(again) == measured
    assert exported(again, SCOPE[kind])
    assert len(again.predict(folder / "rows.csv")) == 80


def test_a_built_module_starts_with_the_weights_of_the_run(home: Callable[[str], Path]) -> None:
    folder = home("mixed")
    state = specc.build(folder / "next.dn").state_dict()
    before = state_of(Run(folder / "runs" / "mixed" / "0001"))
    assert torch.equal(state["pretrained_1_last.weight"], before["last.weight"])


def test_a_part_of_a_part_comes_along_and_is_free_again(home: Callable[[str], Path], device: str) -> None:
    folder = home("mixed")
    path = folder / "next.dn"
    path.write_text(MIXED.replace("part = last)", "part = last, freeze = true)"), "utf-8")
    run = trained(path, device)
    text = MIXED.replace('pretrained("runs/mixed", part = last)', 'pretrained("runs/next", part = dense_1)')
    spec, _ = bound(folder / "third.dn", text)
    assert "pretrained_1.pretrained_1.last" in spec.graph.by_name
    assert "pretrained_1.pretrained_1" not in spec.graph.by_name
    third = trained(folder / "third.dn", device)
    (name,) = [key for key in state_of(third) if key.endswith("last.weight")]
    assert not torch.equal(state_of(third)[name], state_of(run)["pretrained_1_last.weight"])


def test_a_part_may_be_a_block(home: Callable[[str], Path], device: str) -> None:
    folder = home("mixed")
    network = "network { input(age, year, seen, town); pair first; dense(2); output(sold) }\n"
    body = "block pair { dense a(5, relu); dense(4, tanh) }\n" + network
    data = MIXED.partition("network {")[0].replace("more.csv", "rows.csv")
    blocks = data + body + "train { epochs = 1 }\n"
    (folder / "blocks.dn").write_text(blocks, "utf-8")
    trained(folder / "blocks.dn", device)
    spec, _ = bound(folder / "next.dn", MIXED.replace('"runs/mixed", part = last', '"runs/blocks", part = first'))
    assert [name for name in spec.graph.by_name if "first" in name] == ["pretrained_1.first.a", "pretrained_1.first.dense_1"]
    assert specc.build(folder / "next.dn").state_dict()["pretrained_1_first_a.weight"].shape == (5, 7)


class Stopper(Silent):
    def epoch(self, event: Event) -> None:
        if event.get("epoch") == 2:
            raise KeyboardInterrupt


def test_a_resumed_run_keeps_to_the_run_that_it_began_with(home: Callable[[str], Path], device: str) -> None:
    folder = home("mixed")
    path = folder / "next.dn"
    whole = trained(path, device, run=folder / "whole")
    with pytest.raises(Interrupted):
        trained(path, device, Stopper())
    trained(folder / "mixed.dn", device, overrides=["train.epochs=1"])  # a newer run of the old spec
    resumed = trained(path, device, resume=True)
    weights = "weights.safetensors"
    assert (resumed.path / weights).read_bytes() == (whole.path / weights).read_bytes()
    assert resumed.record["ir"] == whole.record["ir"]


def test_a_resumed_run_refuses_a_run_that_has_changed(home: Callable[[str], Path], device: str) -> None:
    folder = home("mixed")
    with pytest.raises(Interrupted):
        trained(folder / "next.dn", device, Stopper())
    record = folder / "runs" / "mixed" / "0001" / "run.json"
    record.write_text(record.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(SpecError) as error:
        trained(folder / "next.dn", device, resume=True)
    (fault,) = error.value.report
    assert fault.code == "E0409"
    assert "`runs/mixed/0001/run.json` has changed since" in fault.message
    assert fault.span is not None and MIXED[fault.span.start : fault.span.end].startswith("pretrained(")


def change_record(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / "runs" / "mixed" / "0001" / "run.json"
    record = json.loads(path.read_text("utf-8"))
    change(record)
    path.write_text(json.dumps(record), "utf-8")


MISTAKES: dict[str, tuple[Callable[[Path], object], tuple[str, str], str]] = {
    "no such run": (lambda f: None, ('"runs/mixed"', '"runs/mixd"'), "E0401: there is no `runs/mixd`"),
    "never trained": (lambda f: shutil.rmtree(f / "runs"), ("", ""), "E0401: there is no `runs/mixed`"),
    "a spec": (lambda f: None, ('"runs/mixed"', '"mixed.dn"'), "E0411: `mixed.dn` is a spec, not a run"),
    "a file": (lambda f: None, ('"runs/mixed"', '"rows.csv"'), "E0411: `rows.csv` is a file; a run is a folder"),
    "an empty folder": (
        lambda f: (f / "runs" / "none").mkdir(),
        ('"runs/mixed"', '"runs/none"'),
        "E0411: `runs/none` holds no run",
    ),
    "runs of one group": (
        lambda f: shutil.copytree(f / "runs/mixed/0001", f / "runs/seeds/0001/seed_1"),
        ('"runs/mixed"', '"runs/seeds"'),
        "E0411: `runs/seeds` holds runs that belong together, and none is the newest",
    ),
    "an unfinished run": (
        lambda f: change_record(f, lambda record: record.update(status="interrupted")),
        ('"runs/mixed"', '"runs/mixed/0001"'),
        "E0411: the run runs/mixed/0001 is not finished (interrupted)",
    ),
    "unfinished runs": (
        lambda f: change_record(f, lambda record: record.update(status="running")),
        ("", ""),
        "E0411: `runs/mixed` has no finished run",
    ),
    "a record cut off": (
        lambda f: (f / "runs/mixed/0001/run.json").write_text('{"status": "finished"'),
        ('"runs/mixed"', '"runs/mixed/0001"'),
        "E0411: the run runs/mixed/0001 is damaged: its `run.json` does not hold a bound spec",
    ),
    "no weights": (
        lambda f: (f / "runs/mixed/0001/weights.safetensors").unlink(),
        ("", ""),
        "E0401: there is no `runs/mixed/0001/weights.safetensors`",
    ),
    "weights cut off": (
        lambda f: (f / "runs/mixed/0001/weights.safetensors").write_bytes(b"\x10"),
        ("", ""),
        "E0411: the run runs/mixed/0001 is damaged: its `weights.safetensors` cannot be read",
    ),
    "other weights": (
        lambda f: change_record(f, lambda record: record["ir"]["graphs"]["network"]["nodes"][1]["layer"].update(units=9)),
        ("", ""),
        "E0411: the run runs/mixed/0001 is damaged: its weights are not those of its layer `dense_1`",
    ),
    "no such part": (lambda f: None, ("part = last", "part = lost"), "E0411: the run runs/mixed/0001 has no layer `lost`"),
    "the answer": (
        lambda f: None,
        ("part = last", "part = output_1"),
        "E0505: `output_1` is the answer of runs/mixed/0001, and stays with it",
    ),
    "the input": (
        lambda f: None,
        ("part = last", "part = input_1"),
        "E0505: `input_1` is where runs/mixed/0001 begins: it has no layers to bring",
    ),
    "another order": (
        lambda f: None,
        ("input(age, year, seen, town)", "input(year, age, seen, town)"),
        "E0412: this part reads other columns in runs/mixed/0001 than here",
    ),
    "a column less": (
        lambda f: None,
        ("input(age, year, seen, town)", "input(age, year, seen)"),
        "E0412: this part reads other columns in runs/mixed/0001 than here",
    ),
    "declared otherwise": (
        lambda f: None,
        ("year = number(scale = standard)", "year = number(scale = minmax)"),
        "E0412: `year` is declared otherwise in runs/mixed/0001, whose part reads it",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_said_where_it_stands(mistake: str, home: Callable[[str], Path]) -> None:
    prepare, (before, after), expected = MISTAKES[mistake]
    folder = home("mixed")
    prepare(folder)
    with pytest.raises(SpecError) as error:
        bound(folder / "next.dn", MIXED.replace(before, after))
    (fault,) = error.value.report
    assert f"{fault.code}: {fault.message}" == expected
    assert fault.span is not None and fault.help, render(error.value.report)


def test_a_run_behind_a_link_stays_inside(home: Callable[[str], Path], tmp_path: Path) -> None:
    folder = home("mixed")
    (folder / "runs" / "mixed").rename(tmp_path / "elsewhere")
    (folder / "runs" / "mixed").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SpecError) as error:
        bound(folder / "next.dn")
    assert [fault.code for fault in error.value.report] == ["E0410"]


def test_two_runs_that_disagree_on_a_column_are_refused(home: Callable[[str], Path], device: str) -> None:
    folder = home("mixed")
    one = MIXED.replace('pretrained("runs/mixed", part = last)', "dense first(5)")
    (folder / "other.dn").write_text(one, "utf-8")
    trained(folder / "other.dn", device, overrides=["train.epochs=1"])
    both = 'concat { pretrained("runs/mixed", part = last); pretrained("runs/other", part = first) }'
    with pytest.raises(SpecError) as error:
        bound(folder / "next.dn", MIXED.replace('pretrained("runs/mixed", part = last)', both))
    (fault,) = error.value.report
    assert (fault.code, "runs/mixed/0001 and in runs/other/0001" in fault.message) == ("E0412", True)
    same = both.replace("runs/other", "runs/mixed").replace("part = first", "part = dense_1")
    spec, _ = bound(folder / "next.dn", MIXED.replace('pretrained("runs/mixed", part = last)', same))
    assert {"pretrained_1.last", "pretrained_2.dense_1"} <= set(spec.graph.by_name)


def test_labels_that_the_run_never_saw_are_told(home: Callable[[str], Path]) -> None:
    folder = home("mixed")
    rows = folder / "more.csv"
    rows.write_text(rows.read_text("utf-8").replace("Ulm", "Bonn"), "utf-8")
    spec, report = bound(folder / "next.dn")
    assert spec.bound is not None and "Bonn" not in spec.bound.fits["town"].labels  # type: ignore[union-attr]
    (advice,) = report
    assert advice.code == "W1004"
    assert advice.message.startswith("runs/mixed/0001 never saw `Bonn` of `town`, which ")


def test_damaged_runs_are_refused_with_a_message(home: Callable[[str], Path]) -> None:
    """Bytes changed, cut out or doubled: whatever is read then, nothing but a diagnostic comes of it."""
    folder, draw = home("mixed"), random.Random(4)
    for file in ("run.json", "weights.safetensors"):
        path = folder / "runs" / "mixed" / "0001" / file
        content = path.read_bytes()
        for _ in range(25):
            start = draw.randrange(len(content)) if draw.random() < 0.5 else draw.randrange(400)
            end = start + draw.choice([1, 1, 8, 300])
            patch = draw.choice([b"", content[start:end] * 2, draw.randbytes(end - start), b"null", b'"', b"-1"])
            path.write_bytes(content[:start] + patch + content[end:])
            try:
                bound(folder / "next.dn")
            except SpecError as error:
                assert {fault.code for fault in error.report} <= {"E0401", "E0411", "E0412", "E0505"}
        path.write_bytes(content)
