"""The spec of a sweep with the best values in the place of its defaults, all else as it was written."""

from __future__ import annotations

from specc.diagnostics import Report, Source
from specc.phrases import plain_text
from specc.runs.sweep.space import Values
from specc.syntax.format import format_text
from specc.syntax.parse import parse_text
from specc.syntax.tree import Call, Part, Setting


def best_spec(text: str, values: Values) -> str:
    """The text of a spec with other defaults of its hyperparameters; in canonical layout where it was."""
    source = Source("best.dn", text)
    tree = parse_text(source, Report(source))
    settings = [
        setting
        for part in tree.statements
        if isinstance(part, Part) and part.kind == "hyper" and part.body is not None
        for setting in part.body.statements
        if isinstance(setting, Setting) and setting.key in values and isinstance(setting.value, Call)
    ]
    changed = text
    for setting in reversed(settings):
        assert isinstance(setting.value, Call)
        default = next(argument.value for argument in setting.value.arguments if argument.name in (None, "default"))
        changed = changed[: default.span.start] + plain_text(values[setting.key]) + changed[default.span.end :]
    return format_text(Source("best.dn", changed)) if format_text(source) == text else changed
