"""Each way in which numbers stop being finite is told with its epoch, batch, layer and line, and leaves a readable run."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from specc.diagnostics import SpecError
from tests.runs.made import trained
from tests.runs.test_failures import failure, marked, write_spec

DEEP = "input(features)\ndense(6)\ndense second(6)\ndense(6)\noutput(y)"


class Way(NamedTuple):
    """A network, how it is trained, and what is told of it."""

    network: str
    train: str
    message: str
    marked: str
    label: str = ""


WAYS = {
    "the rate in the first batch of the first epoch": Way(
        DEEP,
        "optimizer = sgd(1e39); epochs = 2; batch = 8",
        "the learning rate is no longer finite in epoch 1, batch 1",
        "sgd(1e39)",
    ),
    "the loss": Way(
        DEEP,
        "optimizer = sgd(1e30); epochs = 2; batch = 14",
        "the loss is no longer finite in epoch 1, batch 2",
        "dense second(6)",
        "`second` is the first layer whose output is not finite",
    ),
    "the loss by its own weight": Way(
        "input(features)\noutput(y)",
        "optimizer = sgd(0.1); epochs = 1; batch = all; loss = 1e39 * binary_cross_entropy",
        "the loss is no longer finite in epoch 1, batch 1",
        "sgd(0.1)",
    ),
    "the gradient": Way(
        "input(features)\ndense small(6, init = normal(1e-30))\noutput(y)",
        "optimizer = sgd(1e-9); epochs = 1; batch = all; loss = 3e38 * binary_cross_entropy",
        "the gradient is no longer finite in epoch 1, batch 1",
        "dense small(6, init = normal(1e-30))",
        "the gradient of `small` is the first that is not finite",
    ),
    "the weights of the last step": Way(
        "input(features)\ndense(6)\noutput(y)",
        "optimizer = sgd(3e38); epochs = 1; batch = all; loss = 1000 * binary_cross_entropy",
        "the weights are no longer finite in epoch 1, batch 1",
        "dense(6)",
        "the weights of `dense_1` are the first that are not finite",
    ),
    "the statistics of a batch": Way(
        "input(features)\ndense(6, init = normal(1e18))\ndense(6, init = normal(1e3))\nbatch_norm\noutput(y)",
        "optimizer = sgd(1e-30); epochs = 1; batch = 14",
        "the weights are no longer finite in epoch 1, batch 2",
        "batch_norm",
        "the weights of `batch_norm_1` are the first that are not finite",
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_where_numbers_stop_being_finite_is_told(name: str, tmp_path: Path, device: str) -> None:
    way = WAYS[name]
    path = write_spec(tmp_path, way.network, way.train, rows=4_000 if name == "the gradient" else 40)
    found, run = failure(path, device)
    assert found.code == "E0506"
    assert found.message == f"training diverged: {way.message}"
    assert (marked(path, found), found.label) == (way.marked, way.label)
    assert found.help.startswith("take a smaller learning rate") or "loss" in way.train
    assert run.record["status"] == "failed"
    assert run.history[-1]["message"] == found.message


@pytest.mark.parametrize("value", ["inf", "-inf", "1e39", "1e400"])
def test_an_infinity_in_a_column_is_refused_with_its_rows(value: str, tmp_path: Path, device: str) -> None:
    path = write_spec(tmp_path, "input(features)\noutput(y)", "epochs = 1")
    (tmp_path / "t.csv").write_text((tmp_path / "t.csv").read_text().replace("\n7,", f"\n{value},"))
    with pytest.raises(SpecError) as error:
        trained(path, device)
    (found,) = error.value.report
    assert found.code in ("E0402", "E0406", "E0403", "E0405")
    assert "`x`" in found.message
    assert not (tmp_path / "runs").exists()


def test_labels_weigh_nothing_that_is_not_finite(tmp_path: Path, device: str) -> None:
    loss = "cross_entropy(weights = [1e39, 1])"
    path = write_spec(tmp_path, "input(features)\noutput(y)", f"epochs = 1; batch = all; loss = {loss}")
    with pytest.raises(SpecError) as error:
        trained(path, device)
    assert error.value.report.errors[0].span is not None
