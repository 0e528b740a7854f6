"""The whole drawing: graphs side by side, sources above them, lines between them in lanes of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from specc.drawing.boxes import Item, Path
from specc.drawing.layout import place
from specc.drawing.outline import Outline

MARGIN, HEADLINE = 20.0, 34.0
BETWEEN, LANE = 40.0, 9.0


@dataclass
class Canvas:
    """Items with their places, and the paths between them."""

    width: float = 0.0
    height: float = 0.0
    items: list[Item] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)


def arrange(outline: Outline) -> Canvas:
    """Places everything. A single graph without sources needs no frame around it."""
    canvas = Canvas(items=[*outline.sources, *outline.graphs])
    if len(canvas.items) == 1:
        outline.graphs[0].label = ""
    for item in canvas.items:
        place(item, wrap=True)
    graphs = {graph.key: graph for graph in outline.graphs}
    sources = {source.key: source for source in outline.sources}
    incoming = {key: [line for line in outline.lines if line.target == key and line.source in graphs] for key in graphs}
    from_sources = [line for line in outline.lines if line.source in sources]
    between = [line for line in outline.lines if line.source in graphs]
    heads = max((source.height for source in sources.values()), default=0.0)
    lanes = len(from_sources) + len(between)
    top = MARGIN + HEADLINE + heads + (LANE * (lanes + 2) if lanes else 0.0)
    x = MARGIN
    for graph in outline.graphs:
        x += LANE * len(incoming[graph.key])
        graph.x, graph.y = x, top
        x += graph.width + BETWEEN
    bottom = max((graph.y + graph.height for graph in outline.graphs), default=top)
    _place_sources(outline, graphs)
    canvas.width = max([x - BETWEEN, *(s.x + s.width for s in sources.values())]) + MARGIN
    canvas.height = bottom + MARGIN + (LANE * (len(between) + 1) if between else 0.0)
    lane = top - 2 * LANE
    for line in sorted(from_sources, key=lambda line: sources[line.source].x):
        source, graph = sources[line.source], graphs[line.target]
        start = (source.x + source.width / 2, source.y + source.height)
        end = (graph.x + graph.ports["entry", line.target_tensor], graph.y)
        canvas.paths.append(Path([start, (start[0], lane), (end[0], lane), end], arrow=False, square=True, between=True))
        lane -= LANE
    for index, line in enumerate(between):
        source, graph = graphs[line.source], graphs[line.target]
        tensor = line.source_tensor[len(line.source) + 1 :]
        number = incoming[line.target].index(line)
        start = (source.x + source.ports["exit", _exit_of(source, tensor)], source.y + source.height)
        end = (graph.x + graph.ports["entry", line.target_tensor], graph.y)
        low, gutter = bottom + LANE * (index + 1.5), graph.x - LANE * (number + 1.5)
        points = [start, (start[0], low), (gutter, low), (gutter, lane), (end[0], lane), end]
        canvas.paths.append(Path(points, arrow=False, square=True, between=True, label=tensor))
        lane -= LANE
    return canvas


def _exit_of(graph: Item, tensor: str) -> str:
    """The exit of a graph by a tensor's name: a layer's, or one of its several outputs."""
    return tensor if tensor in graph.exits else tensor.rpartition(".")[0]


def _place_sources(outline: Outline, graphs: dict[str, Item]) -> None:
    """Each source above the middle of those that take it, in a row without overlaps."""
    wanted = []
    for source in outline.sources:
        taken = [(graphs[line.target], line.target_tensor) for line in outline.lines if line.source == source.key]
        ends = [graph.x + graph.ports["entry", tensor] for graph, tensor in taken]
        wanted.append((sum(ends) / len(ends) if ends else 0.0, source))
    wanted.sort(key=lambda pair: pair[0])
    width = sum(source.width for _, source in wanted) + 24.0 * max(0, len(wanted) - 1)
    middle = sum(x for x, _ in wanted) / len(wanted) if wanted else 0.0
    x = max(MARGIN, middle - width / 2)
    for _, source in wanted:
        source.x, source.y = x, MARGIN + HEADLINE
        x += source.width + 24.0
