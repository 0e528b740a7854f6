"""The base of every word a spec may use, and the registry of them all.

A word is a class: its docstring is its page, its fields its arguments (in the order in which they may be given
without a name), its methods what must be known of it without torch. How it is realised is registered from the
other side, by its twins in `specc.pytorch` and `specc.onnx`.
"""

from __future__ import annotations

import importlib
import re
from typing import Annotated, Any, ClassVar, NamedTuple

from specc.records import Misfit, Record
from specc.vocabulary.index import DERIVED, INDEX

REGISTRY: dict[str, dict[str, type[Part]]] = {}
ALIASES: dict[str, dict[str, str]] = {}


class Part(Record):
    """One use of a word: its arguments, checked."""

    word: ClassVar[str] = ""
    family: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, family: str = "", word: str = "", aliases: tuple[str, ...] = (), **_: Any) -> None:
        if family:  # the abstract root of a family: Layer, Loss, …
            cls.family = family
            return
        if cls.__name__.startswith("_") or not cls.family:
            return
        cls.word = word or snake_case(cls.__name__)
        cls.aliases = aliases
        REGISTRY.setdefault(cls.family, {})[cls.word] = cls
        for alias in aliases:
            ALIASES.setdefault(cls.family, {})[alias] = cls.word

    def model_dump(self) -> dict[str, Any]:
        return {"family": self.family, "word": self.word, **super().model_dump()}

    @classmethod
    def model_validate(cls, data: Any) -> Any:
        """The part that JSON values say: of the word that they name, which must be of this class's family."""
        if isinstance(data, cls):
            return data
        fields = dict(data)
        family, word = fields.pop("family", cls.family), fields.pop("word", cls.word)
        found = find_word(family, word)
        if found is None or not issubclass(found, cls):
            raise Misfit(f"{family} {word}")
        return found(**fields)

    def written(self, field: str) -> bool:
        """Whether the spec gave this argument, or a default filled it in."""
        return field in self.model_fields_set


def snake_case(name: str) -> str:
    """`MaxPool2d` → `max_pool2d`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def find_word(family: str, word: str) -> type[Part] | None:
    """The class of a word or alias, imported on demand; None where the family has no such word."""
    module = DERIVED.get(word) if family == "derived" else INDEX.get(family, {}).get(word)
    if module is not None and word not in REGISTRY.get(family, {}) and word not in ALIASES.get(family, {}):
        importlib.import_module(f"specc.vocabulary.{module}")
    word = ALIASES.get(family, {}).get(word, word)
    return REGISTRY.get(family, {}).get(word)


def words_of(family: str) -> list[str]:
    """Every word of a family, aliases included, without importing their classes."""
    return sorted({*INDEX.get(family, {}), *REGISTRY.get(family, {}), *ALIASES.get(family, {})})


def every_class(family: str) -> list[type[Part]]:
    """Every class of a family, imported."""
    classes = {find_word(family, word) for word in words_of(family)}
    return sorted((c for c in classes if c is not None), key=lambda c: c.word)


class Reference(NamedTuple):
    """Marks a field whose bare names are the user's: a `tensor`, `part`, `column`, `file_column` or `measure`; or a `path`."""

    kind: str


class Positional(NamedTuple):
    """Marks the field that takes all arguments without a name."""


class Resolved(NamedTuple):
    """Marks a field that no spec writes: the check or the data fills it in."""


class Weighted(NamedTuple):
    """Marks a field whose items may be multiplied by a number: `0.3 * binary_cross_entropy(sold)`."""


TensorName = Annotated[str, Reference("tensor")]
ColumnName = Annotated[str, Reference("column")]
FileColumnName = Annotated[str, Reference("file_column")]
PartName = Annotated[str, Reference("part")]
MeasureName = Annotated[str, Reference("measure")]
Path = Annotated[str, Reference("path")]
Flag = bool


class Interval(Record):
    """A range of numbers, both ends included: `1e-4 .. 1e-1`."""

    low: int | float
    high: int | float
