"""Small specs for the tests of `check`, and what it says of them."""

from __future__ import annotations

from pathlib import Path

from specc.diagnostics import Source, SpecError
from specc.ir import Spec
from specc.loading import check_source, load_spec

LANGUAGE = Path(__file__).parents[1] / "specs" / "language"

DATA = """
data {
  source = csv("flowers.csv")
  columns { size = number(scale = standard); kind = category(labels = ["a", "b", "c"]) }
  target = kind
  split  = random(train = 0.7, validation = 0.3)
}
"""
NETWORK = "network { input(features); dense($width, relu); output(kind) }\n"
TRAIN = "train { optimizer = adam($rate); epochs = 2 }\n"
HYPER = "hyper { width = int(8, 4 .. 16, step = 4); rate = float(0.01, 1e-4 .. 1e-1, log) }\n"
SPEC = HYPER + DATA + NETWORK + TRAIN


def language(name: str) -> tuple[Spec, str]:
    """A checked spec of `tests/specs/language`, and its text."""
    path = LANGUAGE / f"{name}.dn"
    return load_spec(path)[0], path.read_text("utf-8")


def checked(text: str = SPEC, *overrides: str) -> Spec:
    """The checked spec of a text, with `--set` overrides."""
    return check_source(Source("a.dn", text), Path("."), list(overrides))[0]


def messages(text: str = SPEC, *overrides: str) -> list[str]:
    """The codes and messages of a text, in reading order."""
    try:
        report = check_source(Source("a.dn", text), Path("."), list(overrides))[1]
    except SpecError as error:
        report = error.report
    return [f"{d.code}: {d.message}" for d in report]
