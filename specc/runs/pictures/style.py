"""How pictures look: one palette, quiet axes, margins in inches. Places are computed, not searched for, which takes longer."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.run import Run

TRAIN, VALIDATION, TEST, MARK = "#4269d0", "#ef8a17", "#3ca951", "#888888"
COLORS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
DOTS = 120
"""Dots an inch."""
LINE = 0.16
SMALL_CHARACTER = 0.062
"""Inches of a caption's line, and of a character in it."""
CHARACTER = 0.072
"""Inches that a character of a tick's label takes at most, on average."""


class Margins:
    """What stays free around each panel, in inches."""

    def __init__(self, left: float = 0.68, right: float = 0.2, top: float = 0.36, bottom: float = 0.46) -> None:
        self.left, self.right, self.top, self.bottom = left, right, top, bottom


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, sizes in inches."""
    return Figure(figsize=(width, height), dpi=DOTS)


def panels(
    count: int,
    columns: int,
    width: float,
    height: float,
    around: Margins,
    head: float = 0.0,
    foot: float = 0.0,
    side: float = 0.0,
) -> tuple[Figure, list[Axes]]:
    """A figure of axes of one size in rows; `head` inches stay free above them all, `foot` below, `side` on their left."""
    rows = -(-count // columns)
    across, down = around.left + width + around.right, around.top + height + around.bottom
    figure = new_figure(side + columns * across, head + rows * down + foot)
    whole_width, whole_height = figure.get_size_inches()
    made = []
    for index in range(count):
        row, column = divmod(index, columns)
        left, bottom = side + column * across + around.left, foot + (rows - 1 - row) * down + around.bottom
        made.append(figure.add_axes((left / whole_width, bottom / whole_height, width / whole_width, height / whole_height)))
    return figure, made


def headline(figure: Figure, text: str) -> None:
    """A title at the top left of the whole figure."""
    width, height = figure.get_size_inches()
    figure.text(0.1 / width, 1 - 0.08 / height, text, fontsize=10, fontweight="bold", va="top")


def caption(figure: Figure, text: str) -> None:
    """What a reader must know of the whole figure, below it, in as many lines as it needs."""
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(text, max(30, int((width - 0.2) / SMALL_CHARACTER)))
    higher = height + LINE * (len(lines) - 1)
    for axes in figure.axes:
        left, bottom, across, up = axes.get_position().bounds
        place = (left, (bottom * height + higher - height) / higher, across, up * height / higher)
        axes.set_position(place)
    for words in figure.texts:
        words.set_y((words.get_position()[1] * height + higher - height) / higher)
    figure.set_size_inches(width, higher)
    figure.text(0.1 / width, 0.08 / higher, "\n".join(lines), fontsize=8, va="bottom", color="#777777", linespacing=1.3)


def quiet(axes: Axes, title: str = "", x: str = "", y: str = "") -> None:
    """No box around the axes, a light grid, small labels."""
    axes.set_title(title, fontsize=10, loc="left", fontweight="bold")
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=8, length=3, color="#cccccc")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#cccccc")
    axes.grid(True, color="#eeeeee", linewidth=0.8)
    axes.set_axisbelow(True)


class Written(ScalarFormatter):
    """Numbers written out, all of an axis alike: `0.250`, `64,000`, `1.5M`."""

    def __init__(self) -> None:
        super().__init__(useOffset=False)
        self.set_scientific(False)
        self.largest = 0.0

    def set_locs(self, locs: list[float]) -> None:
        self.largest = max(map(abs, locs), default=0.0)
        super().set_locs(locs)

    def __call__(self, x: float, pos: int | None = None) -> str:
        largest = self.largest
        if largest >= 1e9 or 0 < largest < 1e-3:
            return f"{x:g}".replace("-", "−")
        if largest >= 1e6:
            return f"{x / 1e6:g}M".replace("-", "−")
        return f"{x:,.0f}".replace("-", "−") if largest >= 1e4 else super().__call__(x, pos)


def few_ticks(axes: Axes, x: int = 6, y: int = 5, counted: tuple[bool, bool] = (False, False)) -> None:
    """At most so many ticks on each axis, at round numbers; at whole ones where what it shows is `counted`."""
    for axis, count, whole in zip((axes.xaxis, axes.yaxis), (x, y), counted):
        axis.set_major_locator(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10], integer=whole))
        axis.set_major_formatter(Written())


def shortened(label: str, most: int = 20) -> str:
    """A label that leaves room for the picture: its beginning and its end, which tell numbered ones apart."""
    return label if len(label) <= most else f"{label[: most - 9]}…{label[-8:]}"


def png(figure: Figure) -> bytes:
    """The figure as a PNG file, without a date in it."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: Figure) -> str:
    """The figure as an SVG document."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def keep(run: Run, name: str, figure: Figure) -> None:
    """Writes a figure to the run's pictures."""
    run.folder.write_bytes(f"pictures/{name}.png", png(figure))
