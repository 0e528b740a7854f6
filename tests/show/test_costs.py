"""Parameters, multiply-adds, memory and steps against numbers known by hand, and against PyTorch."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.costs import cost_of, multiply_adds, steps_an_epoch
from specc.ir import Spec
from specc.loading import bind_spec, load_spec
from specc.showing import facts_of


def bound(path: Path, *overrides: str) -> Spec:
    spec, report = load_spec(path, list(overrides))
    return bind_spec(spec, report, path.parent)[0]


def test_parameters_of_iris(iris: Path) -> None:
    assert facts_of(bound(iris)).cost.parameters == (4 * 16 + 16) + (16 * 16 + 16) + (16 * 3 + 3)


def test_without_data_the_known_part_is_known(iris: Path) -> None:
    spec, _ = load_spec(iris)
    parameters = facts_of(spec).cost.parameters
    assert str(parameters) == "17*units(species) + 352"


def test_multiply_adds_of_a_convolution(residual: Path) -> None:
    spec = bound(residual)
    shapes = spec.shapes
    stem = cost_of(spec.graph.node("stem"), shapes)
    assert stem == (8 * 9 + 8, 12 * 12 * 8 * 1 * 9, 8 * 12 * 12)
    strided = cost_of(spec.graph.node("residual_3.conv2d_1"), shapes)
    assert strided == (16 * 8 * 9 + 16, 3 * 3 * 16 * 8 * 9, 16 * 3 * 3)
    shortcut = cost_of(spec.graph.node("residual_3.shortcut_1"), shapes)
    assert shortcut == (8 * 16, 3 * 3 * 16 * 8, 16 * 3 * 3)


def test_multiply_adds_of_a_spec_are_those_of_its_layers(iris: Path) -> None:
    assert multiply_adds(bound(iris)) == 4 * 16 + 16 * 16 + 16 * 3


def test_parameters_are_those_of_the_module(iris: Path, residual: Path) -> None:
    from specc.pytorch.source import build_module

    for path in (iris, residual):
        spec = bound(path)
        assert facts_of(spec).cost.parameters == sum(p.numel() for p in build_module(spec).parameters())


@pytest.mark.parametrize("norm", [True, False])
def test_steps_are_the_slices_of_training(residual: Path, iris: Path, norm: bool) -> None:
    from specc.training.rows import slices

    spec = load_spec(residual if norm else iris)[0]
    for rows in range(1, 40):
        for batch in range(1, 12):
            assert steps_an_epoch(spec, rows, batch) == len(list(slices(rows, batch, norm)))


def test_an_epoch_of_33_rows_in_batches_of_8_has_4_steps_where_statistics_need_company(residual: Path) -> None:
    (phase,) = facts_of(bound(residual)).phases
    notes = {fact.name: fact.note for fact in phase.settings}
    assert (notes["batch"], notes["epochs"]) == ("4 steps an epoch", "8 steps")
