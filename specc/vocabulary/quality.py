"""Metrics of the rows that a generator makes, beside as many real rows, for their conditions and always of the same noise."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.vocabulary.families import Measured, Metric
from specc.vocabulary.numbers import PositiveInt
from specc.vocabulary.part import ColumnName


class _OfGenerated(Metric):
    """`every`: measured each that many epochs, and at the end."""

    target: ClassVar[Measured] = "rows"
    every: PositiveInt = 1


class PairwiseDistance(_OfGenerated):
    """The mean distance of generated rows to one another, over that of real rows: 1 is right, near 0 is collapse.

    Rows that are made for a category are compared within it. Beside it stands `duplicates`: the share of generated rows that
    have another within a tenth of the distance at which half of the real rows have their nearest, less the share of real rows
    that do. A generator that makes a few rows again and again has many (cf. Arora and Zhang 2017).

    Example: `metrics = [pairwise_distance(every = 5)]`
    """


class ClassifierScore(_OfGenerated):
    """How often a fresh classifier tells generated rows from real ones, neither of which it has seen: 0.5 where it cannot.

    Near 1 with a discriminator that is right half the time, the generator fools this discriminator alone. It is a kernel ridge
    classifier with gaussian kernels of three widths, trained on half of the rows of each kind and tested on the others: a
    classifier two-sample test (Lopez-Paz and Oquab 2017).

    Example: `metrics = [classifier_score]`
    """

    better: ClassVar[Literal["higher", "lower"]] = "lower"


class ModesCovered(_OfGenerated):
    """How many labels of a category column have a generated row: where these are the modes of the data, how many are not lost.

    A row counts for the label whose rows' mean is nearest, where it is as near as 99 of 100 of that label's own rows: of normal
    rows in two dimensions, within three deviations. Beside it stands `high_quality`, the share of generated rows that count.
    Of 2 500 rows. The column is of use to nothing else, and need not be taken by the model; of images the measure is a rough one.

    Example: `metrics = [modes_covered(mode)]`
    """

    labels: ColumnName
