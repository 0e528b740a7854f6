"""Constant values: `$x` looked up, arithmetic done, division held to be exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, product

from specc.diagnostics import Report, Span, did_you_mean
from specc.syntax.tree import Argument, Call, List, Name, Number, Operation, Parameter, Range, String, Value

MAXIMUM_OPERATIONS = 100
MAXIMUM_TRIALS = 20_000


@dataclass
class Binding:
    """What a `$name` stands for: a hyperparameter with its possible values, or an argument or round of a loop.

    `value` is None after a mistake in its declaration. `origin` is the expression it was given as, in the scope where
    that stands, so that a whole number can be asked for over the whole range of a hyperparameter. `options` are the
    values that a `choice` may also take.
    """

    value: Value | None
    span: Span
    kind: str = "parameter"
    range_values: tuple[int, ...] | None = None
    origin: tuple[Value, Scope] | None = None
    options: tuple[Value, ...] = ()
    used: bool = False


@dataclass
class Scope:
    """The `$names` that can be seen from a place; the inner one wins."""

    bindings: dict[str, Binding] = field(default_factory=dict)
    outer: Scope | None = None

    def find(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings:
                return scope.bindings[name]
            scope = scope.outer
        return None

    def names(self) -> Iterator[str]:
        yield from self.bindings
        if self.outer is not None:
            yield from self.outer.names()


class NotConstant(Exception):
    """A value could not be worked out; the report has the reason."""


class Evaluator:
    """Works out values and reports what cannot be."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def evaluate(self, value: Value, scope: Scope) -> Value:
        """The value without `$x` and arithmetic; spans stay at the place of use. Raises `NotConstant`."""
        match value:
            case Parameter():
                return self._parameter(value, scope)
            case Operation():
                return self._operation(value, scope)
            case List():
                return List([self.evaluate(item, scope) for item in value.items], value.span)
            case Range():
                return Range(self.evaluate(value.low, scope), self.evaluate(value.high, scope), value.span)
            case Call():
                arguments = [Argument(a.name, self.evaluate(a.value, scope), a.span, a.name_span) for a in value.arguments]
                return Call(value.word, arguments, value.span, value.word_span)
            case _:
                return value

    def _parameter(self, value: Parameter, scope: Scope) -> Value:
        binding = scope.find(value.name)
        if binding is None:
            names = sorted(set(scope.names()))
            meant = did_you_mean(value.name, names)
            way_out = f"did you mean `${meant}`?" if meant else f"declare it: `hyper {{ {value.name} = float(0.1) }}`"
            if value.span.origin:
                way_out = "`--set` takes plain values; a hyperparameter is set by its own name, as in `--set rate=0.01`"
            self.report.error("E0105", f"`${value.name}` is not defined", value.span, help=way_out)
            raise NotConstant
        binding.used = True
        if binding.value is None:
            raise NotConstant  # its declaration was already reported
        return with_span(binding.value, value.span)

    def _operation(self, value: Operation, scope: Scope) -> Value:
        if value.depth > MAXIMUM_OPERATIONS:
            self.report.error("E0602", f"more than {MAXIMUM_OPERATIONS} operations in one value", value.span)
            raise NotConstant
        left, right = self.evaluate(value.left, scope), self.evaluate(value.right, scope)
        if isinstance(left, Number) and isinstance(right, Number):
            return Number(self._arithmetic(value, left.value, right.value), value.span)
        if value.operator == "*" and isinstance(left, Number) and isinstance(right, Name | Call):
            return Operation("*", left, right, value.span, value.depth)  # a weighted loss
        wrong = right if isinstance(left, Number) else left
        way_out = ""
        if value.operator == "*" and isinstance(left, Call) and isinstance(right, Number):
            way_out = f"the weight of a loss stands first: `{right.value} * {left.word}(…)`"
        elif value.operator == "+" and isinstance(left, Name | Call | Operation) and isinstance(right, Name | Call | Operation):
            way_out = "several losses are a list: `[first, 0.5 * second]`"
        elif value.operator == "/" and isinstance(left, Name) and isinstance(right, Name):
            way_out = f'a path is written in quotes: `"{left.text}/{right.text}"`'
        self.report.error("E0202", f"`{value.operator}` works on numbers only", wrong.span, label="is not a number", help=way_out)
        raise NotConstant

    def _arithmetic(self, value: Operation, left: int | float, right: int | float) -> int | float:
        if value.operator == "/" and right == 0:
            self.report.error("E0206", "division by zero", value.span)
            raise NotConstant
        result = _computed(value.operator, left, right)
        if (isinstance(result, int) and abs(result) > 10**18) or result != result or abs(result) == float("inf"):
            self.report.error("E0203", "the result is too large", value.span)
            raise NotConstant
        return result

    def use(self, value: Value, scope: Scope) -> None:
        """Counts the `$names` of a value as used, though another value stands in for it."""
        for parameter in parameters_in(value):
            binding = scope.find(parameter.name)
            if binding is not None:
                binding.used = True

    def options(self, value: Value, scope: Scope) -> tuple[Value, ...]:
        """The values that a `$x` may take besides the one in force: those of its `choice`."""
        binding = scope.find(value.name) if isinstance(value, Parameter) else None
        if binding is None or binding.options or binding.origin is None:
            return binding.options if binding else ()
        return self.options(*binding.origin)

    def find_fraction(self, value: Value, scope: Scope) -> dict[str, int] | None:
        """Values of hyperparameters, within their ranges, for which a value with a division is not a whole number."""
        if not _divides(value, scope):
            return None
        names = sorted(_hyperparameters(value, scope))
        choices = [(scope_binding.range_values or ()) for n in names if (scope_binding := _outermost(scope, n))]
        for values in islice(product(*choices), MAXIMUM_TRIALS):
            trial = dict(zip(names, values))
            result = _number(value, scope, trial)
            if isinstance(result, float) and not result.is_integer():
                return trial
        return None


def parameters_in(value: Value) -> Iterator[Parameter]:
    """Every `$x` in a value."""
    match value:
        case Parameter():
            yield value
            return
        case Operation():
            parts = [value.left, value.right]
        case Range():
            parts = [value.low, value.high]
        case List():
            parts = value.items
        case Call():
            parts = [argument.value for argument in value.arguments]
        case _:
            return
    for part in parts:
        yield from parameters_in(part)


def with_span(value: Value, span: Span) -> Value:
    """The same value as if it stood at `span`."""
    match value:
        case Number():
            return Number(value.value, span)
        case String():
            return String(value.value, span)
        case Name():
            return Name(value.text, span)
        case List():
            return List(value.items, span)
        case _:
            return value


def _outermost(scope: Scope, name: str) -> Binding | None:
    while scope.outer is not None:
        scope = scope.outer
    return scope.bindings.get(name)


def _hyperparameters(value: Value, scope: Scope) -> set[str]:
    """The hyperparameters with a range that a value depends on."""
    match value:
        case Parameter():
            binding = scope.find(value.name)
            if binding is None:
                return set()
            if binding.range_values:
                return {value.name}
            return _hyperparameters(*binding.origin) if binding.origin else set()
        case Operation():
            return _hyperparameters(value.left, scope) | _hyperparameters(value.right, scope)
        case _:
            return set()


def _divides(value: Value, scope: Scope) -> bool:
    match value:
        case Operation():
            return value.operator == "/" or _divides(value.left, scope) or _divides(value.right, scope)
        case Parameter():
            binding = scope.find(value.name)
            return bool(binding and binding.origin and _divides(*binding.origin))
        case _:
            return False


def _number(value: Value, scope: Scope, trial: dict[str, int]) -> int | float | None:
    """The number that a value is when hyperparameters are those of `trial`; None where it is no number."""
    match value:
        case Number():
            return value.value
        case Parameter():
            binding = scope.find(value.name)
            if binding is None:
                return None
            if binding.range_values and value.name in trial:
                return trial[value.name]
            if binding.origin:
                return _number(*binding.origin, trial)
            return binding.value.value if isinstance(binding.value, Number) else None
        case Operation():
            left, right = _number(value.left, scope, trial), _number(value.right, scope, trial)
            if left is None or right is None:
                return None
            return float("nan") if value.operator == "/" and right == 0 else _computed(value.operator, left, right)
        case _:
            return None


def _computed(operator: str, left: int | float, right: int | float) -> int | float:
    """The result of an operation, infinite where it is too large; whole numbers that divide give one."""
    try:
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case _:
                exact = isinstance(left, int) and isinstance(right, int) and left % right == 0
                return left // right if exact else left / right  # type: ignore[operator]
    except OverflowError:  # a whole number of hundreds of digits beside a decimal one
        return float("inf")
