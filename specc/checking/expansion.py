"""Loops and blocks: how often, with which `$names`; counted before anything is expanded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specc.checking.reading import Reader, Unreadable
from specc.checking.values import Binding, Evaluator, NotConstant, Scope
from specc.diagnostics import Label, Report, did_you_mean, listing
from specc.syntax.tree import Argument, Body, List, Name, Number, Part, Statement

MAXIMUM_LAYERS = 10_000
"""So many are checked in about a second."""
MAXIMUM_NESTED_BLOCKS = 32


def repeat_count(part: Part, scope: Scope, reader: Reader) -> int:
    """How often a `repeat(n)` runs. Raises `Unreadable`."""
    if part.body is None or len(part.arguments) != 1 or part.arguments[0].name not in (None, "count"):
        reader.report.error("E0204", "`repeat` needs a count and a body", part.span, help="as in `repeat(3) { dense(8, relu) }`")
        raise Unreadable
    _has_no_name(part, reader)
    value = reader.evaluator.evaluate(part.arguments[0].value, scope)
    if not isinstance(value, Number) or not isinstance(value.value, int) or value.value < 0:
        shown = f", got {value.value}" if isinstance(value, Number) else ""
        reader.report.error("E0202", f"`repeat` takes a whole number of rounds{shown}", value.span)
        raise Unreadable
    return value.value


def each_rounds(part: Part, scope: Scope, reader: Reader) -> Iterator[Scope]:
    """The scope of each round of `each(k = [..])`; several lists run side by side. Raises `Unreadable`."""
    named = [a for a in part.arguments if a.name is not None]
    if part.body is None or not named or len(named) != len(part.arguments):
        reader.report.error(
            "E0204", "`each` needs a name with a list, and a body", part.span, help="as in `each(k = [32, 64]) { conv2d($k, 3) }`"
        )
        raise Unreadable
    _has_no_name(part, reader)
    lists: dict[str, list] = {}
    for argument in named:
        value = reader.evaluator.evaluate(argument.value, scope)
        if not isinstance(value, List):
            way_out = f"as in `each({argument.name} = [8, 16, 32]) {{ … }}`"
            reader.report.error("E0202", f"`each` takes a list for `{argument.name}`", argument.value.span, help=way_out)
            raise Unreadable
        lists[str(argument.name)] = value.items
    lengths = {len(items) for items in lists.values()}
    if len(lengths) > 1:
        counts = listing((f"{name}: {len(items)}" for name, items in lists.items()), "and")
        span = named[0].span.to(named[-1].span)
        reader.report.error("E0203", f"the lists of `each` have different lengths: {counts}", span, help="they run side by side")
        raise Unreadable
    used: dict[str, bool] = dict.fromkeys(lists, False)
    for round_number in range(lengths.pop()):
        bindings = {name: Binding(items[round_number], part.span, "loop variable") for name, items in lists.items()}
        yield Scope(bindings, scope)
        used = {name: used[name] or binding.used for name, binding in bindings.items()}
    if not reader.report.has_errors:
        for argument in named:
            if lists[str(argument.name)] and not used[str(argument.name)]:
                reader.report.error(
                    "E0109",
                    f"the loop does not use `${argument.name}`",
                    argument.name_span,
                    help="`repeat(n)` runs without a name",
                )


def _has_no_name(part: Part, reader: Reader) -> None:
    if part.name is not None:
        way_out = "name the layers inside: they become `name_1`, `name_2`, …"
        reader.report.error("E0205", f"`{part.kind}` takes no name", part.name_span, help=way_out)


class Use(NamedTuple):
    """One use of a block: its body, and the scope in which its parameters stand."""

    body: Body
    scope: Scope


class Blocks:
    """The `block`s of a spec: macros over layers, put in at each use."""

    def __init__(self, parts: dict[str, Part], scope: Scope) -> None:
        self.parts, self.scope = parts, scope
        self.used: set[str] = set()
        self.used_parameters: dict[str, set[str]] = {name: set() for name in parts}

    def use(self, part: Part, arguments: list[Argument], scope: Scope, reader: Reader) -> Use:
        """Binds the arguments of a use to the block's parameters. Raises `Unreadable`."""
        block = self.parts[part.kind]
        self.used.add(part.kind)
        parameters = self.parameters(block)
        bindings: dict[str, Binding] = {}
        broken = False
        for argument in arguments:
            name = argument.name or next((p for p in parameters if p not in bindings), None)
            if name is None or name not in parameters:
                broken = True
                meant = did_you_mean(str(argument.name), parameters) if argument.name else None
                way_out = (
                    f"did you mean `{meant}`?"
                    if meant
                    else f"it takes {listing(parameters, 'and')}"
                    if parameters
                    else "it takes none"
                )
                what = f"parameter `{argument.name}`" if argument.name else f"more than {len(parameters)} parameters"
                label = Label(block.kind_span.to(block.name_span), "declared here")
                reader.report.error(
                    "E0201", f"the block `{part.kind}` has no {what}", argument.span, labels=(label,), help=way_out
                )
            elif name in bindings:
                broken = True
                labels = (Label(bindings[name].span, "first here"),)
                reader.report.error("E0205", f"`{name}` is given twice", argument.span, labels=labels)
            else:
                try:
                    value = reader.evaluator.evaluate(argument.value, scope)
                    bindings[name] = Binding(value, argument.span, "block parameter", origin=(argument.value, scope))
                except NotConstant:
                    broken = True
        for name, default in parameters.items():
            if name in bindings or broken:
                continue
            if default is None:
                label = Label(block.kind_span.to(block.name_span), "declared here")
                reader.report.error("E0204", f"the block `{part.kind}` needs `{name}`", part.span, labels=(label,))
                broken = True
                continue
            value = reader.evaluator.evaluate(default.value, self.scope)
            bindings[name] = Binding(value, default.span, "block parameter", origin=(default.value, self.scope))
        if broken:
            raise Unreadable
        assert block.body is not None
        return Use(block.body, Scope(bindings, self.scope))

    @staticmethod
    def parameters(block: Part) -> dict[str, Argument | None]:
        """The parameters of a block in order, with the arguments that hold their defaults."""
        parameters: dict[str, Argument | None] = {}
        for argument in block.arguments:
            if argument.name is not None:
                parameters[argument.name] = argument
            elif isinstance(argument.value, Name):
                parameters[argument.value.text] = None
        return parameters

    def parameters_are_used(self, name: str, scope: Scope) -> None:
        self.used_parameters[name] |= {key for key, binding in scope.bindings.items() if binding.used}

    def report_unused(self, report: Report) -> None:
        """Every block, and every parameter of a block, is used."""
        for name, block in self.parts.items():
            if name not in self.used:
                report.error(
                    "E0108", f"nothing uses the block `{name}`", block.kind_span.to(block.name_span), help="use it or delete it"
                )
                continue
            for argument in block.arguments:
                parameter = argument.name or (argument.value.text if isinstance(argument.value, Name) else "")
                if parameter and parameter not in self.used_parameters[name]:
                    message = f"the block `{name}` does not use its parameter `${parameter}`"
                    report.error("E0109", message, argument.span, help="use it or delete it")


def expansion_is_bounded(statements: list[Statement], scope: Scope, blocks: Blocks, report: Report) -> bool:
    """Whether the unrolled body stays below the limit: counted by multiplying, before anything is unrolled."""
    counter = _Counter(blocks, Report(report.source))
    try:
        total = counter.count(statements, scope, ())
    except _TooDeep as error:
        message = f"more than {MAXIMUM_NESTED_BLOCKS} blocks use one another"
        report.error("E0602", message, error.part.span, help="write layers instead of the innermost blocks")
        return False
    except _TooMany as error:
        way_out = "loops and blocks multiply: take fewer rounds or uses"
        report.error("E0603", f"this makes more than {MAXIMUM_LAYERS:,} layers", error.part.span, help=way_out)
        return False
    return total <= MAXIMUM_LAYERS


class _TooMany(Exception):
    def __init__(self, part: Part) -> None:
        super().__init__()
        self.part = part


class _TooDeep(_TooMany):
    pass


class _Counter:
    """Counts what a body makes; mistakes in it are left to the builder, which reports them."""

    def __init__(self, blocks: Blocks, scratch: Report) -> None:
        self.blocks = Blocks(blocks.parts, blocks.scope)
        self.reader = Reader(scratch)
        self.reader.evaluator = Evaluator(scratch)

    def count(self, statements: list[Statement], scope: Scope, active: tuple[str, ...]) -> int:
        total = 0
        for statement in statements:
            if isinstance(statement, Part):
                total += self._part(statement, scope, active)
                if total > MAXIMUM_LAYERS:
                    raise _TooMany(statement)
        return total

    def _part(self, part: Part, scope: Scope, active: tuple[str, ...]) -> int:
        body = part.body.statements if part.body else []
        try:
            if part.kind in self.blocks.parts and part.kind not in active:
                if len(active) == MAXIMUM_NESTED_BLOCKS:
                    raise _TooDeep(part)
                use = self.blocks.use(part, [a for a in part.arguments if a.name != "of"], scope, self.reader)
                return 1 + self.count(use.body.statements, use.scope, (*active, part.kind))
            if part.kind == "repeat":
                rounds = repeat_count(part, scope, self.reader)
                total = rounds * (max(1, self.count(body, scope, active)) if rounds else 0)
                if total > MAXIMUM_LAYERS:
                    raise _TooMany(part)
                return total
            if part.kind == "each":
                total = 0
                for inner in each_rounds(part, scope, self.reader):
                    total += 1 + self.count(body, inner, active)
                    if total > MAXIMUM_LAYERS:
                        raise _TooMany(part)
                return total
        except (Unreadable, NotConstant):
            return 1
        return 1 + self.count(body, scope, active)
