"""What a merge joins: branches in its body, layers by their names, calls that make a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.checking.inherited import settings_are_used, with_settings
from specc.checking.names import Place
from specc.checking.reading import Unreadable
from specc.syntax.tree import Argument, Call, Name, Part
from specc.vocabulary.part import find_word

if TYPE_CHECKING:
    from specc.checking.graph import GraphBuilder


def branches(builder: GraphBuilder, part: Part, arguments: list[Argument], place: Place) -> tuple[str, ...]:
    """The tensors that a merge joins. All branches start from the tensor before it; `shortcut` waits for its siblings."""
    before = builder.it
    tensors: list[str] = []
    for argument in arguments:
        builder.it = before
        tensors.append(_argument_tensor(builder, argument, place))
    place, own = with_settings(part.body.statements if part.body else [], place, builder.report)
    joined = [s for s in (part.body.statements if part.body else []) if isinstance(s, Part)]
    places: list[str | None] = []
    for branch in joined:
        builder.it = before
        if branch.kind == "shortcut" and "shortcut" not in builder.blocks.parts:
            places.append(None)
            continue
        builder.statement(branch, place)
        places.append(builder.current(branch, None))
    siblings = [p for p in places if p is not None]
    for index, branch in enumerate(joined):
        if places[index] is None:
            builder.it = before
            places[index] = _shortcut(builder, branch, siblings, place)
    settings_are_used(own, builder.tensors.nodes, builder.blocks, builder.report)
    builder.it = before
    tensors += [p for p in places if p is not None]
    if len(tensors) < 2:
        way_out = f"as in `{part.kind} {{ dense(8); dense(8) }}` or `{part.kind}(first, second)`"
        builder.report.error(
            "E0112", f"`{part.kind}` joins at least two branches, got {len(tensors)}", part.kind_span, help=way_out
        )
        raise Unreadable
    return tuple(tensors)


def _shortcut(builder: GraphBuilder, part: Part, siblings: list[str], place: Place) -> str:
    before = builder.current(part, None)
    found = find_word("layer", "shortcut")
    assert found is not None
    if not siblings:
        builder.report.error(
            "E0112", "`shortcut` needs a branch beside it", part.span, help="as in `add { conv2d(8, 3); shortcut }`"
        )
        raise Unreadable
    name = builder.tensors.named(part, "shortcut", place)
    path = f"{builder.model}.{place.names.prefix}{name}"
    layer = builder.reader.call(found, part.arguments, place.scope, part.span, path, "shortcut", place.inherited)
    # The second input only lends its shape.
    builder.add(part, name, layer, (before, siblings[0]), place)  # type: ignore[arg-type]
    return builder.current(part, None)


def _argument_tensor(builder: GraphBuilder, argument: Argument, place: Place) -> str:
    """The tensor that an argument of a merge means: a name, or a call that makes one from the current tensor."""
    if argument.name is not None:
        message = f"a merge has no argument `{argument.name}`"
        builder.report.error("E0201", message, argument.name_span, help="it takes layers by name, or branches in a body")
        raise Unreadable
    value = argument.value
    if not isinstance(value, Call):  # the names in a call are looked up when it is read
        value, place = builder.evaluated(value, place)
    if isinstance(value, Name):
        return builder.tensor(value.text, value.span, place)
    if isinstance(value, Call):
        builder.statement(Part(value.word, None, value.arguments, None, value.span, value.word_span, value.word_span), place)
        return builder.current(Part(value.word, None, [], None, value.span, value.word_span, value.word_span), None)
    builder.report.error("E0202", "a merge takes layers' names, or calls that make a tensor", value.span)
    raise Unreadable
