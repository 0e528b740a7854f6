"""The way of a raw value to the network and back: one column and its fit at a time, in float64 up to the network's door."""

from __future__ import annotations

from itertools import repeat

import numpy as np

from specc.door import door
from specc.ir import ArrayFit, CategoryFit, Fit, NumberFit, Spec

LARGEST = float(np.finfo(np.float32).max)


def impute_number(values: np.ndarray, fit: NumberFit) -> np.ndarray:
    """The value in place of a missing one, where there is one."""
    return values if fit.impute is None else np.where(np.isnan(values), fit.impute, values)


def transform_number(values: np.ndarray, fit: NumberFit) -> np.ndarray:
    """`ln(1 + x)` with `log1p`; NaN where it is not defined."""
    if fit.transform is None:
        return values
    with np.errstate(invalid="ignore", divide="ignore"):
        transformed = np.log1p(values)
    return np.where(np.isfinite(transformed), transformed, np.nan)


def encode_number(values: np.ndarray, fit: NumberFit) -> np.ndarray:
    """Imputed, transformed and scaled: float64 `[rows]`."""
    return (transform_number(impute_number(values, fit), fit) - fit.center) / fit.scale


def decode_target(scaled: np.ndarray, fit: NumberFit) -> np.ndarray:
    """A scaled and transformed number in its own unit: the inverse of `encode_number`."""
    values = np.asarray(scaled, dtype=np.float64) * fit.scale + fit.center
    if fit.transform is None:
        return values
    with np.errstate(over="ignore"):
        return np.expm1(values)


def prepare_number(values: np.ndarray, fit: NumberFit) -> np.ndarray:
    """`[rows, 1]`, or `[rows, 2]` with the indicator of a missing value."""
    encoded = encode_number(values, fit)
    return np.stack([encoded, np.isnan(values)] if fit.indicator else [encoded], axis=1)


def label_indices(labels: np.ndarray, fit: CategoryFit) -> np.ndarray:
    """The place of each label in the fit, after imputing; −1 where it is missing or unseen."""
    places = {label: index for index, label in enumerate(fit.labels)}
    places[""] = places.get(fit.impute, -1) if fit.impute is not None else -1
    return np.fromiter(map(places.get, labels.tolist(), repeat(-1)), dtype=np.int64, count=len(labels))


def prepare_category(labels: np.ndarray, fit: CategoryFit) -> np.ndarray:
    """One-hot numbers `[rows, labels]`; an unseen label is all zeros."""
    indices = label_indices(labels, fit)
    encoded = np.zeros((len(indices), len(fit.labels)))
    seen = np.flatnonzero(indices >= 0)
    encoded[seen, indices[seen]] = 1.0
    return encoded


def prepare_index(labels: np.ndarray, fit: CategoryFit) -> np.ndarray:
    """The row of the embedding's table, int64: 0 the unseen label, then the labels in order."""
    return label_indices(labels, fit) + 1


def prepare_array(values: np.ndarray, fit: ArrayFit) -> np.ndarray:
    """Blocks of numbers, scaled, float32."""
    return ((values.astype(np.float64) - fit.center) / fit.scale).astype(np.float32)


def prepare_feature(values: np.ndarray, fit: Fit) -> np.ndarray:
    """The numbers that a column adds to `features`: float64 `[rows, width]`."""
    if isinstance(fit, NumberFit):
        return prepare_number(values, fit)
    assert isinstance(fit, CategoryFit)
    return prepare_category(values, fit)


def door_tensors(columns: dict[str, np.ndarray], spec: Spec) -> dict[str, np.ndarray]:
    """The tensors that enter the networks, from raw columns; images as they are, 0…255."""
    assert spec.bound is not None
    fits, tensors = spec.bound.fits, {}
    for tensor in door(spec):
        first = columns[tensor.columns[0]]
        fit = fits[tensor.columns[0]]
        if tensor.kind == "features":
            tensors[tensor.name] = _features(tensor.columns, columns, spec)
        elif tensor.kind == "index" and isinstance(fit, CategoryFit):
            tensors[tensor.name] = prepare_index(first, fit)
        elif isinstance(fit, ArrayFit):
            tensors[tensor.name] = prepare_array(first, fit)
        else:
            tensors[tensor.name] = first
    return tensors


def _features(names: tuple[str, ...], columns: dict[str, np.ndarray], spec: Spec) -> np.ndarray:
    """Columns side by side, float32, filled in one after the other so that no second copy is held."""
    assert spec.bound is not None
    fits = [spec.bound.fits[name] for name in names]
    widths = [fit.width for fit in fits if isinstance(fit, NumberFit | CategoryFit)]
    features = np.empty((len(columns[names[0]]), sum(widths)), dtype=np.float32)
    start = 0
    for name, fit, width in zip(names, fits, widths):
        with np.errstate(over="ignore"):
            features[:, start : start + width] = prepare_feature(columns[name], fit)
        start += width
    return features
