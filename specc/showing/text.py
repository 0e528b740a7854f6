"""The facts of a spec as text: aligned and coloured for a terminal, plain lines for a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from specc.diagnostics.render import visible
from specc.phrases import MARK, Phrase, Piece, marked, plain_text, text_of
from specc.showing.columns import ColumnFact, DataFact
from specc.showing.facts import SpecFacts
from specc.showing.grid import Grid
from specc.showing.layers import GraphFact, LayerFact, below_pieces, gives_text, head_text, main_pieces, shapes_text
from specc.showing.measures import cost_cells, count, memory, short
from specc.showing.phases import PhaseFact
from specc.showing.profile import ColumnProfile, DataProfile
from specc.showing.stages import folded

WIDE = 4000
"""The width of a pipe: nothing wraps there."""


def render(facts: SpecFacts, profile: DataProfile | None = None, width: int | None = None, color: bool = False) -> str:
    """Everything of a spec as text. `width` None: as wide as it needs, a line a row. No line ends in a space."""
    file, colors = io.StringIO(), "standard" if color else None
    console = Console(file=file, width=width or WIDE, force_terminal=color, color_system=colors, highlight=False, emoji=False)
    for part in _sections(facts, profile, console.width):
        lines = part.lines(console.width) if isinstance(part, Grid) else [part]
        for line in lines:
            if width is None and isinstance(line, Text):
                file.write(line.plain + "\n")
            else:
                console.print(line)
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))


def _sections(facts: SpecFacts, profile: DataProfile | None, width: int) -> Iterator[Text | Grid]:
    title = Text.assemble((visible(facts.name), "bold"), (f"  {facts.kind}", "dim"))
    if not facts.bound:
        title.append("  without its data: sizes that only the data knows are symbols", style="yellow")
    yield title
    if facts.hyper:
        yield _heading("hyper")
        yield _hyper(facts)
    for graph in facts.graphs:
        yield _heading(graph.name)
        layers = _layers(graph)
        yield layers if layers.fits(width) else _narrow_layers(graph)
        yield from _below([(layer.name, layer.phrase) for layer in graph.layers])
    if len(facts.graphs) > 1:
        parameters, adds, numbers = cost_cells(facts.cost)
        yield Text(f"\n  all graphs: {parameters} parameters, {adds} multiply-adds and {numbers} a row")
    if facts.data is not None:
        yield _heading("data")
        yield _top(facts.data, profile)
        yield Text("")
        columns = _columns(facts.data.columns, profile)
        yield columns if columns.fits(width) else _narrow_columns(facts.data.columns, profile)
        yield from _below([(column.name, column.phrase) for column in facts.data.columns])
    for phase in folded(facts.phases):
        yield _heading("train" if phase.name == "train" else f"train: phase {phase.name}")
        yield _phase(phase)
    if facts.sweep is not None:
        yield _heading("sweep")
        yield _sweep(facts)
    yield Text(f"\n{MARK} a default that was filled in", style="dim")


def _heading(name: str) -> Text:
    return Text.assemble("\n", (name, "bold cyan"))


def _text(pieces: Iterable[Piece]) -> Text:
    return Text.assemble(*((visible(text), "dim" if default else "") for text, default in pieces))


def _name(name: str) -> Text:
    return Text(visible(name), "cyan")


def _hyper(facts: SpecFacts) -> Grid:
    grid = Grid("", "", "")
    for fact in facts.hyper:
        grid.add(_name(fact.name), visible(plain_text(fact.value)), _text(marked(fact.declared)))
    return grid


def _layers(graph: GraphFact) -> Grid:
    """A row a layer, under the names of the blocks that it stands in."""
    grid = Grid("layer", "what", "in → out", ">parameters", ">multiply-adds", ">memory a row")
    for layer, scopes in _with_scopes(graph):
        for depth, name in scopes:
            grid.add(Text("  " * depth + name, "dim"))
        name = Text("  " * len(layer.scope)) + _name(layer.name.rpartition(".")[2])
        grid.add(name, _text(main_pieces(layer)), Text(shapes_text(layer)), *cost_cells(layer.cost))
    grid.add(*_bold("total", f"{memory(graph.cost.parameters)} of weights", "", *cost_cells(graph.cost)))
    return grid


def _narrow_layers(graph: GraphFact) -> Grid:
    """The same with what a layer is below its name, and only the shape that comes out of it."""
    grid = Grid("layer", "gives", ">parameters", ">mult-adds", ">memory")
    for layer, scopes in _with_scopes(graph):
        for depth, name in scopes:
            grid.add(Text("  " * depth + name, "dim"))
        name, what, indent = layer.name.rpartition(".")[2], _text(main_pieces(layer)), "  " * len(layer.scope)
        cell = Text(indent) + _name(name)
        if what.plain != name.rpartition("_")[0]:
            cell = cell + Text(f"\n{indent}  ") + what
        grid.add(cell, gives_text(layer), *cost_cells(layer.cost))
    grid.add(*_bold(f"total, {memory(graph.cost.parameters)} of weights", "", *cost_cells(graph.cost)))
    return grid


def _with_scopes(graph: GraphFact) -> Iterator[tuple[LayerFact, list[tuple[int, str]]]]:
    """Each layer with the blocks that begin with it, by their depth."""
    scope: tuple[str, ...] = ()
    for layer in graph.layers:
        yield layer, [(d, name) for d, name in enumerate(layer.scope) if layer.scope[: d + 1] != scope[: d + 1]]
        scope = layer.scope


def _bold(*cells: str) -> list[Text]:
    return [Text(cell, "bold") for cell in cells]


def _below(phrases: list[tuple[str, Phrase]]) -> Iterator[Text | Grid]:
    """The defaults of the words of a table, a line a word."""
    found = below_pieces(phrases)
    if not found:
        return
    grid = Grid("", "")
    for word, line in found:
        grid.add(Text(word, "dim"), _text(line))
    yield Text("")
    yield grid


def _top(data: DataFact, profile: DataProfile | None) -> Grid:
    grid = Grid("", "")
    grid.add(_name("source"), _text(marked(data.source)))
    for path, digest in data.files.items():
        grid.add(_name("file"), Text.assemble(visible(path), (f"  sha256 {digest[:12]}…", "dim")))
    if data.rows:
        counts = [f"{name} {rows:,}" for name, rows in data.rows.items()] + list(profile.notes if profile is not None else ())
        total = profile.rows if profile is not None else sum(data.rows.values())
        grid.add(_name("rows"), f"{total:,}: {', '.join(counts)}")
    grid.add(_name("split"), _text(marked(data.split, data.split_default)))
    for change in data.augment:
        grid.add(_name("augment"), _text(marked(change)))
    for target in data.targets:
        grid.add(_name("target"), f"{visible(target.column)}: {head_text(target.head, target.units)}")
    if profile is not None and profile.left_out:
        grid.add(_name("left out"), visible(", ".join(profile.left_out)))
    return grid


def _columns(columns: tuple[ColumnFact, ...], profile: DataProfile | None) -> Grid:
    """A row a column: its way to the network, and what was measured of it."""
    measured = profile.columns if profile is not None else {}
    numbers = any(m.minimum is not None for m in measured.values())
    names = ["column", "kind", "way"]
    names += [">missing"] if measured else []
    names += [">min", ">mean", ">max"] if numbers else []
    grid = Grid(*names, "labels")
    for column in columns:
        found = measured.get(column.name, ColumnProfile())
        row: list[Text | str] = [_name(column.name), _kind(column), _way(column)]
        row += [count(found.missing) if found.missing is not None else ""] if measured else []
        row += [short(found.minimum), short(found.mean), short(found.maximum)] if numbers else []
        grid.add(*row, _labels(column, found))
    return grid


def _narrow_columns(columns: tuple[ColumnFact, ...], profile: DataProfile | None) -> Grid:
    """The same with what was measured below the way."""
    grid = Grid("column", "kind", "way")
    for column in columns:
        found = profile.columns.get(column.name, ColumnProfile()) if profile is not None else ColumnProfile()
        spread = f"{short(found.minimum)} … {short(found.maximum)}, mean {short(found.mean)}" if found.minimum is not None else ""
        missing = f"{found.missing:,} missing" if found.missing else ""
        below = ", ".join(filter(None, [_labels(column, found).plain, spread, missing]))
        grid.add(_name(column.name), _kind(column), _way(column).append(f"\n{below}" if below else "", "dim"))
    return grid


def _way(column: ColumnFact) -> Text:
    by = f", as fitted by {column.fitted_by}" if column.fitted_by is not None else ""
    return Text.assemble(visible(" → ".join(column.way) or "as it is"), (visible(by), "dim"))


def _kind(column: ColumnFact) -> str:
    """`image [1, 28, 28]`, `category, target`."""
    size = [text_of(a.value) for a in column.phrase.arguments if a.name == "size"]
    return " ".join([column.phrase.word, *size]) + ("" if column.role == "feature" else f", {column.role}")


def _labels(column: ColumnFact, found: ColumnProfile, most: int = 12) -> Text:
    counts = found.labels or dict.fromkeys(column.labels or ())
    shown = [visible(label[:40]) + (f": {rows:,}" if rows is not None else "") for label, rows in list(counts.items())[:most]]
    more = len(counts) - len(shown)
    return Text(" · ".join(shown) + (f" · {more} more" if more > 0 else ""))


def _phase(phase: PhaseFact) -> Grid:
    grid = Grid("", "")
    for fact in phase.settings:
        value = _text(marked(fact.value, fact.default))
        if fact.note:
            value.append(f"  {fact.note}", style="dim")
        grid.add(_name(fact.name), value)
    return grid


def _sweep(facts: SpecFacts) -> Grid:
    assert facts.sweep is not None
    grid = Grid("", "")
    grid.add(_name("objective"), _text(marked(facts.sweep.objective)))
    grid.add(_name("trials"), _text(marked(facts.sweep.trials, facts.sweep.trials_default)))
    grid.add(_name("prune"), _text(marked(facts.sweep.prune, facts.sweep.prune_default)))
    for fact in facts.hyper:
        searched = [a for a in fact.declared.arguments if a.name in ("range", "options", "scale") and a.value is not None]
        text = ", ".join(text_of(a.value) for a in searched if a.value != "linear")
        grid.add(_name(fact.name), text or "not searched: it has no range")
    return grid
