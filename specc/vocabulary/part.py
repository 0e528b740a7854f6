"""The base of every word a spec may use, and the registry of them all.

A word is a class: its docstring is its page, its fields its arguments (in the order in which they may be given
without a name), its methods what must be known of it without torch. How it is realised is registered from the
other side, by its twins in `specc.pytorch` and `specc.onnx`.
"""

from __future__ import annotations

import importlib
import re
from typing import Annotated, Any, ClassVar, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator
from pydantic.types import Strict

from specc.shapes import plain_sizes
from specc.vocabulary.index import INDEX

REGISTRY: dict[str, dict[str, type[Part]]] = {}
ALIASES: dict[str, dict[str, str]] = {}

P = TypeVar("P", bound="Part")


class Part(BaseModel):
    """One use of a word: its arguments, checked."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True, arbitrary_types_allowed=True)

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

    @model_serializer(mode="plain")
    def _as_data(self) -> dict[str, Any]:
        fields = {name: plain_sizes(getattr(self, name)) for name in type(self).model_fields}
        return {"word": self.word, **fields} if self.word else fields

    @model_validator(mode="wrap")
    @classmethod
    def _from_data(cls, value: Any, handler: Any) -> Any:
        if isinstance(value, dict) and "word" in value:
            found = find_word(cls.family or str(value.get("family", "")), value["word"])
            if found is None:
                raise ValueError(f"there is no {cls.family} called {value['word']}")
            fields = {name: item for name, item in value.items() if name != "word"}
            # JSON has lists where fields are tuples, so reading is not strict; what was written once was checked once.
            return found.model_validate(fields, strict=False)
        return handler(value)

    def written(self, field: str) -> bool:
        """Whether the spec gave this argument, or a default filled it in."""
        return field in self.model_fields_set


def snake_case(name: str) -> str:
    """`MaxPool2d` → `max_pool2d`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def find_word(family: str, word: str) -> type[Part] | None:
    """The class of a word or alias, imported on demand; None where the family has no such word."""
    module = INDEX.get(family, {}).get(word)
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
    """Marks a field whose bare names are the user's: a `tensor`, `column`, `file_column` or `measure`; or a `path`."""

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
MeasureName = Annotated[str, Reference("measure")]
Path = Annotated[str, Reference("path")]
Flag = Annotated[bool, Strict()]


class Interval(BaseModel):
    """A range of numbers, both ends included: `1e-4 .. 1e-1`."""

    model_config = ConfigDict(frozen=True)

    low: int | float
    high: int | float
