"""One seed gives the same bits: weights, ONNX file and log; another seed gives others, on the same rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specc.runs.run import Run
from tests.runs.made import trained, write_kind

CHANGING = ("pictures", "mixed", "parquet")
"""Kinds with augmentation, dropout, and several phases: with every stream that a run draws from."""


def log(run: Run) -> list[dict]:
    """The lines of `metrics.jsonl` without the time they took."""
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text("utf-8").splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def bits(run: Run) -> tuple[bytes, bytes]:
    return (run.path / "weights.safetensors").read_bytes(), (run.path / "model.onnx").read_bytes()


@pytest.mark.parametrize("kind", CHANGING)
def test_two_runs_of_one_seed_are_one(kind: str, run_of, tmp_path: Path, device: str) -> None:
    again = trained(write_kind(kind, tmp_path / "elsewhere"), device)
    assert bits(again) == bits(run_of(kind))
    assert log(again) == log(run_of(kind))
    assert again.metrics == run_of(kind).metrics


def test_another_seed_is_another_run_on_the_same_rows(run_of, tmp_path: Path, device: str) -> None:
    path = write_kind("mixed", tmp_path)
    by_option = trained(path, device, seed=4)
    first, other = run_of("mixed"), by_option
    assert bits(other)[0] != bits(first)[0]
    assert bits(other)[1] != bits(first)[1]
    assert other.record["data"] == first.record["data"]
    assert other.spec.bound == first.spec.bound


def test_the_option_comes_before_the_spec_and_the_spec_before_zero(tmp_path: Path, device: str) -> None:
    path = write_kind("iris", tmp_path)
    short = ["train.epochs=1"]
    by_option = trained(path, device, overrides=short, seed=4)
    by_both = trained(path, device, overrides=[*short, "train.seed=9"], seed=4)
    by_spec = trained(path, device, overrides=[*short, "train.seed=4"])
    weights = {(run.path / "weights.safetensors").read_bytes() for run in (by_option, by_both, by_spec)}
    assert len(weights) == 1
    assert [run.record["seed"] for run in (by_option, by_both, by_spec)] == [4, 4, 4]
