"""Files of ratings: what is read of them, how they are divided, and what is said of those that cannot be."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from specc.data.ratings import RatingsDataset
from specc.ir import RatingsFit
from tests.data.binding import bound, mistakes

SOURCE = 'ratings("r.csv", user = u, item = i, rating = r)'
HEAD = "when,u,i,r"
ROWS = ["1,ann,10,4", "2,ann,9,5", "3,bob,9,1", "4,bob,10,3.5", "5,cy,9,5", "6,ann,x,1"]


def text(source: str = SOURCE, split: str = "") -> str:
    split = f"; split = {split}" if split else ""
    return f"data {{ source = {source}{split} }}\nrbm {{ visible(ratings); hidden(3) }}\ntrain {{ epochs = 1 }}\n"


def file(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *(rows or ROWS)]) + "\n"


def of(
    folder: Path, source: str = SOURCE, split: str = "random(train = 1.0)", **files: str | bytes
) -> tuple[RatingsFit, RatingsDataset]:
    spec, dataset = bound(folder, text(source, split), {"r.csv": file(), **{f"{name}.csv": f for name, f in files.items()}})
    assert spec.bound is not None and isinstance(dataset, RatingsDataset)
    fit = spec.bound.fits["ratings"]
    assert isinstance(fit, RatingsFit)
    return fit, dataset


def test_ratings_are_lists_by_case(tmp_path: Path) -> None:
    fit, dataset = of(tmp_path)
    assert fit.levels == (1, 3.5, 4, 5) and fit.units == ("10", "9", "x") and dataset.names == ("ann", "bob", "cy")
    cases = dataset.sets["train"]
    assert cases.counts.tolist() == [3, 2, 1]
    assert [(fit.units[u], fit.levels[k]) for u, k in zip(*cases.of_case(0))] == [("10", 4), ("9", 5), ("x", 1)]
    assert dataset.table.left_out == ("when",)


def test_items_may_be_the_cases(tmp_path: Path) -> None:
    fit, dataset = of(tmp_path, SOURCE.replace("rating = r", "rating = r, by = item"))
    assert dataset.names == ("10", "9", "x") and fit.units == ("ann", "bob", "cy")
    assert dataset.sets["train"].counts.tolist() == [2, 3, 1]


def test_a_packed_file_gives_the_same_lists(tmp_path: Path) -> None:
    (tmp_path / "packed").mkdir()
    _, plain = of(tmp_path)
    _, packed = of(tmp_path / "packed", r=gzip.compress(file().encode()))
    for name in ("starts", "units", "levels"):
        assert np.array_equal(getattr(plain.sets["train"], name), getattr(packed.sets["train"], name))


def test_titles_stand_beside_units_that_are_items(tmp_path: Path) -> None:
    films = 'i,title,genre\n9,"Up, and Away",a\n10,Ten,b\n'
    fit, dataset = of(tmp_path, SOURCE.replace("rating = r", 'rating = r, titles = "films.csv"'), films=films)
    assert fit.titles == ("Ten", "Up, and Away", "") and dataset.titles["9"] == "Up, and Away"


def test_the_rows_of_a_set_are_the_cases_that_have_ratings_in_it(tmp_path: Path) -> None:
    rows = [f"1,{user},{item},{1 + (user + item) % 5}" for user in range(30) for item in range(20)]
    split = "random(train = 0.7, validation = 0.1, test = 0.2, within = u, seed = 4)"
    _, dataset = of(tmp_path, split=split, r=file(*rows))
    assert {name: set(cases.counts.tolist()) for name, cases in dataset.sets.items()} == {
        "train": {14},
        "validation": {2},
        "test": {4},
    }
    assert dataset.rows["test"].tolist() == list(range(60, 90)) and dataset.rows["validation"].tolist() == list(range(30, 60))
    pairs = [set(zip(np.repeat(np.arange(30), c.counts).tolist(), c.units.tolist())) for c in dataset.sets.values()]
    assert sum(map(len, pairs)) == len(set.union(*pairs)) == 600
    _, again = of(tmp_path, split=split, r=file(*rows))
    assert np.array_equal(again.sets["test"].units, dataset.sets["test"].units)


class Case(NamedTuple):
    """What a file is, and what is said of it: code, the text that is marked, message, way out."""

    rows: list[str]
    code: str
    marked: str
    message: str
    way_out: str
    head: str = HEAD


CASES = {
    "a rating that is no number": Case(
        [*ROWS, "7,dee,9,good"], "E0406", "r", "`r` is a number, and 1 row holds something else", "missing = "
    ),
    "a rating that is missing": Case([*ROWS, "7,dee,9,"], "E0405", "r", "`r` is missing in 1 row", "take these lines out"),
    "a user that is missing": Case([*ROWS, "7,,9,3"], "E0405", "u", "`u` is missing in 1 row", "take these lines out"),
    "a pair that is rated twice": Case(
        [*ROWS, "7,ann,10,5"], "E0402", SOURCE, "1 row of `r.csv` rates a pair again", "keep one rating of each pair"
    ),
    "no rating at all": Case([""], "E0403", SOURCE, "`r.csv` has no rows below its header", "is it the file that is meant?"),
    "a misspelt column": Case(ROWS, "E0404", "u", "`r.csv` has no column `u`", "did you mean", "when,uu,i,r"),
    "ratings that are all the same": Case(
        ["1,a,1,3", "1,b,1,3"], "E0408", "r", "every rating is 3: there is nothing to tell apart", "the column of the ratings?"
    ),
    "times in place of ratings": Case(
        [f"1,{i},9,{i / 7}" for i in range(101)],
        "E0406",
        "r",
        "`r` has 101 different values, and a softmax unit at most 100 states",
        "round them",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_a_file_of_ratings(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    spec = text(split="random(train = 1.0)")
    (found,) = mistakes(tmp_path, spec, {"r.csv": file(*case.rows, head=case.head)})
    assert found.code == case.code and found.message == case.message and case.way_out in found.help
    assert found.span is not None and spec[found.span.start : found.span.end] == case.marked


def test_three_columns_are_three(tmp_path: Path) -> None:
    spec = text(SOURCE.replace("item = i", "item = u"))
    (found,) = mistakes(tmp_path, spec, {"r.csv": file()})
    assert found.message == "`user`, `item` and `rating` are three columns, and here they are `u` and `r`"


def test_titles_without_a_column_of_titles(tmp_path: Path) -> None:
    spec = text(SOURCE.replace("rating = r", 'rating = r, titles = "films.csv"'))
    (found,) = mistakes(tmp_path, spec, {"r.csv": file(), "films.csv": "i,name\n9,Up\n"})
    assert found.code == "E0404" and found.message == "`films.csv` has no column `title`"
    assert found.span is not None and spec[found.span.start : found.span.end] == '"films.csv"'


def test_within_divides_the_rows_of_any_table(tmp_path: Path) -> None:
    """`within` of a table as text: 10 rows of each group, at 7 to 3."""
    rows = "\n".join(["x,y,g", *(f"{i},{'ab'[i % 2]},{i // 10}" for i in range(50))]) + "\n"
    data = 'source = csv("t.csv"); columns { x = number; y = category }; target = y'
    split = "split = random(train = 0.7, test = 0.3, within = g)"
    spec = f"data {{ {data}; {split} }}\nnetwork {{ input(x); output(y) }}\ntrain {{ epochs = 1 }}\n"
    _, dataset = bound(tmp_path, spec, {"t.csv": rows})
    assert (
        np.bincount(dataset.rows["train"] // 10).tolist() == [7] * 5
        and np.bincount(dataset.rows["test"] // 10).tolist() == [3] * 5
    )
