"""Splits: which rows train, which choose (validation) and which are only tested on."""

from __future__ import annotations

from typing import Annotated

from specc.records import Limits
from specc.vocabulary.families import Split
from specc.vocabulary.numbers import Fraction, NonNegativeInt, PositiveInt, Share
from specc.vocabulary.part import FileColumnName

Value = str | int | float | bool


class Random(Split):
    """Rows by lot, with a seed of its own, so that another `--seed` still tests on the same rows.

    `stratify` keeps the shares of a column's labels, `group` keeps rows of one value together, `within` divides the rows of
    each value (each user's ratings).

    Example: `split = random(train = 0.8, test = 0.2, stratify = c)`
    """

    train: Share | None = None
    validation: Fraction | None = None
    test: Fraction | None = None
    seed: NonNegativeInt = 0
    stratify: FileColumnName | None = None
    group: FileColumnName | None = None
    within: FileColumnName | None = None

    def shares(self) -> tuple[float, float, float]:
        """The shares of training, validation and test: 0.7, 0.15 and 0.15 where none is given."""
        if self.train is None and self.validation is None and self.test is None:
            return 0.7, 0.15, 0.15
        validation, test = self.validation or 0.0, self.test or 0.0
        return self.train if self.train is not None else 1.0 - validation - test, validation, test


class Column(Split):
    """By the value of a column of the file, which need not be declared.

    Example: `split = column(fold, train = [0, 1, 2], validation = [3], test = [4])`
    """

    name: FileColumnName
    train: tuple[Value, ...]
    validation: tuple[Value, ...] = ()
    test: tuple[Value, ...] = ()


class Provided(Split):
    """The sets that the source itself has; `validation` takes that share out of the training set.

    Example: `split = provided(validation = 0.1)`
    """

    validation: Fraction = 0.0
    seed: NonNegativeInt = 0


class Folds(Split):
    """Cross-validation: the rows are divided by lot into so many parts; each is the test set of one run, the others train.

    Without `fold`, `specc train` trains once for each; `fold = 2` tests on the second part only. `validation` takes that share
    of all rows out of those that train. A category target keeps its shares in every part, or the column that `stratify` names;
    `group` keeps rows of one value together.

    Example: `split = folds(5)`
    """

    count: Annotated[int, Limits(least=2, most=1000)]
    fold: PositiveInt | None = None
    validation: Fraction = 0.15
    seed: NonNegativeInt = 0
    stratify: FileColumnName | None = None
    group: FileColumnName | None = None

    @property
    def rounds(self) -> int:
        return self.count if self.fold is None else 0
