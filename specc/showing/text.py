"""The facts of a spec as text: aligned and coloured for a terminal, plain lines for a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from specc.costs import BYTES
from specc.diagnostics.render import visible
from specc.shapes import Shape, Size
from specc.showing.columns import ColumnFact, DataFact, short
from specc.showing.facts import SpecFacts
from specc.showing.layers import GraphFact, LayerFact, below_pieces, head_text, main_pieces
from specc.showing.phases import PhaseFact
from specc.showing.profile import ColumnProfile, DataProfile
from specc.showing.words import MARK, Piece, marked, plain_text, text_of

WIDE = 4000
"""The width of a pipe: nothing wraps there."""
STYLES = {"title": "bold", "head": "bold cyan", "dim": "dim", "name": "cyan", "sum": "bold"}


def render(facts: SpecFacts, profile: DataProfile | None = None, width: int | None = None, color: bool = False) -> str:
    """Everything of a spec as text. `width` None: as wide as it needs, without colours and without a space at a line's end."""
    console = Console(
        file=io.StringIO(), width=width or WIDE, force_terminal=color, color_system="standard" if color else None, highlight=False, emoji=False
    )
    for part in _sections(facts, profile):
        console.print(part, soft_wrap=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _sections(facts: SpecFacts, profile: DataProfile | None) -> Iterable[RenderableType]:
    title = Text.assemble((visible(facts.name), STYLES["title"]), (f"  {facts.kind}", STYLES["dim"]))
    if not facts.bound:
        title.append("  without its data: sizes that only the data knows are symbols", style="yellow")
    yield title
    if facts.hyper:
        yield _heading("hyper")
        yield _hyper(facts)
    for graph in facts.graphs:
        yield _heading(graph.name)
        yield _layers(graph)
        yield from _below(layer_phrases(graph))
    if len(facts.graphs) > 1:
        yield Text(f"\n  all graphs: {_count(facts.cost.parameters)} parameters, {_count(facts.cost.multiply_adds)} multiply-adds a row")
    if facts.data is not None:
        yield _heading("data")
        yield from _data(facts.data, profile)
    for phase in facts.phases:
        yield _heading("train" if phase.name == "train" else f"train: phase {phase.name}")
        yield _phase(phase)
    if facts.sweep is not None:
        yield _heading("sweep")
        yield _sweep(facts)
    yield Text(f"\n{MARK} a default that was filled in", style=STYLES["dim"])


def _heading(name: str) -> Text:
    return Text.assemble("\n", (name, STYLES["head"]))


def _text(pieces: Iterable[Piece]) -> Text:
    return Text.assemble(*((visible(text), STYLES["dim"] if default else "") for text, default in pieces))


def _grid(*columns: str, head: bool = True) -> Table:
    """A table without rules; `>` in front of a name sets its column to the right, `~` lets its text fold."""
    table = Table(box=None, show_header=head, header_style=STYLES["dim"], pad_edge=False, padding=(0, 3, 0, 0))
    for name in columns:
        folds = name.startswith("~")
        table.add_column(name.lstrip(">~"), justify="right" if name[:1] == ">" else "left", no_wrap=not folds, overflow="fold")
    return table


def _hyper(facts: SpecFacts) -> RenderableType:
    table = _grid("name", "value", "declared", head=False)
    for fact in facts.hyper:
        table.add_row(Text(fact.name, STYLES["name"]), visible(plain_text(fact.value)), _text(marked(fact.declared)))
    return _indented(table)


def layer_phrases(graph: GraphFact) -> list:
    return [(layer.name, layer.phrase) for layer in graph.layers]


def _layers(graph: GraphFact) -> RenderableType:
    table = _grid("layer", "~what", "in → out", ">parameters", ">multiply-adds", ">memory a row")
    scope: tuple[str, ...] = ()
    for layer in graph.layers:
        for depth in range(len(layer.scope)):
            if layer.scope[: depth + 1] != scope[: depth + 1]:
                table.add_row(Text("  " * depth + layer.scope[depth], STYLES["dim"]))
        scope = layer.scope
        name = Text("  " * len(scope) + layer.name.rpartition(".")[2], STYLES["name"])
        cost = layer.cost
        table.add_row(name, _text(main_pieces(layer)), _shapes(layer), _count(cost.parameters), _count(cost.multiply_adds), _memory(cost.numbers))
    total = graph.cost
    cells = ("total", f"{_memory(total.parameters)} of weights", "", _count(total.parameters), _count(total.multiply_adds), _memory(total.numbers))
    table.add_row(*(Text(cell, STYLES["sum"]) for cell in cells))
    return _indented(table)


def _shapes(layer: LayerFact) -> Text:
    outputs = [f"{name}: {shape}" if name else str(shape) for name, shape in layer.after.items()]
    before = " + ".join(_runs(layer.before))
    if not layer.before and layer.takes:
        before = f"{len(layer.takes)} column{'s' if len(layer.takes) != 1 else ''}"
    return Text(f"{before} → {', '.join(outputs)}" if before else ", ".join(outputs))


def _runs(shapes: tuple[Shape, ...]) -> list[str]:
    """Shapes as text, equal neighbours once: `2 × [N, 8]`."""
    found: list[tuple[str, int]] = []
    for text in map(str, shapes):
        found = [*found[:-1], (text, found[-1][1] + 1)] if found and found[-1][0] == text else [*found, (text, 1)]
    return [text if count == 1 else f"{count} × {text}" for text, count in found]


def _count(size: Size, unit: str = "") -> str:
    """`4,160`; of a size that the data decides the whole term, or of a long one what is known: `512 + …`."""
    if isinstance(size, int):
        return f"{size:,}{unit}"
    text = str(size)
    if len(text) <= 22:
        return f"{text}{unit}"
    known = size.terms.get("", 0)
    return f"{known:,}{unit} + …" if known > 0 else "…"


def _memory(numbers: Size) -> str:
    """Bytes of float32 numbers: `64 B`, `1.6 KiB`, `12 MiB`."""
    size = numbers * BYTES
    if not isinstance(size, int):
        return _count(size, " B")
    value, units = float(size), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:.0f} {units[0]}" if value >= 100 or units[0] == "B" else f"{value:.1f} {units[0]}"


def _below(phrases: list) -> Iterable[RenderableType]:
    """The defaults of the words of a table, a line a word."""
    found = below_pieces(phrases)
    if not found:
        return
    table = _grid("word", "~defaults", head=False)
    for word, line in found:
        table.add_row(Text(word, STYLES["dim"]), _text(line))
    yield Text("")
    yield _indented(table)


def _indented(table: RenderableType) -> RenderableType:
    return Padding(table, (0, 0, 0, 2), expand=False)


def _data(data: DataFact, profile: DataProfile | None) -> Iterable[RenderableType]:
    top = _grid("name", "~value", head=False)
    top.add_row(Text("source", STYLES["name"]), _text(marked(data.source)))
    for path, digest in data.files.items():
        top.add_row(Text("file", STYLES["name"]), Text.assemble(visible(path), (f"  sha256 {digest[:12]}…", STYLES["dim"])))
    if data.rows:
        counts = ", ".join(f"{name} {count:,}" for name, count in data.rows.items())
        top.add_row(Text("rows", STYLES["name"]), f"{sum(data.rows.values()):,}: {counts}")
    top.add_row(Text("split", STYLES["name"]), _text(marked(data.split, data.split_default)))
    for change in data.augment:
        top.add_row(Text("augment", STYLES["name"]), _text(marked(change)))
    for target in data.targets:
        top.add_row(Text("target", STYLES["name"]), f"{visible(target.column)}: {head_text(target.head, target.units)}")
    if profile is not None and profile.left_out:
        top.add_row(Text("left out", STYLES["name"]), Text(visible(", ".join(profile.left_out))))
    yield _indented(top)
    yield Text("")
    yield _indented(_columns(data.columns, profile))
    yield from _below([(column.name, column.phrase) for column in data.columns])


def _columns(columns: tuple[ColumnFact, ...], profile: DataProfile | None) -> RenderableType:
    measured = profile.columns if profile is not None else {}
    numbers = any(m.minimum is not None for m in measured.values())
    names = ["column", "kind", "~way"]
    names += [">missing"] if measured else []
    names += [">min", ">mean", ">max"] if numbers else []
    table = _grid(*names, "~labels")
    for column in columns:
        found = measured.get(column.name, ColumnProfile())
        way = Text(visible(" → ".join(column.way) or "as it is"))
        kind = _kind(column)
        row: list[RenderableType] = [Text(visible(column.name), STYLES["name"]), kind, way]
        row += [_count(found.missing) if found.missing is not None else ""] if measured else []
        row += [short(found.minimum), short(found.mean), short(found.maximum)] if numbers else []
        table.add_row(*row, _labels(column, found))
    return table


def _kind(column: ColumnFact) -> str:
    """`image [1, 28, 28]`, `category, target`."""
    size = [text_of(a.value) for a in column.phrase.arguments if a.name == "size"]
    return " ".join([column.phrase.word, *size]) + ("" if column.role == "feature" else f", {column.role}")


def _labels(column: ColumnFact, found: ColumnProfile, most: int = 8) -> Text:
    counts = found.labels or dict.fromkeys(column.labels or ())
    shown = [visible(label) + (f" {count:,}" if count is not None else "") for label, count in list(counts.items())[:most]]
    more = len(counts) - len(shown)
    return Text(" · ".join(shown) + (f" · {more} more" if more > 0 else ""))


def _phase(phase: PhaseFact) -> RenderableType:
    table = _grid("name", "~value", head=False)
    for fact in phase.settings:
        value = _text(marked(fact.value, fact.default))
        if fact.note:
            value.append(f"  {fact.note}", style=STYLES["dim"])
        table.add_row(Text(fact.name, STYLES["name"]), value)
    return _indented(table)


def _sweep(facts: SpecFacts) -> RenderableType:
    assert facts.sweep is not None
    table = _grid("name", "~value", head=False)
    table.add_row(Text("objective", STYLES["name"]), _text(marked(facts.sweep.objective)))
    table.add_row(Text("trials", STYLES["name"]), _text(marked(facts.sweep.trials, facts.sweep.trials_default)))
    for fact in facts.hyper:
        table.add_row(Text(fact.name, STYLES["name"]), text_of(fact.declared))
    return _indented(table)
