"""`--set path=value`: parsed like the spec itself, each value with its place in the argument's text."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Report, Source, Span, did_you_mean, fail
from specc.syntax.parse import parse_text
from specc.syntax.tree import Argument, Setting


def parse_overrides(texts: list[str]) -> dict[str, Argument]:
    """The values by path. A later one of the same path wins. Raises `SpecError`."""
    overrides: dict[str, Argument] = {}
    for text in texts:
        source = Source("--set", text)
        report = Report(source)
        tree = parse_text(source, report)
        report.raise_errors()
        if len(tree.statements) != 1 or not isinstance(tree.statements[0], Setting):
            raise fail(source, Diagnostic("E0211", "`--set` takes `path=value`", Span(0, len(text)), help="as in `--set train.epochs=5`"))
        setting = tree.statements[0]
        _mark_origin(setting, text)
        overrides[setting.key] = Argument(setting.key.rpartition(".")[2], setting.value, setting.span, setting.key_span)
    return overrides


def _mark_origin(node: object, text: str) -> None:
    """Says of every span below `node` that it points into the argument."""
    for name in getattr(type(node), "__slots__", ()):
        value = getattr(node, name)
        if isinstance(value, Span):
            setattr(node, name, Span(value.start, value.end, text))
        for child in value if isinstance(value, list) and not isinstance(value, Span) else [value]:
            if hasattr(type(child), "__slots__") and not isinstance(child, Span | str | int | float):
                _mark_origin(child, text)


def every_override_is_used(left: dict[str, Argument], known: list[str], report: Report) -> None:
    """Reports the paths that lead to no setting."""
    for path, argument in left.items():
        meant = did_you_mean(path, known)
        if "." not in path:
            way_out = f"did you mean `{meant}`?" if meant else "hyperparameters are declared in `hyper { … }`"
            report.error("E0211", f"there is no hyperparameter `{path}`", argument.name_span, help=way_out)
            continue
        way_out = f"did you mean `{meant}`?" if meant else "a path is a section and a setting, as in `train.epochs`"
        report.error("E0211", f"no setting of the spec has the path `{path}`", argument.name_span, help=way_out)


