"""Reads one call at a time into the class of its word: arguments bound, values worked out, types and ranges checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from specc.checking.fields import Accepts, FieldRule, WordRules, rules_of
from specc.checking.proposals import instead_of_value, instead_of_word, known_words, word_like
from specc.checking.values import Evaluator, NotConstant, Scope
from specc.checking.wording import NOUNS, example_of, what_is, written
from specc.diagnostics import Label, Report, Span, did_you_mean, listing
from specc.records import Misfits
from specc.syntax.tree import Argument, Call, List, Name, Number, Operation, Range, String, Value
from specc.vocabulary.columns import fits_pattern, is_pattern
from specc.vocabulary.elsewhere import meant_elsewhere
from specc.vocabulary.families import LossTerm
from specc.vocabulary.part import Interval, Part, every_class, find_word, words_of


class Unreadable(Exception):
    """A value could not be read; the report has the reason."""


@dataclass
class Inherited:
    """A setting of an outer body that layers below may take."""

    argument: Argument
    scope: Scope
    used: bool = False


@dataclass
class Reader:
    """Turns values of the tree into parts. `overrides` holds the values of `--set` by path; what is taken is removed."""

    report: Report
    overrides: dict[str, Argument] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    parts: tuple[str, ...] = ()
    """The parts of a composite, which losses speak of as of columns."""

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.report)
        self.spans: dict[str, Span] = {}
        self.words: dict[str, tuple[str, list[str]]] = {}
        """By path: the word that was read there, and the arguments that it takes."""
        self.overridden: set[str] = set()
        """The paths whose value is that of a `--set`."""

    def part(self, family: type[Part], value: Value, scope: Scope, path: str = "") -> Part:
        """The part that a word or call means where one of `family` is due. Raises `Unreadable`."""
        word, span = (value.word, value.word_span) if isinstance(value, Call) else (value.text, value.span)  # type: ignore[union-attr]
        found = find_word(family.family, word)
        if found is None:
            self.unknown_word(family.family, word, span)
            raise Unreadable
        arguments = value.arguments if isinstance(value, Call) else []
        return self.call(found, arguments, scope, value.span, path, named=word)

    def unknown_word(self, family: str, word: str, span: Span, more: Iterable[str] = ()) -> None:
        """Reports a word that the family does not have."""
        noun = NOUNS.get(family, family)
        way_out = instead_of_word(word, family, more)
        self.report.error("E0101", f"there is no {noun} called `{word}`", span, help=way_out)

    def call(
        self,
        part: type[Part],
        arguments: list[Argument],
        scope: Scope,
        span: Span,
        path: str = "",
        named: str = "",
        inherited: dict[str, Inherited] | None = None,
        noun: str = "argument",
        resolved: dict[str, Any] | None = None,
    ) -> Part:
        """A word with its arguments as an instance of its class. Every mistake of the call is reported. Raises `Unreadable`."""
        named = named or part.word
        bound, broken = self._bind(part, arguments, named, noun)
        if path:
            self.words[path] = (named, list(rules_of(part).fields))
        values: dict[str, Any] = dict(resolved or {})
        spans: dict[str, Span] = {}
        scopes = dict.fromkeys(bound, scope)
        for name, setting in (inherited or {}).items():
            if name in rules_of(part).fields and name not in bound:
                setting.used = True
                bound[name], scopes[name] = [setting.argument], setting.scope
        for name, rule in rules_of(part).fields.items():
            override = self.override(f"{path}.{name}") if path else None
            if override is not None:
                for argument in bound.get(name, ()):
                    self.evaluator.use(argument.value, scopes[name])
                bound[name], scopes[name] = [override], Scope()
            try:
                if name in bound:
                    spans[name] = self.spans[f"{path}.{name}"] = bound[name][0].value.span
                    values[name] = self._field(rule, bound[name], scopes[name], f"{path}.{name}" if path else "", named)
                elif path and self._has_override(f"{path}.{name}"):
                    values[name] = self._default(part, name, scope, span, f"{path}.{name}")
            except (Unreadable, NotConstant):
                broken = True
        missing = [r.name for r in rules_of(part).fields.values() if r.required and r.name not in bound]
        if missing and not broken:
            example = example_of(part)
            way_out = f"as in `{example}`" if example else ""
            what = f"{noun}{'s' if len(missing) > 1 else ''} {listing(missing, 'and')}"
            self.report.error("E0204", f"`{named}` needs the {what}", span, help=way_out)
            broken = True
        if broken:
            raise Unreadable
        try:
            return part(**values)
        except Misfits as misfits:
            for name, fault in misfits.faults.items():
                wanted = fault.limit or f"takes {rules_of(part).fields[name].accepts.phrase}"
                code = "E0203" if fault.limit else "E0202"
                self.report.error(code, f"`{name}` {wanted}, got {written(fault.value)}", spans.get(name, span))
            raise Unreadable from None

    def _bind(self, part: type[Part], arguments: list[Argument], named: str, noun: str) -> tuple[dict[str, list[Argument]], bool]:
        """Which argument fills which field; True where one fills none."""
        rules = rules_of(part)
        bound: dict[str, list[Argument]] = {}
        broken = False
        for argument in arguments:
            rule = rules.fields.get(argument.name) if argument.name else self._next(part, argument.value, bound)
            if argument.name is None and _is_a_lost_activation(part, argument.value):
                broken = True
                way_out = "it follows from the column" if "column" in rules.fields else "write it as a layer behind this one"
                if "units" in rules.fields and part.word != "dense":
                    way_out = f"say what its units are: `units = {argument.value.text}`"  # type: ignore[union-attr]
                self.report.error("E0205", f"`{named}` takes no activation", argument.span, help=way_out)
            elif rule is None:
                broken = True
                self._reject(part, argument, named, noun)
            elif argument.name is None and (meant := self._lost_among_columns(rules, rule, argument.value)) is not None:
                broken = True
                word = f"{argument.value.word}(…)" if isinstance(argument.value, Call) else argument.value.text  # type: ignore[union-attr]
                message = f"`{word}` stands among the columns of `{named}`"
                self.report.error("E0205", message, argument.span, help=f"write `{meant} = {word}`")
            elif rule.name in bound and not (rule.rest and argument.name is None):
                broken = True
                first = bound[rule.name][0]
                self.report.error(
                    "E0205", f"`{rule.name}` is given twice", argument.name_span, labels=(Label(first.span, "first here"),)
                )
            else:
                bound.setdefault(rule.name, []).append(argument)
        return bound, broken

    def _next(self, part: type[Part], value: Value, bound: dict[str, list[Argument]]) -> FieldRule | None:
        """The field that an argument without a name fills: the next free one; a bare name passes over fields of numbers."""
        rules = rules_of(part)
        if rules.rest is not None:
            return rules.rest
        free = [rule for rule in rules.positional if rule.name not in bound]
        if isinstance(value, Name) and not (free and free[0].required and free[0].accepts.reference == "path"):
            near = (rule for rule in free if did_you_mean(value.text, known_words(rule.accepts)))
            exact = next((rule for rule in free if _takes_exactly(rule.accepts, value.text)), None)
            return exact or next(near, free[0] if free else None)
        return free[0] if free else None

    def _lost_among_columns(self, rules: WordRules, rule: FieldRule, value: Value) -> str | None:
        """The field of a word that has no name and would be read as one more column, where no column is called so."""
        if not (rule.rest and rule.accepts.item and rule.accepts.item.reference == "column" and isinstance(value, Name | Call)):
            return None
        word = value.word if isinstance(value, Call) else value.text
        if isinstance(value, Name) and word in (self.columns or ()):
            return None
        fields = (other for other in rules.fields.values() if any(word in words_of(f.family) for f in other.accepts.families))
        return next((other.name for other in fields), None)

    def _reject(self, part: type[Part], argument: Argument, named: str, noun: str) -> None:
        names = list(rules_of(part).fields)
        if argument.name is None:
            count = len(rules_of(part).positional)
            what = f"has no more than {count} argument{'s' if count > 1 else ''}" if names else "takes no arguments"
            takes = f"it takes {listing(names, 'and')}" if names else ""
            self.report.error("E0205", f"`{named}` {what}", argument.span, help=takes)
            return
        meant = meant_elsewhere(argument.name, names) or did_you_mean(argument.name, names)
        others = [] if meant else [w.word for w in every_class(part.family) if argument.name in rules_of(w).fields]
        way_out = f"did you mean `{meant}`?" if meant else f"it takes {listing(names, 'and')}" if names else "it takes none"
        if 0 < len(others) <= 3:
            way_out = f"{listing(others, 'and')} {'has' if len(others) == 1 else 'have'} it"
        code = "E0201" if noun == "argument" else "E0207"
        self.report.error(code, f"`{named}` has no {noun} `{argument.name}`", argument.name_span, help=way_out)

    def _field(self, rule: FieldRule, arguments: list[Argument], scope: Scope, path: str, named: str) -> Any:
        if rule.rest and rule.accepts.item and not (arguments[0].name and isinstance(arguments[0].value, List)):
            return tuple(self.value(a.value, rule.accepts.item, scope, path, rule.name) for a in arguments)
        return self.value(arguments[0].value, rule.accepts, scope, path, rule.name)

    def override(self, path: str) -> Argument | None:
        """The value that `--set` gives a path, taken off the list of those that wait for their place."""
        argument = self.overrides.pop(path, None)
        if argument is not None:
            self.overridden.add(path)
        return argument

    def _has_override(self, path: str) -> bool:
        return any(key.startswith(path + ".") for key in self.overrides)

    def _default(self, part: type[Part], name: str, scope: Scope, span: Span, path: str) -> Any:
        """A field's default part with what `--set` changes of it."""
        default = part.model_fields[name].default
        if not isinstance(default, Part):
            raise Unreadable  # the path leads nowhere: reported with the paths that were not taken
        return self.call(
            type(default), [], scope, span, path, resolved={f: getattr(default, f) for f in default.model_fields_set}
        )

    def value(self, node: Value, accepts: Accepts, scope: Scope, path: str, name: str) -> Any:
        """A plain value or part, as `accepts` wants it. Raises `Unreadable` or `NotConstant`."""
        for option in self.evaluator.options(node, scope):
            self.value(option, accepts, Scope(), "", name)  # what a choice may become must fit as well
        value = self.evaluator.evaluate(node, scope)
        if accepts.anything:
            return value
        match value:
            case Number():
                return self._number(value, node, accepts, scope, name)
            case String() if accepts.text or accepts.reference == "path" or accepts.reference in ("column", "file_column"):
                return self._reference(value.value, accepts, value.span) if accepts.reference else value.value
            case List() if accepts.item is not None:
                return tuple(self.value(item, accepts.item, scope, path, name) for item in value.items)
            case Range() if accepts.interval:
                return self._interval(value)
            case Operation() if accepts.weighted or (accepts.item and accepts.item.weighted):
                assert isinstance(value.left, Number)
                loss = self.part(self._loss_family(accepts), value.right, scope, path)
                term = LossTerm(weight=float(value.left.value), loss=loss)  # type: ignore[arg-type]
                return (term,) if accepts.item else term
            case Name() if value.text in accepts.choices:
                return value.text
            case Name() if accepts.boolean and value.text in ("true", "false"):
                return value.text == "true"
            case Name() | Call() if self._family(accepts, value) is not None:
                part = self.part(self._family(accepts, value), value, scope, path)  # type: ignore[arg-type]
                if accepts.weighted or (accepts.item and accepts.item.weighted):
                    part = LossTerm(loss=part)  # type: ignore[arg-type]
                return (part,) if not accepts.families and accepts.item else part
            case Name() if accepts.reference and accepts.reference != "path":
                return self._reference(value.text, accepts, value.span)
            case Name() | String() if accepts.item is not None and accepts.item.reference:
                return (self.value(value, accepts.item, scope, path, name),)
        self._wrong_type(value, accepts, name, scope)
        raise Unreadable

    def _loss_family(self, accepts: Accepts) -> type[Part]:
        return (accepts.item or accepts).families[0]

    def _family(self, accepts: Accepts, value: Name | Call) -> type[Part] | None:
        """The family that a word is looked up in, or None where no family may stand."""
        families = accepts.families or (accepts.item.families if accepts.item else ())
        word = value.word if isinstance(value, Call) else value.text
        for family in families:
            if word in words_of(family.family):
                return family
        plain = accepts.choices or accepts.boolean or (accepts.reference and isinstance(value, Name))
        return None if plain and not isinstance(value, Call) else families[0] if families else None

    def _number(self, value: Number, node: Value, accepts: Accepts, scope: Scope, name: str) -> Any:
        number = value.value
        if accepts.number or not accepts.integer:
            if accepts.integer:
                return number
            self._wrong_type(value, accepts, name, scope)
            raise Unreadable
        if isinstance(number, float) and abs(number) == float("inf"):
            self.report.error("E0203", f"the number for `{name}` is too large", value.span)
            raise Unreadable
        trial = self.evaluator.find_fraction(node, scope)
        if trial:
            when = " and ".join(f"`{key}` = {v}" for key, v in trial.items())
            self.report.error(
                "E0206",
                f"`{name}` must be a whole number, and this is not when {when}",
                node.span,
                help="let the hyperparameter go in `step`s that divide, or multiply instead",
            )
            raise Unreadable
        if isinstance(number, float) and number.is_integer() and abs(number) < 2**53:
            return int(number)
        if isinstance(number, float) and isinstance(node, Operation):
            self.report.error("E0206", f"`{name}` must be a whole number, and this gives {number:g}", node.span)
            raise Unreadable
        if isinstance(number, float):
            self._wrong_type(value, accepts, name, scope)
            raise Unreadable
        return number

    def _interval(self, value: Range) -> Interval:
        if not isinstance(value.low, Number) or not isinstance(value.high, Number):
            self.report.error("E0202", "a range goes from a number to a number", value.span)
            raise Unreadable
        if value.low.value > value.high.value:
            self.report.error("E0203", "this range is empty: its first number is the larger one", value.span)
            raise Unreadable
        return Interval(low=value.low.value, high=value.high.value)

    def _reference(self, text: str, accepts: Accepts, span: Span) -> str:
        if accepts.reference == "column" and self.columns is not None:
            known = any(text == c or (is_pattern(c) and fits_pattern(text, c)) for c in self.columns)
            if not known and text not in ("features", *self.parts):
                self.unknown_column(text, span)
                raise Unreadable
        return text

    def unknown_column(self, text: str, span: Span) -> None:
        """Reports a column that the spec does not declare."""
        meant = did_you_mean(text, [*(self.columns or ()), "features"])
        way_out = f"did you mean `{meant}`?" if meant else f"`columns` declares {listing(self.columns or ('none',), 'and')}"
        self.report.error("E0104", f"there is no column `{text}`", span, help=way_out)

    def _wrong_type(self, value: Value, accepts: Accepts, name: str, scope: Scope) -> None:
        if meant := word_like(value, accepts):
            self.report.error("E0202", f"`{name}` takes {accepts.phrase}", value.span, help=f"did you mean `{meant}`?")
            return
        way_out = instead_of_value(value, accepts, scope)
        self.report.error("E0202", f"`{name}` takes {accepts.phrase}, not {what_is(value)}", value.span, help=way_out)


def _is_a_lost_activation(part: type[Part], value: Value) -> bool:
    """Whether the name of an activation stands as an argument of a layer that has none."""
    if part.family != "layer" or not isinstance(value, Name) or value.text not in words_of("activation"):
        return False
    rules = rules_of(part)
    return rules.rest is None and not any(f.family == "activation" for r in rules.positional for f in r.accepts.families)


def _takes_exactly(accepts: Accepts, word: str) -> bool:
    """Whether a bare name is one that the field knows, or may be the user's own."""
    if word in accepts.choices or (accepts.boolean and word in ("true", "false")):
        return True
    if any(word in words_of(family.family) for family in accepts.families):
        return True
    if accepts.item is not None and _takes_exactly(accepts.item, word):
        return True
    return accepts.anything or (accepts.reference is not None and accepts.reference != "path")
