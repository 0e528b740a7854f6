"""Sources: the files that hold the rows. Paths are relative to the spec's own folder."""

from __future__ import annotations

from typing import Annotated, Literal

from specc.records import Length
from specc.vocabulary.families import Source
from specc.vocabulary.numbers import NonNegativeInt, PositiveInt
from specc.vocabulary.part import FileColumnName, Flag, Path, Resolved


class Csv(Source):
    """A table as text, gzipped or not by its content.

    An empty field is missing; `missing` adds other marks. Without a header the columns are those declared, in order.
    `skip` leaves out that many lines at the top; `trim` takes spaces off both ends of a field.

    Example: `source = csv("data/iris.csv", missing = ["?"])`
    """

    path: Path
    missing: tuple[str, ...] = ()
    header: Flag = True
    delimiter: Annotated[str, Length(1)] = ","
    skip: NonNegativeInt = 0
    trim: Flag = True


class Parquet(Source):
    """A table in Apache Parquet.

    Example: `source = parquet("data/houses.parquet")`
    """

    path: Path


class Npz(Source):
    """NumPy arrays in one file: an array a column, by its name, or `train_NAME`, `val_NAME` and `test_NAME` as splits.

    Example: `source = npz("data/faces.npz")`
    """

    path: Path


class Idx(Source):
    """A folder in MNIST's format: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…`, gzipped or not.

    The image column takes the images, the category column the labels.

    Example: `source = idx("data/mnist")`
    """

    path: Path


class Images(Source):
    """A folder of pictures with one folder a class; with folders `train`, `validation`, `test` above them as splits.

    The image column takes the pictures, scaled to its size; the category column the folder's name.

    Example: `source = images("data/flowers")`
    """

    path: Path


class Samples(Source):
    """Rows that another run makes of noise, the same for the same seed: a gan's generator, or the decoder of a vae.

    `path` is a run's folder, or the folder of a spec's runs: then its newest finished run. The columns are those that it makes,
    and those that it makes rows for, drawn as its own training rows have them.

    Example: `source = samples("runs/faces", count = 10_000)`
    """

    path: Path
    count: PositiveInt
    seed: NonNegativeInt = 0
    opened: Annotated[str, Resolved()] = ""
    """The run's own folder, once its rows are made."""


class Ratings(Source):
    """A table of who rated what how: a line a rating, gzipped or not by its content. Most pairs have none.

    `by = user`: a case is a user, with one softmax unit for each item; `by = item`: a case is an item, with a unit for each
    user. The different ratings of the file are the levels. The data is `ratings`, as in `visible(ratings, units = softmax)`;
    further columns are left alone. `titles` is a table with the column that `item` names and a column `title`, for answers.

    Example: `source = ratings("data/ratings.csv", user = userId, item = movieId, rating = rating)`
    """

    path: Path
    user: FileColumnName
    item: FileColumnName
    rating: FileColumnName
    by: Literal["user", "item"] = "user"
    titles: Path | None = None

    @property
    def case(self) -> str:
        """The column whose values are the cases."""
        return self.user if self.by == "user" else self.item

    @property
    def unit(self) -> str:
        """The column whose values are the visible units."""
        return self.item if self.by == "user" else self.user
