"""A part of another run: its very weights, statistics and fits, and afterwards no need of that run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import specc
from specc.data.inputs import raw_inputs
from specc.diagnostics import SpecError
from specc.drawing import draw_svg
from specc.ir import Spec
from specc.loading import load_spec
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
from tests.runs.made import trained
from tests.runs.pretrained.specs import MIXED, PART, SCOPE, SPECS, bound, brought, state_of


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
