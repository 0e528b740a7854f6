"""Settings in the body of a graph, which the layers below it take: `init = he_normal`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from specc.checking.expansion import Blocks
from specc.checking.names import Place
from specc.checking.reading import Inherited, Reader
from specc.checking.values import Scope
from specc.diagnostics import Label, Report, did_you_mean
from specc.ir import Node
from specc.syntax.tree import Argument, Call, Setting, Statement
from specc.vocabulary.part import find_word


def with_overrides(graph: str, statements: list[Statement], scope: Scope, reader: Reader) -> list[Statement]:
    """The statements with the settings of the whole graph that `--set` gives: `network.init=he_normal`."""
    keys = [path.partition(".")[2] for path in reader.overrides if path.startswith(graph + ".") and path.count(".") == 1]
    for key in keys:
        override = reader.override(f"{graph}.{key}")
        assert override is not None
        replaced = [s for s in statements if isinstance(s, Setting) and s.key == key]
        for setting in replaced:
            reader.evaluator.use(setting.value, scope)
        given = Setting(key, override.value, override.span, override.name_span)
        statements = [given, *(s for s in statements if s not in replaced)]
    return statements


def with_settings(statements: Sequence[Statement], place: Place, report: Report) -> tuple[Place, dict[str, Inherited]]:
    """The place below the settings of a body, and these settings by name."""
    own: dict[str, Inherited] = {}
    for statement in statements:
        if not isinstance(statement, Setting):
            continue
        argument = Argument(statement.key, statement.value, statement.span, statement.key_span)
        if statement.key in own:
            first = Label(own[statement.key].argument.span, "first here")
            report.error("E0110", f"`{statement.key}` is set twice", statement.key_span, labels=(first,))
        own[statement.key] = Inherited(argument, place.scope)
    return replace(place, inherited={**place.inherited, **own}) if own else place, own


def settings_are_used(own: dict[str, Inherited], nodes: Sequence[Node], blocks: Blocks, report: Report) -> None:
    """A setting that no layer below took is a mistake."""
    for key, setting in own.items():
        if setting.used or report.has_errors:
            continue  # a layer that could not be read may be the one that it is for
        fields = {name for kind in {type(node.layer) for node in nodes} for name in kind.model_fields}
        meant = did_you_mean(key, fields)
        way_out = f"did you mean `{meant}`?" if meant else ""
        if key in fields:
            way_out = "every layer that could has its own"
        value = setting.argument.value
        if isinstance(value, Call) and (find_word("layer", value.word) or value.word in blocks.parts):
            way_out = f"a layer's name stands in front of its arguments: `{value.word} {key}(…)`"
        report.error("E0210", f"no layer below uses the setting `{key}`", setting.argument.name_span, help=way_out)
