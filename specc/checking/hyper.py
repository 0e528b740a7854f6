"""The `hyper` section: declared once, overridden by `--set`, seen everywhere as `$name`."""

from __future__ import annotations

from typing import Any

from specc.checking.reading import Reader, Unreadable
from specc.checking.values import Binding, NotConstant, Scope, parameters_in
from specc.diagnostics import Label, did_you_mean, listing
from specc.ir import HyperValue
from specc.syntax.tree import Argument, Call, List, Name, Number, Part, Setting, String, Value
from specc.vocabulary.families import Hyperparameter
from specc.vocabulary.hyperparameters import Bool, Choice, Float, Int
from specc.vocabulary.part import find_word, words_of

MOST_LOOKED_AT = 10_000
"""Values of a hyperparameter for which a division must be exact: of larger ranges so many, evenly."""


def read_hyper(section: Part | None, reader: Reader) -> tuple[dict[str, HyperValue], Scope]:
    """The hyperparameters with the values in force, and the scope in which `$name` finds them."""
    scope = Scope()
    values: dict[str, HyperValue] = {}
    for statement in section.body.statements if section and section.body else []:
        if isinstance(statement, Part):
            message = f"`hyper` holds settings only, not `{statement.kind}`"
            reader.report.error("E0102", message, statement.span, help="as in `rate = float(0.1)`")
            for name in (statement.kind, statement.name or statement.kind):
                scope.bindings[name] = Binding(None, statement.name_span, "hyperparameter", used=True)
            continue
        if statement.key in scope.bindings:
            labels = (Label(scope.bindings[statement.key].span, "first here"),)
            reader.report.error("E0110", f"`{statement.key}` is declared twice", statement.key_span, labels=labels)
            continue
        try:
            declared, default = _declaration(statement, reader)
            override = reader.overrides.pop(statement.key, None)
            value = _overridden(statement, declared, override, reader) if override else default
        except (Unreadable, NotConstant):
            scope.bindings[statement.key] = Binding(None, statement.key_span, "hyperparameter", used=True)
            continue
        values[statement.key] = HyperValue(declared=declared, value=plain(value))
        scope.bindings[statement.key] = Binding(
            value, statement.key_span, "hyperparameter", _whole_values(declared), options=_others(statement.value, value)
        )
    return values, scope


def every_hyperparameter_is_used(scope: Scope, reader: Reader) -> None:
    for name, binding in scope.bindings.items():
        if not binding.used:
            way_out = f"write `${name}` where its value belongs, or delete it"
            reader.report.error("E0109", f"nothing uses the hyperparameter `{name}`", binding.span, help=way_out)


def _declaration(setting: Setting, reader: Reader) -> tuple[Hyperparameter, Value]:
    value = setting.value
    if not isinstance(value, Call):
        _needs_a_type(setting, reader)
        raise Unreadable
    other = next(parameters_in(value), None)
    if other is not None:
        message = f"`{setting.key}` cannot be made of `${other.name}`: a hyperparameter is a constant"
        reader.report.error("E0105", message, other.span, help="do the arithmetic where it is used: `dense(2 * $width)`")
        raise Unreadable
    found = find_word("hyperparameter", value.word)
    if found is None:
        reader.unknown_word("hyperparameter", value.word, value.word_span)
        raise Unreadable
    if found is Choice:
        return _choice(setting, value, reader)
    declared = reader.call(found, value.arguments, Scope(), value.span)
    assert isinstance(declared, Int | Float | Bool)
    default = next(a for a in value.arguments if a.name in (None, "default")).value
    if isinstance(declared, Int | Float):
        _range_is_sensible(declared, value, reader)
        _is_in_range(setting, declared, default, reader, "E0203")
    return declared, default


def _needs_a_type(setting: Setting, reader: Reader) -> None:
    value = setting.value
    if isinstance(value, Name) and value.text in words_of("hyperparameter"):
        example = {"bool": "bool(true)", "choice": "choice(relu, [relu, tanh])", "int": "int(16, 4 .. 128)"}
        way_out = f"as in `{setting.key} = {example.get(value.text, 'float(0.1, 0.01 .. 1.0)')}`"
        reader.report.error("E0204", f"`{value.text}` needs a default", value.span, help=way_out)
        return
    whole = isinstance(value, Number) and isinstance(value.value, int)
    guess = "int" if whole else "float" if isinstance(value, Number) else "choice"
    way_out = f"as in `{setting.key} = {guess}({_text(value)})`"
    message = f"`{setting.key}` needs a type: {listing(words_of('hyperparameter'))}"
    reader.report.error("E0202", message, value.span, help=way_out)


def _choice(setting: Setting, call: Call, reader: Reader) -> tuple[Hyperparameter, Value]:
    arguments = [a.value for a in call.arguments]
    if len(arguments) != 2 or not isinstance(arguments[1], List) or not arguments[1].items:
        reader.report.error("E0204", "`choice` needs a default and a list", call.span, help="as in `choice(relu, [relu, tanh])`")
        raise Unreadable
    default, options = arguments[0], [_text(item) for item in arguments[1].items]
    if _text(default) not in options:
        reader.report.error(
            "E0203",
            f"the default `{_text(default)}` is not among the choices",
            default.span,
            help=f"they are {listing(options, 'and')}",
        )
        raise Unreadable
    return Choice(default=_text(default), options=tuple(options)), default


def _others(declaration: Value, value: Value) -> tuple[Value, ...]:
    """What a `choice` may take besides the value in force."""
    options = declaration.arguments[1].value if isinstance(declaration, Call) and declaration.word == "choice" else None
    return tuple(item for item in options.items if _text(item) != _text(value)) if isinstance(options, List) else ()


def _overridden(setting: Setting, declared: Hyperparameter, argument: Argument, reader: Reader) -> Value:
    """The value of `--set`, of the declared type and in the declared range."""
    value = reader.evaluator.evaluate(argument.value, Scope())
    wrong = None
    if isinstance(declared, Int):
        wrong = None if isinstance(value, Number) and float(value.value).is_integer() else "a whole number"
        if wrong is None and isinstance(value, Number):
            value = Number(int(value.value), value.span)
    elif isinstance(declared, Float):
        wrong = None if isinstance(value, Number) else "a number"
    elif isinstance(declared, Bool):
        wrong = None if isinstance(value, Name) and value.text in ("true", "false") else "`true` or `false`"
    elif isinstance(declared, Choice) and _text(value) not in declared.options:
        meant = did_you_mean(_text(value), declared.options)
        way_out = f"did you mean `{meant}`?" if meant else f"it is one of {listing(declared.options)}"
        message = f"`{setting.key}` cannot be `{_text(value)}`"
        reader.report.error("E0209", message, argument.value.span, help=way_out, notes=_declared(setting, reader))
        raise Unreadable
    if wrong:
        reader.report.error("E0209", f"`{setting.key}` is {wrong}", argument.value.span, notes=_declared(setting, reader))
        raise Unreadable
    if isinstance(declared, Int | Float):
        _is_in_range(setting, declared, value, reader, "E0209")
    return value


def _declared(setting: Setting, reader: Reader) -> tuple[str]:
    """Where the hyperparameter is declared: a place in the file cannot be marked beside one in a `--set`."""
    place = reader.report.source.place(setting.span.start)
    return (f"declared at {reader.report.source.name}:{place.line}:{place.column}",)


def _range_is_sensible(declared: Int | Float, call: Call, reader: Reader) -> None:
    if declared.scale == "log" and (declared.range is None or declared.range.low <= 0):
        way_out = "as in `float(0.01, 1e-4 .. 1e-1, log)`"
        reader.report.error("E0203", "a `log` scale needs a range above zero", call.span, help=way_out)
        raise Unreadable
    if declared.scale == "log" and declared.written("step"):
        reader.report.error(
            "E0505", "a hyperparameter goes on a `log` scale or in steps, not both", call.span, help="keep one of them"
        )
        raise Unreadable


def _is_in_range(setting: Setting, declared: Int | Float, value: Value, reader: Reader, code: str) -> None:
    if declared.range is None or not isinstance(value, Number):
        return
    low, high = declared.range.low, declared.range.high
    step = declared.step if isinstance(declared, Int) else 1
    if not low <= value.value <= high:
        message = f"`{setting.key}` must lie in {low} .. {high}, got {value.value}"
    elif isinstance(declared, Int) and (value.value - low) % step:
        message = f"`{setting.key}` goes from {low} in steps of {step}, and never is {value.value}"
    else:
        return
    notes = _declared(setting, reader) if value.span.origin else ()
    reader.report.error(code, message, value.span, notes=notes)
    raise Unreadable


def _whole_values(declared: Hyperparameter) -> tuple[int, ...] | None:
    if not isinstance(declared, Int):
        return None
    if declared.range is None:
        return (declared.default,)
    low, step = int(declared.range.low), declared.step
    count = (int(declared.range.high) - low) // step + 1
    looked_at = min(count, MOST_LOOKED_AT)
    return tuple(low + step * (i * count // looked_at) for i in range(looked_at))


def _text(value: Value) -> str:
    """A value as it would be written."""
    match value:
        case Number():
            return str(value.value)
        case String():
            return f'"{value.value}"'
        case Name():
            return value.text
        case List():
            return f"[{', '.join(map(_text, value.items))}]"
        case Call():
            arguments = [f"{a.name} = {_text(a.value)}" if a.name else _text(a.value) for a in value.arguments]
            return f"{value.word}({', '.join(arguments)})"
        case _:
            return "…"


def plain(value: Value) -> Any:
    """A hyperparameter's value for the run's record."""
    if isinstance(value, Number | String):
        return value.value
    text = _text(value)
    return {"true": True, "false": False}.get(text, text)
