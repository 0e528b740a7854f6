"""The layer table of a spec as HTML, for notebooks."""

from __future__ import annotations

from html import escape

from specc.diagnostics.render import visible
from specc.ir import Spec
from specc.showing.facts import facts_of
from specc.showing.layers import GraphFact, main_pieces, shapes_text
from specc.showing.measures import cost_cells

LEFT, RIGHT = ' style="text-align: left"', ' style="text-align: right"'


def as_html(spec: Spec) -> str:
    """One table a graph: name, what it is, shapes, parameters, multiply-adds and memory of each layer, and their sums."""
    facts = facts_of(spec)
    caption = f"<p><b>{_safe(facts.name)}</b> {_safe(facts.kind)}</p>"
    return "\n".join([caption, *(_table(graph, len(facts.graphs) > 1) for graph in facts.graphs)])


def _table(graph: GraphFact, is_named: bool) -> str:
    names = ("layer", "what", "in → out", "parameters", "multiply-adds", "memory a row")
    rows = [_row(names, "th")]
    for layer in graph.layers:
        what = "".join(text for text, _ in main_pieces(layer))
        rows.append(_row((layer.name, what, shapes_text(layer), *cost_cells(layer.cost)), "td"))
    rows.append(_row(("total", "", "", *cost_cells(graph.cost)), "th"))
    caption = [f"<caption>{_safe(graph.name)}</caption>"] if is_named else []
    return "\n".join(["<table>", *caption, *rows, "</table>"])


def _row(cells: tuple[str, ...], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}{LEFT if i < 3 else RIGHT}>{_safe(cell)}</{tag}>" for i, cell in enumerate(cells)) + "</tr>"


def _safe(text: str) -> str:
    return escape(visible(text))
