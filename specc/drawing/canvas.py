"""The whole drawing: graphs side by side, lines between them in lanes of their own."""

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
    """Places everything. A single graph needs no frame around it."""
    canvas = Canvas(items=[*outline.graphs])
    if len(canvas.items) == 1:
        outline.graphs[0].label = ""
    for item in canvas.items:
        place(item, wrap=True)
    graphs = {graph.key: graph for graph in outline.graphs}
    incoming = {key: [line for line in outline.lines if line.target == key and line.source in graphs] for key in graphs}
    between = [line for line in outline.lines if line.source in graphs]
    top = MARGIN + HEADLINE + (LANE * (len(between) + 2) if between else 0.0)
    x = MARGIN
    for graph in outline.graphs:
        x += LANE * len(incoming[graph.key])
        graph.x, graph.y = x, top
        x += graph.width + BETWEEN
    bottom = max((graph.y + graph.height for graph in outline.graphs), default=top)
    canvas.width = x - BETWEEN + MARGIN
    canvas.height = bottom + MARGIN + (LANE * (len(between) + 1) if between else 0.0)
    lane = top - 2 * LANE
    for index, line in enumerate(between):
        source, graph = graphs[line.source], graphs[line.target]
        number = incoming[line.target].index(line)
        start = (source.x + source.ports["exit", _exit_of(source, line.source_tensor)], source.y + source.height)
        end = (graph.x + graph.ports["entry", line.target_tensor], graph.y)
        low, gutter = bottom + LANE * (index + 1.5), graph.x - LANE * (number + 1.5)
        points = [start, (start[0], low), (gutter, low), (gutter, lane), (end[0], lane), end]
        label = line.source_tensor[len(line.source) + 1 :]
        canvas.paths.append(Path(points, arrow=False, square=True, between=True, label=label))
        lane -= LANE
    return canvas


def _exit_of(graph: Item, tensor: str) -> str:
    """The exit of a graph by a tensor's name: a layer's, or one of its several outputs."""
    return tensor if tensor in graph.exits else tensor.rpartition(".")[0]
