"""How pictures look: one palette, quiet axes, no global state."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specc.runs.run import Run

TRAIN, VALIDATION, TEST, MARK = "#4269d0", "#ef8a17", "#3ca951", "#888888"
COLORS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, sizes in inches."""
    return Figure(figsize=(width, height), dpi=120, layout="constrained")


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


def png(figure: Figure) -> bytes:
    """The figure as a PNG file, without a date in it."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: Figure) -> str:
    """The figure as an SVG document."""
    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def keep(run: Run, name: str, figure: Figure) -> None:
    """Writes a figure to the run's pictures."""
    run.folder.write_bytes(f"pictures/{name}.png", png(figure))
