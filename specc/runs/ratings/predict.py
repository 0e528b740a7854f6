"""What a machine of ratings answers: the expected rating of pairs, or for each user the best of what is not rated yet.

The table that is asked with has the column of the users; a line with an item and a rating tells what the user thinks of it,
a line with an item and no rating asks for it. Where no line asks, each user gets the best items. Whoever the table tells
nothing of is known by the ratings of the run's data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from specc.data.table import count_of, first_rows
from specc.diagnostics import Report, Source, SpecError, listing
from specc.ir import RatingsFit, Spec
from specc.onnx.ratings import EXPECTED, ratings_fit
from specc.onnx.session import NotAModel, OnnxModel
from specc.runs.ratings.question import Question, Told, read_question
from specc.vocabulary.sources import Ratings

if TYPE_CHECKING:
    import polars

    from specc.data.ratings import RatingsDataset
    from specc.runs.predict import Predicted

TOP = 10
NUMBERS = 1 << 22
"""Numbers of answers that are worked out at once."""


def predict_ratings(model: OnnxModel, rows: Any, top: int | None, data: Callable[[], RatingsDataset] | None) -> Predicted:
    """Answers by onnxruntime. `data` opens the ratings of the model's run, if it is one. Raises `SpecError`."""
    from specc.runs.predict import Predicted

    report = Report(Source(str(rows) if isinstance(rows, str | Path) else "the rows", ""))
    asking = _Asking(model, report, data)
    question = read_question(rows, asking.source, asking.fit, report)
    if question.asked and top is not None:
        report.error("E0505", "`--top` is for users of whom nothing is asked, and the table asks for pairs", help="leave it out")
        report.raise_errors()
    lines = asking.pairs(question) if question.asked else asking.best(question, top if top is not None else TOP)
    report.raise_errors()
    return Predicted(asking.frame(lines), asking.unseen(question), report)


class _Asking:
    """One model that is asked."""

    def __init__(self, model: OnnxModel, report: Report, data: Callable[[], RatingsDataset] | None) -> None:
        assert model.spec.data is not None and isinstance(model.spec.data.source, Ratings)
        self.model, self.report, self.open = model, report, data
        self.spec: Spec = model.spec
        self.source: Ratings = model.spec.data.source
        self.fit: RatingsFit = ratings_fit(model.spec)
        self.by_user = self.fit.by == "user"
        self.places = {unit: place for place, unit in enumerate(self.fit.units)}
        self.data: RatingsDataset | None = None
        self.cases: dict[str, int] = {}

    def pairs(self, question: Question) -> list[tuple[str, str, float | None]]:
        """User, item and expected rating of each pair that is asked for; None where the model does not know its unit."""
        cases = list(dict.fromkeys(case for case, _ in question.asked))
        known = self._known(cases, question)
        answers: dict[tuple[str, str], float] = {}
        wanted: dict[str, list[str]] = {}
        for case, unit in question.asked:
            if unit in self.places:
                wanted.setdefault(case, []).append(unit)
        for case, expected in self._expected(cases, known):
            answers |= {(case, unit): float(expected[self.places[unit]]) for unit in wanted.get(case, ())}
        return [(*self._user_first(case, unit), answers.get((case, unit))) for case, unit in question.asked]

    def best(self, question: Question, top: int) -> list[tuple[str, str, float | None]]:
        """Of each user the items with the highest expected ratings among those that the user has not rated."""
        return list(self._best_units(question, top) if self.by_user else self._best_cases(question, top))

    def _best_units(self, question: Question, top: int) -> Iterable[tuple[str, str, float]]:
        known = self._known(question.users, question)
        for user, expected in self._expected(question.users, known):
            rated = [self.places[unit] for unit in known[user] if unit in self.places]
            expected[rated] = -np.inf
            for place in np.argsort(-expected, kind="stable")[: min(top, len(expected) - len(rated))]:
                yield user, self.fit.units[place], float(expected[place])

    def _best_cases(self, question: Question, top: int) -> Iterable[tuple[str, str, float]]:
        unknown = [user for user in question.users if user not in self.places]
        if unknown:
            self._unknown_users(unknown, question)
        data = self._data(f"which `{self.fit.case}` there are")
        cases = list(dict.fromkeys([*data.names, *question.told]))
        known = self._known(cases, question)
        users = np.array([self.places[user] for user in question.users], dtype=np.int64)
        columns = np.empty((len(cases), len(users)))
        for row, (case, expected) in enumerate(self._expected(cases, known)):
            columns[row] = expected[users]
            columns[row, [place for place, user in enumerate(question.users) if user in known[case]]] = -np.inf
        for place, user in enumerate(question.users):
            order = np.argsort(-columns[:, place], kind="stable")[:top]
            yield from ((user, cases[row], float(columns[row, place])) for row in order if columns[row, place] > -np.inf)

    def _known(self, cases: list[str], question: Question) -> dict[str, Told]:
        """The ratings by which each case is known: those that the table tells, else those of the run's data."""
        known = {case: question.told[case] for case in cases if case in question.told}
        others = [case for case in cases if case not in known]
        if not others:
            return known
        data = self._data(f"the ratings of {listing(others[:3], 'and')}" + (" and others" if len(others) > 3 else ""))
        strangers = [case for case in others if case not in self.cases]
        if strangers:
            self._unknown_cases(strangers)
        for case in others:
            units, levels = data.sets["train"].of_case(self.cases[case])
            known[case] = {self.fit.units[u]: self.fit.levels[k] for u, k in zip(units.tolist(), levels.tolist())}
        return known

    def _data(self, what: str) -> RatingsDataset:
        if self.open is None:
            message = f"the table does not tell {what}, and an ONNX file keeps no ratings"
            triple = f"`{self.source.user}`, `{self.source.item}` and `{self.source.rating}`"
            way_out = f"give lines with {triple}, or take the run, which has its data"
            self.report.error("E0404", message, help=way_out)
            raise SpecError(self.report)
        if self.data is None:
            self.data = self.open()
            self.cases = {name: place for place, name in enumerate(self.data.names)}
        return self.data

    def _unknown_cases(self, names: list[str]) -> None:
        shown = listing(names[:5], "and") + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
        message = f"nothing is known of `{self.fit.case}` {shown}: neither the table nor the run's data has a rating"
        way_out = f"add lines that tell some: `{self.source.user}`, `{self.source.item}`, `{self.source.rating}`"
        self.report.error("E0406", message, help=way_out)
        raise SpecError(self.report)

    def _unknown_users(self, names: list[str], question: Question) -> None:
        """Where a user is a unit, only those that the machine was trained on can be answered."""
        users = question.table.columns[self.source.user].tolist()
        rows = [row for row, user in enumerate(users) if user in set(names)]
        message = f"`{self.source.user}` has {count_of(len(names), 'value')} that training never saw"
        way_out = "`by = item` learns a unit for each user of its data; a machine with `by = user` answers new ones"
        self.report.error(
            "E0406", message, notes=first_rows(question.table.place, rows, [users[row] for row in rows]), help=way_out
        )
        raise SpecError(self.report)

    def _user_first(self, case: str, unit: str) -> tuple[str, str]:
        return (case, unit) if self.by_user else (unit, case)

    def _expected(self, cases: list[str], known: dict[str, Told]) -> Iterable[tuple[str, np.ndarray]]:
        """Each case with the expected ratings of all units."""
        size = max(1, NUMBERS // (len(self.fit.units) * len(self.fit.levels)))
        for start in range(0, len(cases), size):
            chunk = cases[start : start + size]
            given = [(row, unit, rating) for row, case in enumerate(chunk) for unit, rating in known[case].items()]
            given.append((len(chunk) - 1, "", float("nan")))  # tells nothing, and that there is a last row
            row, unit, rating = zip(*given)
            feeds = {
                self.fit.case: np.array(row, dtype=np.int64),
                self.fit.unit: np.array(unit, dtype=object),
                self.fit.rating: np.array(rating, dtype=np.float64),
            }
            yield from zip(chunk, self._run(feeds, len(chunk)))

    def _run(self, feeds: dict[str, np.ndarray], count: int) -> np.ndarray:
        try:
            (expected,) = self.model.session.run([EXPECTED], feeds)
        except Exception as error:  # onnxruntime's own errors share no base but this one
            raise NotAModel(f"{self.model.name} is damaged: it loads, and cannot answer these rows") from error
        answers = np.array(expected)
        if answers.shape != (count, len(self.fit.units)):
            raise NotAModel(f"{self.model.name} is damaged: its answers are not one a unit")
        return answers

    def frame(self, lines: list[tuple[str, str, float | None]]) -> polars.DataFrame:
        """A line an answer: the user, the item, its title where there are any, and the expected rating."""
        import polars

        users, items, ratings = zip(*lines) if lines else ((), (), ())
        columns = {
            self.source.user: polars.Series(list(users), dtype=polars.String),
            self.source.item: polars.Series(list(items), dtype=polars.String),
        }
        titles = self._titles()
        if titles:
            columns["title"] = polars.Series([titles.get(item) for item in items], dtype=polars.String)
        columns[self.source.rating] = polars.Series(list(ratings), dtype=polars.Float64)
        return polars.DataFrame(columns)

    def _titles(self) -> dict[str, str]:
        if self.by_user:
            return dict(zip(self.fit.units, self.fit.titles))
        return self.data.titles if self.data is not None else {}

    def unseen(self, question: Question) -> dict[str, Counter[str]]:
        """How often each unit that training never saw is told or asked."""
        told = [unit for ratings in question.told.values() for unit in ratings]
        counts = Counter(unit for unit in (*told, *(unit for _, unit in question.asked)) if unit not in self.places)
        return {self.fit.unit: counts} if counts else {}
