"""Columns: what the fields of the data hold and the way of each to the network (and into the ONNX file)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import ClassVar, Literal

from specc.shapes import Expression, Shape, Size, product
from specc.vocabulary.families import Column, Encoding, Imputation
from specc.vocabulary.numbers import Finite, OpenFraction, PositiveInt
from specc.vocabulary.part import Flag


def is_pattern(name: str) -> bool:
    """Whether a name declares every column that fits it: `"pixel*"`."""
    return "*" in name


def fits_pattern(name: str, pattern: str) -> bool:
    """Whether a column's name fits a pattern, in which `*` stands for any run of characters."""
    return _expression(pattern).fullmatch(name) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def symbol(what: str, name: str) -> str:
    """A size that only the data knows: `labels(species)`, `columns(pixel∗)`. A `*` would read as a product of symbols."""
    return f"{what}({name.replace('*', '∗')})"


class Mean(Imputation):
    """The mean of the training rows.

    Example: `x = number(impute = mean)`
    """


class Median(Imputation):
    """The median of the training rows.

    Example: `x = number(impute = median)`
    """


class Mode(Imputation):
    """The most frequent value of the training rows; of equally frequent ones the first in order.

    Example: `x = number(impute = mode)`
    """


class Constant(Imputation):
    """A value of your own: a number, or a label.

    Example: `x = number(impute = constant(0))`
    """

    value: Finite | str


class Onehot(Encoding):
    """One number a label: 1 for the row's own, 0 for the others; an unseen label is all zeros.

    Example: `c = category(encode = onehot)`
    """


class Embedding(Encoding):
    """A trained vector of `width` numbers a label; an unseen label is the zero vector.

    Example: `c = category(encode = embedding(3))`
    """

    width: PositiveInt


class Number(Column):
    """A number. Its way: `impute`, `transform`, `scale`, each fitted on the training rows in float64.

    `standard`: `(x − mean) / deviation`; `minmax`: `(x − min) / (max − min)`; `robust`: `(x − median) / (q₇₅ − q₂₅)`.
    `missing = drop` leaves rows without it out. `indicator = true` adds a 0/1 feature that says where it was missing.

    Example: `x = number(scale = standard)`
    """

    joins_features: ClassVar[bool] = True

    scale: Literal["standard", "minmax", "robust"] | None = None
    transform: Literal["log1p"] | None = None
    impute: Imputation | None = None
    indicator: Flag = False
    missing: Literal["error", "drop"] = "error"

    def shape(self, name: str) -> Shape:
        return Shape.vector(2 if self.indicator else 1)


class Category(Column):
    """One of several labels, as text. `labels` sets them and their order; of two the second is the positive one.

    Without `labels`: by number where all are numbers, else by code point. A label that `labels` does not list is an error.
    `missing = drop` leaves rows without it out, `keep` keeps them for phases that use no target.

    Example: `c = category(labels = ["no", "yes"])`
    """

    joins_features: ClassVar[bool] = True

    labels: tuple[str, ...] | None = None
    encode: Encoding = Onehot()
    impute: Imputation | None = None
    missing: Literal["error", "drop", "keep"] = "error"

    def label_count(self, name: str) -> Size:
        """How many labels it has: those listed, or as many as the data shows."""
        return len(self.labels) if self.labels is not None else Expression({symbol("labels", name): 1})

    def shape(self, name: str) -> Shape:
        return Shape.vector(self.encode.width if isinstance(self.encode, Embedding) else self.label_count(name))


class Image(Column):
    """A picture of `[channels, height, width]`, 0…255; one or three channels.

    `unit`: 0…1; `symmetric`: −1…1; `standard`: each channel to mean 0 and deviation 1 over the training images.
    `binarize`, black or white by lot, an intensity being the chance of white: `static` draws once (the same whatever the seed),
    `stochastic` anew for each training batch; a number is a threshold. In use a picture enters by its intensities, or by the
    threshold.

    Example: `i = image([1, 28, 28], scale = unit)`
    """

    size: tuple[PositiveInt, PositiveInt, PositiveInt]
    scale: Literal["unit", "symmetric", "standard"] | None = None
    binarize: Literal["static", "stochastic"] | OpenFraction | None = None

    def shape(self, name: str) -> Shape:
        return Shape.image(*self.size)


class Array(Column):
    """A block of numbers of a fixed size: one size gives `[features]`, three give `[channels, height, width]`.

    Example: `a = array([16], scale = standard)`
    """

    size: tuple[PositiveInt, ...]
    scale: Literal["standard", "minmax"] | None = None

    @property
    def joined(self) -> bool:
        return len(self.size) == 1

    def shape(self, name: str) -> Shape:
        if len(self.size) == 3:
            return Shape.image(*self.size)
        if len(self.size) == 1:
            return Shape.vector(self.size[0])
        return Shape.of(**{f"axis{i + 1}": size for i, size in enumerate(self.size)})

    @property
    def count(self) -> Size:
        return product(self.size)


class RatingLevels(Column, word="ratings"):
    """The ratings of one case, as the source `ratings` gives them under the name `ratings`; `columns` has no line for it.

    Of each item (or user) one of the levels, or none. Kept as a list of those that there are, never as a table of all.

    Example: `visible(ratings, units = softmax)`
    """

    def shape(self, name: str) -> Shape:
        return Shape.of(units=Expression({symbol("units", name): 1}), levels=Expression({symbol("levels", name): 1}))
