"""Splits: shares, seeds, strata, groups, columns, sets that the source has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.data.dataset import Dataset
from specc.data.lots import stratified
from specc.data.split import take_rows
from specc.ir import NumberFit
from tests.data.binding import bound, halves, idx_folder, npz_file, spec_of, table

XY = "x = number; y = category"


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=6).filter(lambda sizes: sum(sizes) >= 3),
    st.sampled_from([(0.7, 0.15, 0.15), (0.8, 0.2, 0.0), (0.5, 0.25, 0.25), (1 / 3, 1 / 3, 1 / 3), (0.34, 0.33, 0.33)]),
    st.integers(0, 5),
)
def test_every_stratum_and_the_whole_keep_the_shares(sizes: list[int], shares: tuple[float, ...], seed: int) -> None:
    strata = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    sets = stratified(strata, shares, seed)
    assert sorted(np.concatenate(sets).tolist()) == list(range(len(strata)))
    empty = [share > 0 and round(share * sum(sizes)) == 0 for share in shares]
    for rows, share in zip(sets, shares):
        if any(empty):
            continue  # a set that would be empty was given a row
        for stratum, size in enumerate(sizes):
            assert abs((strata[rows] == stratum).sum() - share * size) < 1 + 1e-6
        assert abs(len(rows) - share * len(strata)) <= 2


@given(st.integers(3, 40))
def test_no_set_with_a_share_stays_empty(count: int) -> None:
    assert min(map(len, stratified(np.zeros(count, dtype=np.int64), (0.9, 0.05, 0.05), 0))) >= 1


def _rows(dataset: Dataset) -> list[list[int]]:
    return [rows.tolist() for rows in dataset.rows.values()]


def test_the_default_is_70_15_15_stratified_by_the_target(tmp_path: Path) -> None:
    files = {"t.csv": table(200, lambda i: f"{i},{'a' if i % 10 else 'b'}")}
    spec, dataset = bound(tmp_path, spec_of(XY), files)
    assert spec.bound is not None and spec.bound.rows == {"train": 140, "validation": 30, "test": 30}
    assert [int((dataset.truth["y"][rows] == 1).sum()) for rows in dataset.rows.values()] == [14, 3, 3]
    assert spec.bound.class_counts == {"y": (126, 14)}
    assert sorted(np.concatenate(list(dataset.rows.values()))) == list(range(200))


def test_the_seed_of_the_split_decides_the_rows_and_the_seed_of_training_does_not(tmp_path: Path) -> None:
    files = {"t.csv": halves(60)}
    first = bound(tmp_path, spec_of(XY), files)[1]
    again = bound(tmp_path, spec_of(XY, train="epochs = 1; seed = 5"))[1]
    other = bound(tmp_path, spec_of(XY, split="random(seed = 1)"))[1]
    assert _rows(first) == _rows(again) != _rows(other)


def test_these_rows_are_drawn_on_every_machine(tmp_path: Path) -> None:
    dataset = bound(tmp_path, spec_of("x = number; y = number"), {"t.csv": table(20, lambda i: f"{i},{i}")})[1]
    assert dataset.rows["test"].tolist() == [5, 9, 16] and dataset.rows["validation"].tolist() == [4, 10, 12]


def test_stratify_keeps_the_shares_of_another_column(tmp_path: Path) -> None:
    files = {"t.csv": table(100, lambda i: f"{i},{'ab'[i % 2]},{'r' if i % 5 == 0 else 's'}", "x,y,z")}
    _, dataset = bound(tmp_path, spec_of(XY, split="random(train = 0.5, test = 0.5, stratify = z)"), files)
    assert [(dataset.table.columns["x"][rows] % 5 == 0).sum() for rows in dataset.rows.values()] == [10, 10]


@pytest.mark.parametrize("seed", range(6))
def test_a_group_is_never_divided(tmp_path: Path, seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, 25, 300)
    files = {"t.csv": table(300, lambda i: f"{i},{'ab'[i % 2]},p{groups[i]}", "x,y,patient")}
    split = f"random(train = 0.6, validation = 0.2, test = 0.2, group = patient, seed = {seed})"
    _, dataset = bound(tmp_path, spec_of(XY, split=split), files)
    held = [set(groups[rows].tolist()) for rows in dataset.rows.values()]
    assert not held[0] & held[1] and not held[0] & held[2] and not held[1] & held[2]
    largest = np.bincount(groups).max()
    assert all(abs(len(rows) - share * 300) <= largest for rows, share in zip(dataset.rows.values(), (0.6, 0.2, 0.2)))


def test_a_group_larger_than_its_share_leaves_no_set_empty(tmp_path: Path) -> None:
    files = {"t.csv": table(60, lambda i: f"{i},{'ab'[i % 2]},{max(0, i - 57)}", "x,y,g")}
    split = "random(train = 0.2, validation = 0.2, test = 0.6, group = g)"
    _, dataset = bound(tmp_path, spec_of(XY, split=split), files)
    assert sorted(map(len, dataset.rows.values())) == [1, 1, 58]


@pytest.mark.parametrize("written", ["{}", "{}.0", '"{}"'])
def test_values_of_a_column_split_compare_as_texts_and_as_numbers(tmp_path: Path, written: str) -> None:
    files = {"t.csv": table(50, lambda i: f"{i},{'ab'[i % 2]},{written.format(i % 5)}", "x,y,fold")}
    split = 'column(fold, train = [0, 1, "2"], validation = [3], test = [4])'
    _, dataset = bound(tmp_path, spec_of(XY, split=split), files)
    assert [sorted(set((dataset.table.columns["x"][rows] % 5).tolist())) for rows in dataset.rows.values()] == [
        [0, 1, 2],
        [3],
        [4],
    ]


def test_rows_that_a_column_split_names_for_no_set_are_counted(tmp_path: Path) -> None:
    files = {"t.csv": table(50, lambda i: f"{i},{'ab'[i % 2]},{['yes', 'no', ''][i % 3]}", "x,y,keep")}
    spec, dataset = bound(tmp_path, spec_of(XY, split='column(keep, train = ["yes"])'), files)
    assert spec.bound is not None and spec.bound.rows == {"train": 17} and dataset.unused == 33


def test_sets_that_the_source_has_are_taken(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 3))
    text = spec_of("image = image([1, 3, 3]); label = category", 'idx("m")', "label", takes="image")
    spec, dataset = bound(tmp_path, text, idx_folder(images, np.arange(40) % 4))
    assert spec.bound is not None and spec.bound.rows == {"train": 40, "test": 20}
    assert dataset.rows["test"].tolist() == list(range(40, 60))


def test_provided_takes_a_stratified_share_of_the_training_set(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 3))
    text = spec_of("image = image([1, 3, 3]); label = category", 'idx("m")', "label", "provided(validation = 0.1)", "image")
    _, dataset = bound(tmp_path, text, idx_folder(images, np.arange(40) % 4))
    assert {name: len(rows) for name, rows in dataset.rows.items()} == {"train": 36, "validation": 4, "test": 20}
    assert sorted(dataset.truth["label"][dataset.rows["validation"]]) == [0, 1, 2, 3]


def test_random_pools_the_sets_of_the_source(tmp_path: Path) -> None:
    arrays = {"train_x": np.arange(30.0), "train_y": np.arange(30) % 2, "test_x": np.arange(10.0), "test_y": np.arange(10) % 2}
    _, dataset = bound(
        tmp_path, spec_of(XY, 'npz("n.npz")', split="random(train = 0.5, test = 0.5)"), {"n.npz": npz_file(**arrays)}
    )
    assert {name: len(rows) for name, rows in dataset.rows.items()} == {"train": 20, "test": 20}


def test_a_single_set_of_the_source_is_split(tmp_path: Path) -> None:
    arrays = {"train_x": np.arange(40.0), "train_y": np.arange(40) % 2}
    spec, _ = bound(tmp_path, spec_of(XY, 'npz("n.npz")'), {"n.npz": npz_file(**arrays)})
    assert spec.bound is not None and spec.bound.rows == {"train": 28, "validation": 6, "test": 6}


def test_fewer_training_rows_keep_the_shares_and_the_seed(tmp_path: Path) -> None:
    _, dataset = bound(tmp_path, spec_of(XY), {"t.csv": table(200, lambda i: f"{i},{'a' if i % 10 else 'b'}")})
    few = take_rows(dataset, 50)
    assert len(few) == 50 and set(few) <= set(dataset.rows["train"]) and len(set(few.tolist())) == 50
    assert (dataset.truth["y"][few] == 1).sum() == 5
    assert (take_rows(dataset, 50) == few).all()
    assert take_rows(dataset, None) is dataset.rows["train"]


def test_rows_without_a_value_are_dropped_and_those_without_a_target_kept(tmp_path: Path) -> None:
    files = {"t.csv": table(60, lambda i: f"{i if i % 6 else ''},{'ab'[i % 2] if i % 5 else ''}")}
    text = spec_of("x = number(missing = drop, scale = minmax); y = category(missing = keep)")
    spec, dataset = bound(tmp_path, text, files)
    assert dataset.dropped == {"x": 10} and dataset.table.rows == 50 and len(dataset.unlabelled) == 10
    assert sum(map(len, dataset.rows.values())) == 40 and dataset.unused == 0
    assert all((dataset.truth["y"][rows] >= 0).all() for rows in dataset.rows.values())
    assert dataset.table.place(0) == "line 3 of t.csv"
    fitted = dataset.table.columns["x"][[*dataset.rows["train"], *dataset.unlabelled]]
    fit = spec.bound.fits["x"] if spec.bound else None
    assert isinstance(fit, NumberFit) and (fit.center, fit.center + fit.scale) == (fitted.min(), fitted.max())


@pytest.mark.parametrize("count", [2, 3, 7])
def test_every_row_is_tested_on_in_one_fold_and_the_labels_keep_their_shares(tmp_path: Path, count: int) -> None:
    files = {"t.csv": table(101, lambda i: f"{i},{'a' if i % 10 else 'b'}")}
    folds = [bound(tmp_path, spec_of(XY, split=f"folds({count}, fold = {fold + 1})"), files)[1] for fold in range(count)]
    assert sorted(np.concatenate([dataset.rows["test"] for dataset in folds]).tolist()) == list(range(101))
    for dataset in folds:
        assert sorted(np.concatenate(list(dataset.rows.values())).tolist()) == list(range(101))
        assert abs(len(dataset.rows["validation"]) - 0.15 * 101) <= 2
        rare = dataset.truth["y"] == 1
        for name, share in (("test", 1 / count), ("validation", 0.15)):
            rows = dataset.rows[name]
            assert abs(rare[rows].sum() - share * rare.sum()) < 1 and abs((~rare[rows]).sum() - share * (~rare).sum()) < 1


@pytest.mark.parametrize("seed", range(3))
def test_no_fold_divides_a_group(tmp_path: Path, seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, 25, 300)
    files = {"t.csv": table(300, lambda i: f"{i},{'ab'[i % 2]},p{groups[i]}", "x,y,patient")}
    tested = []
    for fold in range(1, 5):
        split = f"folds(4, fold = {fold}, group = patient, seed = {seed})"
        _, dataset = bound(tmp_path, spec_of(XY, split=split), files)
        held = [set(groups[rows].tolist()) for rows in dataset.rows.values()]
        assert not held[0] & held[1] and not held[0] & held[2] and not held[1] & held[2]
        tested.append(dataset.rows["test"])
        assert abs(len(tested[-1]) - 75) <= np.bincount(groups).max()
    assert sorted(np.concatenate(tested).tolist()) == list(range(300))


def test_the_seed_draws_other_folds_and_none_named_means_the_first(tmp_path: Path) -> None:
    files = {"t.csv": halves(60)}
    first = bound(tmp_path, spec_of(XY, split="folds(3)"), files)[1]
    assert _rows(first) == _rows(bound(tmp_path, spec_of(XY, split="folds(3, fold = 1)"))[1])
    assert _rows(first) != _rows(bound(tmp_path, spec_of(XY, split="folds(3, seed = 1)"))[1])


def test_folds_without_validation_train_on_all_other_rows(tmp_path: Path) -> None:
    split = "folds(4, fold = 2, validation = 0, stratify = z)"
    files = {"t.csv": table(100, lambda i: f"{i},{'ab'[i % 2]},{'r' if i % 5 == 0 else 's'}", "x,y,z")}
    spec, dataset = bound(tmp_path, spec_of(XY, split=split), files)
    assert spec.bound is not None and spec.bound.rows == {"train": 75, "test": 25}
    assert (dataset.table.columns["x"][dataset.rows["test"]] % 5 == 0).sum() == 5
