"""Records: frozen objects whose fields are their class's annotations. Words and the pieces of the IR are such.

They are checked when they are made, equal by value, copied with changes, and go to JSON and back. Methods bear the
names that Pydantic gives them; Pydantic itself would double what a check costs.
"""

from __future__ import annotations

import functools
import json
import types
from collections.abc import Callable
from inspect import get_annotations
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Union, dataclass_transform, get_args, get_origin, get_type_hints

REQUIRED: Any = object()


class Misfit(ValueError):
    """A value that a field cannot hold. `limit` says which bound it breaks (`must be greater than 0`), if that is the fault."""

    def __init__(self, value: Any, limit: str = "") -> None:
        super().__init__(f"{limit}, got {value!r}" if limit else f"{value!r} has the wrong type")
        self.value, self.limit = value, limit


class Misfits(ValueError):
    """All fields of one record that hold what they cannot, by name."""

    def __init__(self, record: type[Record], faults: dict[str, Misfit]) -> None:
        super().__init__(f"{record.__name__}: " + "; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = faults


class Limits(NamedTuple):
    """Marks a number with its bounds: `Annotated[float, Limits(above=0, most=1)]` is `0 < x ≤ 1`."""

    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    def check(self, value: Any) -> None:
        if value != value or abs(value) == float("inf"):
            raise Misfit(value, "must be finite")
        if self.above is not None and not value > self.above:
            raise Misfit(value, f"must be greater than {self.above}")
        if self.least is not None and not value >= self.least:
            raise Misfit(value, f"must be at least {self.least}")
        if self.below is not None and not value < self.below:
            raise Misfit(value, f"must be less than {self.below}")
        if self.most is not None and not value <= self.most:
            raise Misfit(value, f"must be at most {self.most}")


class Length(NamedTuple):
    """Marks a text or list of so many characters or items."""

    exactly: int

    def check(self, value: Any) -> None:
        if len(value) != self.exactly:
            raise Misfit(value, f"must have {self.exactly} character{'s' if self.exactly != 1 else ''}")


class Field(NamedTuple):
    """One field of a record: what it is declared as, the marks beside its type, its default."""

    name: str
    annotation: Any
    marks: tuple[Any, ...]
    default: Any

    def is_required(self) -> bool:
        return self.default is REQUIRED


class _Fields:
    """`Record.model_fields`: read off the annotations when they are first asked for."""

    def __get__(self, record: object, owner: type[Record]) -> dict[str, Field]:
        return fields_of(owner)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """Base of all records. Raises `Misfits` for values that its fields cannot hold."""

    model_fields: ClassVar[dict[str, Field]] = _Fields()  # type: ignore[assignment]

    def __init__(self, **values: Any) -> None:
        fitters = _fitters(type(self))
        state, faults = self.__dict__, {}
        for name, fit in fitters.items():
            if name not in values:
                continue
            try:
                state[name] = fit(values[name])
            except Misfit as fault:
                faults[name] = fault
        faults |= {name: Misfit(value, "is no field") for name, value in values.items() if name not in fitters}
        defaults = _defaults(type(self))
        faults |= {name: Misfit(None, "is needed") for name in fitters if name not in values and name not in defaults}
        if faults:
            raise Misfits(type(self), faults)
        self.__dict__.update({**defaults, **state, "_given": frozenset(values)})

    @classmethod
    def model_construct(cls, given: set[str] | frozenset[str] | None = None, **values: Any) -> Any:
        """A record of values that need no check; `given` says which of them were written."""
        record = object.__new__(cls)
        record.__dict__.update({**_defaults(cls), **values, "_given": frozenset(values if given is None else given)})
        return record

    def model_copy(self, update: dict[str, Any] | None = None) -> Any:
        """The same record with some fields changed, unchecked."""
        update = update or {}
        own = self.__dict__
        return self.model_construct(
            self.model_fields_set | set(update), **{name: own[name] for name in fields_of(type(self))} | update
        )

    @property
    def model_fields_set(self) -> frozenset[str]:
        """The fields that were written, not filled in by a default."""
        return self.__dict__["_given"]

    @classmethod
    def model_validate(cls, data: Any) -> Any:
        """The record that JSON values say."""
        return data if isinstance(data, cls) else cls(**data)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Any:
        return cls.model_validate(json.loads(text))

    def model_dump(self) -> dict[str, Any]:
        """The record as JSON values."""
        return {name: plain(getattr(self, name)) for name in fields_of(type(self))}

    def model_dump_json(self, indent: int | None = None) -> str:
        return json.dumps(self.model_dump(), indent=indent, ensure_ascii=False)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in fields_of(type(self)))

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in fields_of(type(self)))))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a {type(self).__name__} does not change; `model_copy` makes another one")

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in fields_of(type(self)) if name in self.model_fields_set)
        return f"{type(self).__name__}({', '.join(shown)})"


@functools.cache
def fields_of(record: type[Record]) -> dict[str, Field]:
    """The fields of a class by name, those of its bases first."""
    hints = get_type_hints(record, include_extras=True)
    fields: dict[str, Field] = {}
    for owner in reversed(record.__mro__):
        for name in get_annotations(owner):
            annotation = hints[name]
            if get_origin(annotation) is ClassVar or annotation is ClassVar:
                continue
            marks = annotation.__metadata__ if get_origin(annotation) is Annotated else ()
            fields[name] = Field(name, annotation, marks, owner.__dict__.get(name, REQUIRED))
    return fields


@functools.cache
def _defaults(record: type[Record]) -> dict[str, Any]:
    return {name: field.default for name, field in fields_of(record).items() if not field.is_required()}


@functools.cache
def _fitters(record: type[Record]) -> dict[str, Callable[[Any], Any]]:
    return {name: fitter(field.annotation) for name, field in fields_of(record).items()}


@functools.cache
def fitter(annotation: Any) -> Callable[[Any], Any]:
    """What makes a given value the one that `annotation` holds (a list a tuple, JSON a record). Raises `Misfit`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _marked(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _either(arguments)
    if origin is Literal:
        return _one_of(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin is dict:
        return _dict(arguments[1])
    if annotation is Any:
        return lambda value: value
    if annotation is float:
        return _float
    return _instance(annotation)


def _marked(base: Any, marks: tuple[Any, ...]) -> Callable[[Any], Any]:
    fit = fitter(base)
    if unknown := [mark for mark in marks if not isinstance(mark, tuple)]:
        raise TypeError(f"{unknown[0]!r} marks no field")
    checks = [mark.check for mark in marks if hasattr(mark, "check")]
    if not checks:
        return fit

    def checked(value: Any) -> Any:
        value = fit(value)
        for check in checks:
            check(value)
        return value

    return checked


def _either(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    fits = [fitter(option) for option in options]

    def first(value: Any) -> Any:
        faults = []
        for fit in fits:
            try:
                return fit(value)
            except Misfit as fault:
                faults.append(fault)
        raise next((fault for fault in faults if fault.limit), faults[0])

    return first


def _one_of(choices: tuple[Any, ...]) -> Callable[[Any], Any]:
    def chosen(value: Any) -> Any:
        if value not in choices or isinstance(value, bool):
            raise Misfit(value)
        return value

    return chosen


def _tuple(items: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(items) == 2 and items[1] is Ellipsis:
        fit = fitter(items[0])
        return lambda value: tuple(map(fit, _sequence(value)))
    fits = [fitter(item) for item in items]

    def fixed(value: Any) -> Any:
        if len(_sequence(value)) != len(fits):
            raise Misfit(value)
        return tuple(fit(item) for fit, item in zip(fits, value, strict=True))

    return fixed


def _sequence(value: Any) -> Any:
    if not isinstance(value, tuple | list):
        raise Misfit(value)
    return value


def _dict(item: Any) -> Callable[[Any], Any]:
    fit = fitter(item)

    def fitted(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Misfit(value)
        return {key: fit(entry) for key, entry in value.items()}

    return fitted


def _float(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Misfit(value)
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        raise Misfit(float("inf"), "must be finite") from None


def _instance(kind: Any) -> Callable[[Any], Any]:
    """Instances of a class; a record or another class with `from_data` also as JSON has it, a named tuple as a list."""
    read = getattr(kind, "model_validate", None) or getattr(kind, "from_data", None)

    def instance(value: Any) -> Any:
        if isinstance(value, kind) and not (isinstance(value, bool) and kind is int):
            return value
        try:
            if read is not None and isinstance(value, dict):
                return read(value)
            if issubclass(kind, tuple) and isinstance(value, list):
                return kind(*value)
        except Misfits as inner:
            raise Misfit(value, str(inner)) from None
        raise Misfit(value)

    return instance


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Record):
        return value.model_dump()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.to_data() if hasattr(value, "to_data") else value
