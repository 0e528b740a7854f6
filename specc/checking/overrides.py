"""`--set path=value`: parsed like the spec itself, each value with its place in the argument's text."""

from __future__ import annotations

from collections.abc import Iterable

from specc.checking.reading import Reader
from specc.diagnostics import Diagnostic, Report, Source, Span, did_you_mean, fail, listing
from specc.syntax.parse import parse_text
from specc.syntax.tree import Argument, Setting


def parse_overrides(texts: list[str]) -> dict[str, Argument]:
    """The values by path. A later one of the same path wins. Raises `SpecError`."""
    overrides: dict[str, Argument] = {}
    for text in texts:
        source = Source("--set", text)
        report = Report(source)
        whole = Span(0, len(text), text)
        wrong_form = Diagnostic("E0211", "`--set` takes `path=value`", whole, help="as in `--set train.epochs=5`")
        if "=" not in text:
            raise fail(source, wrong_form)
        tree = parse_text(source, report)
        report.raise_errors()
        if len(tree.statements) != 1 or not isinstance(tree.statements[0], Setting):
            raise fail(source, wrong_form)
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


def every_override_is_used(reader: Reader, hyper: Iterable[str]) -> None:
    """Reports the paths of `--set` that lead to no setting."""
    if not reader.overrides:
        return
    settings = [f"{path}.{name}" for path, (_, names) in reader.words.items() for name in names]
    for path, argument in reader.overrides.items():
        head, _, last = path.rpartition(".")
        above, _, unset = head.rpartition(".")
        message, way_out = f"no setting of the spec has the path `{path}`", ""
        if not head:
            message = f"there is no hyperparameter `{path}`"
            meant = did_you_mean(path, hyper) or next((s for s in settings if s.endswith("." + path)), None)
            way_out = f"did you mean `{meant}`?" if meant else "hyperparameters are declared in `hyper { … }`"
        elif head in reader.words:
            word, names = reader.words[head]
            message = f"`{word}` has no setting `{last}`" if word == head else f"`{head}` is `{word}`, which has no `{last}`"
            meant = did_you_mean(last, names)
            way_out = f"did you mean `{head}.{meant}`?" if meant else f"it takes {listing(names, 'and')}" if names else ""
        elif above in reader.words and unset in reader.words[above][1]:
            message = f"the spec does not set `{head}`, and so it has no `{last}` to change"
            below = next((s for s in settings if s.startswith(above + ".") and s.endswith(f".{unset}.{last}")), None)
            way_out = f"did you mean `{below}`?" if below else f"give it whole: `--set '{head}=…'`"
        else:
            meant = did_you_mean(path, settings)
            section = path.partition(".")[0]
            missing = not any(known == section or known.startswith(section + ".") for known in reader.words)
            way_out = f"the spec has no `{section}`" if missing else "a path is a section and a setting, as in `train.epochs`"
            way_out = f"did you mean `{meant}`?" if meant else way_out
        reader.report.error("E0211", message, argument.name_span, help=way_out)
