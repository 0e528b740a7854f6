"""Fits columns on the training rows, in float64: imputed values, scales, label lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from specc.data.prepare import impute_number, transform_number
from specc.data.sources.csv import NUMBER
from specc.ir import ArrayFit, CategoryFit, Fit, ImageFit, NumberFit
from specc.vocabulary.columns import Array, Category, Constant, Embedding, Image, Mean, Median, Number
from specc.vocabulary.families import Column, Imputation

CHUNK = 4096


class NothingToFit(Exception):
    """No training row has a value; the message says what is missing, in the user's words."""


def fit_column(column: Column, values: np.ndarray, train: np.ndarray, is_target: bool) -> Fit:
    """The fit of a column on its training rows. Raises `NothingToFit`.

    Of a target the label list alone is that of all rows, so that a rare label can be asked for at all.
    """
    match column:
        case Number():
            return fit_number(column, values[train])
        case Category():
            return fit_category(column, values if is_target else values[train], is_target)
        case Image():
            return fit_image(column, values, train)
        case Array():
            return fit_array(column, values[train])
    raise AssertionError(f"no fit for {column.word}")


def fit_number(column: Number, values: np.ndarray) -> NumberFit:
    impute = None if column.impute is None else _imputed_number(column.impute, values[~np.isnan(values)])
    fit = NumberFit(impute=impute, transform=column.transform, indicator=column.indicator)
    numbers = transform_number(impute_number(values, fit), fit)
    with np.errstate(over="ignore", invalid="ignore"):
        center, scale = center_and_scale(column.scale, numbers)
    if not (np.isfinite(center) and np.isfinite(scale)):
        raise NothingToFit(f"its numbers go up to {np.abs(numbers).max():.3g}, too large to be scaled by `{column.scale}`")
    return fit.model_copy(update={"center": center, "scale": scale})


def _imputed_number(impute: Imputation, present: np.ndarray) -> float:
    if isinstance(impute, Constant):
        return float(impute.value)
    if not len(present):
        raise NothingToFit(f"no training row has a value that `impute = {impute.word}` could take")
    if isinstance(impute, Mean):
        return float(present.mean())
    if isinstance(impute, Median):
        return float(np.median(present))
    found, counts = np.unique(present, return_counts=True)
    return float(found[np.argmax(counts)])


def center_and_scale(scale: str | None, numbers: np.ndarray) -> tuple[float, float]:
    """What is taken off, and what is divided by; numbers that are all equal are divided by 1."""
    if scale is None or not numbers.size:
        return 0.0, 1.0
    low, high = float(numbers.min()), float(numbers.max())
    if scale == "standard":
        # Of equal numbers the rounding of the mean would make a tiny deviation.
        return (low, 1.0) if low == high else (float(numbers.mean()), float(numbers.std()) or 1.0)
    if scale == "minmax":
        return low, high - low or 1.0
    lower, middle, upper = (float(q) for q in np.quantile(numbers, [0.25, 0.5, 0.75]))
    return middle, upper - lower or 1.0


def fit_category(column: Category, labels: np.ndarray, is_target: bool) -> CategoryFit:
    counts = Counter(labels.tolist())
    missing = counts.pop("", 0)
    impute = None
    if isinstance(column.impute, Constant):
        impute = str(column.impute.value)
    elif column.impute is not None:
        if not counts:
            raise NothingToFit("no training row has a label that `impute = mode` could take")
        most = max(counts.values())
        order = column.labels or ordered_labels(counts)
        impute = next(label for label in order if counts[label] == most)
    if impute is not None and missing:
        counts[impute] += missing
    encode = "label" if is_target else "embedding" if isinstance(column.encode, Embedding) else "onehot"
    return CategoryFit(labels=column.labels or ordered_labels(counts), impute=impute, encode=encode)


def ordered_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """By number where all are numbers, else by code point."""
    labels = sorted(set(labels))
    if all(NUMBER.fullmatch(label) for label in labels):
        labels.sort(key=float)
    return tuple(labels)


def fit_image(column: Image, images: np.ndarray, train: np.ndarray) -> ImageFit:
    channels = column.size[0]
    scale, shift = (1.0,) * channels, (0.0,) * channels
    if column.scale == "unit":
        scale = (1 / 255,) * channels
    elif column.scale == "symmetric":
        scale, shift = (2 / 255,) * channels, (-1.0,) * channels
    elif column.scale == "standard":
        means, deviations = channel_statistics(images, train)
        scale = tuple(1 / deviation if deviation else 1.0 for deviation in deviations)
        shift = tuple(-mean * factor for mean, factor in zip(means, scale))
    return ImageFit(size=column.size, scale=scale, shift=shift, binarize=column.binarize)


def channel_statistics(images: np.ndarray, rows: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and deviation of each channel, exact from how often each of the 256 intensities occurs."""
    counts = np.zeros((images.shape[1], 256))
    for start in range(0, len(rows), CHUNK):
        chunk = images[rows[start : start + CHUNK]]
        for channel in range(images.shape[1]):
            counts[channel] += np.bincount(chunk[:, channel].ravel(), minlength=256)
    levels, total = np.arange(256.0), counts.sum(axis=1)
    means = counts @ levels / total
    variances = [float(counts[c] @ (levels - means[c]) ** 2 / total[c]) for c in range(len(means))]
    return means.tolist(), [variance**0.5 for variance in variances]


def fit_array(column: Array, blocks: np.ndarray) -> ArrayFit:
    center, scale = center_and_scale(column.scale, blocks.astype(np.float64).ravel())
    return ArrayFit(size=column.size, center=center, scale=scale)
