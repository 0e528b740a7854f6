"""Real files, whose counts are published. Skipped where `SPECC_DATA` has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from specc.data.profile import profile
from tests.data.binding import bound, spec_of


def test_titanic_has_263_missing_ages(real_data: Path) -> None:
    columns = "survived = category; age = number(impute = median); embarked = category(impute = mode); sex = category"
    text = spec_of(columns, 'csv("tabular/titanic3.csv", missing = ["?"])', "survived")
    spec, dataset = bound(real_data, text)
    found = profile(dataset, spec)
    assert found["rows"] == 1309 and found["columns"]["age"]["missing"] == 263 and found["columns"]["embarked"]["missing"] == 2
    assert found["columns"]["survived"]["labels"] == {"0": 809, "1": 500}
    assert found["columns"]["sex"]["labels"] == {"female": 466, "male": 843}
    assert spec.bound is not None and spec.bound.rows == {"train": 916, "validation": 197, "test": 196}


def test_mnist_has_60000_and_10000_digits(real_data: Path) -> None:
    text = spec_of("image = image([1, 28, 28], scale = standard); digit = category", 'idx("mnist")', "digit", takes="image")
    spec, dataset = bound(real_data, text)
    assert spec.bound is not None and spec.bound.rows == {"train": 60000, "test": 10000}
    assert spec.bound.class_counts == {"digit": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)}
    fit = spec.bound.fits["image"]
    mean, deviation = -fit.shift[0] / fit.scale[0] / 255, 1 / fit.scale[0] / 255  # type: ignore[union-attr]
    assert (mean, deviation) == pytest.approx((0.1307, 0.3081), abs=5e-5)  # the numbers that every tutorial divides by
    assert dataset.inputs["image"].dtype == np.uint8


def test_adult_keeps_its_labels_apart_from_its_spaces(real_data: Path) -> None:
    names = "age workclass fnlwgt education education_num marital_status occupation relationship race sex gain loss hours"
    names += " country income"
    numbers = {"age", "fnlwgt", "education_num", "gain", "loss", "hours"}
    columns = "; ".join(f"{name} = {'number' if name in numbers else 'category(impute = mode)'}" for name in names.split())
    columns = columns.replace("income = category(impute = mode)", "income = category")
    text = spec_of(columns, 'csv("tabular/adult.data.gz", header = false, missing = ["?"])', "income")
    spec, dataset = bound(real_data, text)
    found = profile(dataset, spec)["columns"]
    assert found["income"]["labels"] == {"<=50K": 24720, ">50K": 7841}
    assert (found["workclass"]["missing"], found["occupation"]["missing"], found["country"]["missing"]) == (1836, 1843, 583)


def test_silhouettes_come_with_their_sets_and_the_names_of_their_labels(real_data: Path) -> None:
    source = 'npz("caltech101_silhouettes/caltech101_silhouettes_28.npz")'
    spec, _ = bound(real_data, spec_of("image = image([1, 28, 28]); label = category", source, "label", takes="image"))
    assert spec.bound is not None and spec.bound.rows == {"train": 4100, "validation": 2264, "test": 2307}
    assert spec.bound.sizes == {"labels(label)": 101} and not any(label.isdigit() for label in spec.bound.fits["label"].labels)  # type: ignore[union-attr]


def test_ames_is_separated_by_tabs(real_data: Path) -> None:
    columns = (
        '"Lot Frontage" = number(impute = median); "Lot Area" = number; SalePrice = number(transform = log1p, scale = standard)'
    )
    source = 'csv("tabular/ames_housing.tsv.gz", delimiter = "\\t", missing = ["NA"])'
    spec, dataset = bound(real_data, spec_of(columns, source, "SalePrice"))
    found = profile(dataset, spec)
    assert found["rows"] == 2930 and found["columns"]["Lot Frontage"]["missing"] == 490 and len(found["left_out"]) == 79
