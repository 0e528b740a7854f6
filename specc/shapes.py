"""Shapes with named axes whose sizes may be known only once the data is: `[labels(species)]`."""

from __future__ import annotations

from collections.abc import Iterable

from specc.records import Record


class Expression:
    """A size that the data decides: a sum of whole multiples of symbols, `4 + labels(sex) + 2*labels(port)`.

    `terms` maps a product of symbols (`""` for the constant) to its factor. Expressions are never plain numbers:
    arithmetic gives an `int` as soon as no symbol is left.
    """

    __slots__ = ("terms",)

    def __init__(self, terms: dict[str, int]) -> None:
        self.terms = terms

    @staticmethod
    def of(size: Size) -> dict[str, int]:
        return {"": size} if isinstance(size, int) else size.terms

    @staticmethod
    def simplified(terms: dict[str, int]) -> Size:
        terms = {atom: factor for atom, factor in sorted(terms.items()) if factor}
        return terms.get("", 0) if not terms or set(terms) == {""} else Expression(terms)

    def __add__(self, other: Size) -> Size:
        terms = dict(self.terms)
        for atom, factor in Expression.of(other).items():
            terms[atom] = terms.get(atom, 0) + factor
        return Expression.simplified(terms)

    __radd__ = __add__

    def __sub__(self, other: Size) -> Size:
        return self + other * -1

    def __rsub__(self, other: Size) -> Size:
        return self * -1 + other

    def __mul__(self, other: Size) -> Size:
        terms: dict[str, int] = {}
        for a, x in self.terms.items():
            for b, y in Expression.of(other).items():
                atom = "*".join(sorted(filter(None, a.split("*") + b.split("*"))))
                terms[atom] = terms.get(atom, 0) + x * y
        return Expression.simplified(terms)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Size:
        if all(factor % divisor == 0 for factor in self.terms.values()):
            return Expression.simplified({atom: factor // divisor for atom, factor in self.terms.items()})
        return Expression({f"⌊({self})/{divisor}⌋": 1})

    @classmethod
    def from_data(cls, data: dict[str, int]) -> Expression:
        """The expression that JSON values say."""
        return cls({str(atom): int(factor) for atom, factor in data.items()})

    def to_data(self) -> dict[str, int]:
        return self.terms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(tuple(self.terms.items()))

    def __str__(self) -> str:
        words = [
            f"{factor}*{atom}" if atom and factor != 1 else atom or str(factor) for atom, factor in self.terms.items() if atom
        ]
        constant = self.terms.get("", 0)
        text = " + ".join(words)
        return f"{text} + {constant}" if constant > 0 else f"{text} - {-constant}" if constant < 0 else text

    __repr__ = __str__


Size = int | Expression


def differ(a: Size, b: Size) -> bool:
    """Whether two sizes are unequal whatever the data is."""
    difference = a - b
    return isinstance(difference, int) and difference != 0


def total(sizes: Iterable[Size]) -> Size:
    """Their sum, in time linear in their number."""
    terms: dict[str, int] = {}
    for size in sizes:
        for atom, factor in Expression.of(size).items():
            terms[atom] = terms.get(atom, 0) + factor
    return Expression.simplified(terms)


def product(sizes: Iterable[Size]) -> Size:
    result: Size = 1
    for size in sizes:
        result = result * size
    return result


class Shape(Record):
    """The axes of a tensor without its batch axis: `Shape.image(3, 32, 32)`, `Shape.vector(4)`, `Shape.scalar()`."""

    axes: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()

    @classmethod
    def of(cls, **sizes: Size) -> Shape:
        return cls.model_construct(axes=tuple(sizes), sizes=tuple(sizes.values()))

    @classmethod
    def vector(cls, features: Size) -> Shape:
        return cls.of(features=features)

    @classmethod
    def image(cls, channels: Size, height: Size, width: Size) -> Shape:
        return cls.of(channels=channels, height=height, width=width)

    @classmethod
    def sequence(cls, time: Size, features: Size) -> Shape:
        return cls.of(time=time, features=features)

    @property
    def is_vector(self) -> bool:
        return self.axes == ("features",)

    @property
    def is_image(self) -> bool:
        return self.axes == ("channels", "height", "width")

    @property
    def is_ratings(self) -> bool:
        """Whether it is a level of each unit, most of which are not there: kept as a list, never laid out."""
        return self.axes == ("units", "levels")

    @property
    def has_time(self) -> bool:
        return "time" in self.axes

    @property
    def count(self) -> Size:
        """How many numbers one row has."""
        return product(self.sizes)

    @property
    def is_unknown(self) -> bool:
        """Whether not even its axes are known."""
        return self.axes == UNKNOWN.axes

    @property
    def known(self) -> bool:
        return all(isinstance(size, int) for size in self.sizes)

    def size(self, axis: str) -> Size:
        return self.sizes[self.axes.index(axis)]

    def with_size(self, axis: str, size: Size) -> Shape:
        """The same axes with another size of one of them."""
        return Shape.of(**{a: size if a == axis else s for a, s in zip(self.axes, self.sizes)})

    def dimensions(self) -> tuple[int, ...]:
        """The sizes as plain numbers, once they are all known."""
        assert self.known, f"{self} has sizes that only the data knows"
        return tuple(size for size in self.sizes if isinstance(size, int))

    def __str__(self) -> str:
        return f"[{', '.join(['N', *map(str, self.sizes)])}]"


UNKNOWN = Shape.of(**{"…": Expression({"…": 1})})
"""What a part of another run gives before that run is opened, and every layer behind it. Nothing is checked against it."""


class ShapeMismatch(Exception):
    """A layer cannot take what it is given; `check` adds the place. `label` is what it expects, `way_out` the help."""

    def __init__(self, code: str, message: str, label: str = "", way_out: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.label, self.way_out = code, message, label, way_out
