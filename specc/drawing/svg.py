"""A placed drawing as SVG text. Boxes carry their own ground and dark letters; lines and labels are mid grey on any ground."""

from __future__ import annotations

from itertools import pairwise
from xml.sax.saxutils import escape

from specc.diagnostics.render import visible
from specc.drawing.boxes import Box, Item, Path
from specc.drawing.canvas import Canvas

FONT = "ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',Consolas,monospace"
COLORS = {
    "weights": ("#fff3d9", "#d9a441"),
    "light": ("#f4f5f7", "#b3bac4"),
    "shape": ("#f0e9fc", "#a98be0"),
    "merge": ("#e0f4e5", "#62b37a"),
    "source": ("#e3eeff", "#6d9eea"),
    "column": ("#ffffff", "#9dbdf0"),
    "panel": ("#e3eeff", "#6d9eea"),
    "answer": ("#ffe4e1", "#e2857b"),
}
END = 'text-anchor="end"'
INK, FAINT_INK, LINE, LINE_BETWEEN = "#1f2328", "#5b6470", "#87909d", "#4f8edc"


def write_svg(name: str, kind: str, canvas: Canvas) -> str:
    """The drawing as one SVG document."""
    width, height = max(canvas.width, 12.0 * (len(name) + len(kind)) + 60.0), canvas.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}"'
        f' width="{_n(width)}" height="{_n(height)}" font-family="{FONT}" font-size="11" role="img">',
        f"<title>{_safe(f'{name}, {kind}')}</title>",
        f'<text x="20" y="30" font-size="15" font-weight="bold" fill="{LINE}">{_safe(name)}'
        f'<tspan font-size="11" font-weight="normal" dx="8">{_safe(kind)}</tspan></text>',
    ]
    for path in canvas.paths:
        parts += _path(path, 0.0, 0.0)
    for item in canvas.items:
        parts += _item(item, 0.0, 0.0)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _item(item: Item, left: float, top: float) -> list[str]:
    left, top = left + item.x, top + item.y
    parts: list[str] = []
    if item.is_frame:
        if item.label:
            parts += _frame(item, left, top)
        for path in item.paths:
            parts += _path(path, left, top)
        for child in item.children:
            parts += _item(child, left, top)
    elif item.is_panel:
        fill, stroke = COLORS["panel"]
        parts.append(_rectangle(left, top, item.width, item.height, fill, stroke, 8.0, 'class="panel"'))
    for box in item.boxes:
        parts += _box(box, left, top)
    if len(item.boxes) > 1 and not item.is_panel:
        parts.append(_rectangle(left, top, item.width, item.height, "none", "#7d8794", 6.0, 'class="stack"'))
    return parts


def _frame(item: Item, left: float, top: float) -> list[str]:
    dashes = 'stroke-dasharray="6 4" ' if item.times > 1 else ""
    parts = [_rectangle(left, top, item.width, item.height, LINE, LINE, 10.0, f'class="frame" {dashes}fill-opacity="0.09"')]
    parts.append(_text(left + 12, top + 16, item.label, LINE, 'font-weight="bold"'))
    if item.times > 1:
        more = f'{END} font-size="13" font-weight="bold"'
        parts.append(_text(left + item.width - 12, top + 16, f"× {item.times}", LINE_BETWEEN, more))
    return parts


def _box(box: Box, left: float, top: float) -> list[str]:
    x, y = left + box.x, top + box.y
    fill, stroke = COLORS[box.kind]
    radius = box.height / 2 if box.kind in ("column", "answer") else 6.0
    parts = ["<g>", f"<title>{_safe(box.tooltip)}</title>"] if box.tooltip else ["<g>"]
    more = f'class="{box.kind}" data-name="{_safe(box.name)}"'
    parts.append(_rectangle(x, y, box.width, box.height, fill, stroke, radius, more))
    middle = y + (17.0 if box.second else box.height / 2 + 4.0)
    bold = "" if box.kind in ("light", "column") else 'font-weight="bold"'
    if box.kind in ("column", "answer"):
        parts.append(_text(x + box.width / 2, middle, box.first, INK, 'text-anchor="middle"'))
    else:
        parts.append(_text(x + 12, middle, box.first, INK, bold))
    if box.right:
        parts.append(_text(x + box.width - 12, middle, box.right, FAINT_INK, END))
    if box.second:
        parts.append(_text(x + 12, y + 32, box.second, FAINT_INK, 'font-size="10"'))
    return [*parts, "</g>"]


def _text(x: float, y: float, text: str, color: str, more: str = "") -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" {more} fill="{color}">{_safe(text)}</text>'


def _rectangle(x: float, y: float, width: float, height: float, fill: str, stroke: str, radius: float, more: str) -> str:
    place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}"'
    return f'<rect {more} {place} fill="{fill}" stroke="{stroke}"/>'


def _path(path: Path, left: float, top: float) -> list[str]:
    points = [(x + left, y + top) for x, y in path.points]
    color = LINE_BETWEEN if path.between else LINE
    shape = _rounded(points) if path.square else _curved(points)
    dashes = ' stroke-dasharray="5 4"' if path.between else ""
    parts = [f'<path d="{shape}" fill="none" stroke="{color}" stroke-width="1.4"{dashes}/>']
    x, y = points[-1]
    if path.arrow:
        parts.append(f'<path d="M{_n(x - 4)} {_n(y - 7)}L{_n(x + 4)} {_n(y - 7)}L{_n(x)} {_n(y)}Z" fill="{color}"/>')
    if path.both:
        x, y = points[0]
        parts.append(f'<path d="M{_n(x - 4)} {_n(y + 7)}L{_n(x + 4)} {_n(y + 7)}L{_n(x)} {_n(y)}Z" fill="{color}"/>')
    if path.label:
        (x, y), leads_right = points[2 if path.between else 0], points[-1][0] > points[0][0] and not path.between
        more = f'{END if leads_right else ""} font-size="10"'
        parts.append(_text(x + (-6 if leads_right else 6), y + (-6 if path.between else 12), path.label, color, more))
    return parts


def _curved(points: list[tuple[float, float]]) -> str:
    text = f"M{_n(points[0][0])} {_n(points[0][1])}"
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) / 2
        straight = abs(x - to_x) < 0.5
        text += f"L{_n(to_x)} {_n(to_y)}" if straight else f"C{_n(x)} {_n(middle)} {_n(to_x)} {_n(middle)} {_n(to_x)} {_n(to_y)}"
    return text


def _rounded(points: list[tuple[float, float]], radius: float = 7.0) -> str:
    """Straight stretches with rounded corners."""
    text = f"M{_n(points[0][0])} {_n(points[0][1])}"
    for before, corner, after in zip(points, points[1:], points[2:]):
        reach = min(radius, _far(before, corner) / 2, _far(corner, after) / 2)
        a, b = _towards(corner, before, reach), _towards(corner, after, reach)
        text += f"L{_n(a[0])} {_n(a[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(b[0])} {_n(b[1])}"
    return text + f"L{_n(points[-1][0])} {_n(points[-1][1])}"


def _far(a: tuple[float, float], b: tuple[float, float]) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(a: tuple[float, float], b: tuple[float, float], reach: float) -> tuple[float, float]:
    share = reach / (_far(a, b) or 1.0)
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _safe(text: str) -> str:
    """Text for XML: escaped, without control characters."""
    return escape("\n".join(visible(line) for line in text.split("\n")), {'"': "&quot;"})
