"""A spec as a drawing: layers as boxes, uses of blocks as frames, repetitions folded, graphs side by side."""

from __future__ import annotations

from specc.drawing.canvas import arrange
from specc.drawing.outline import outline_of
from specc.drawing.svg import write_svg
from specc.ir import Spec


def draw_svg(spec: Spec) -> str:
    """The drawing of a spec as SVG text, legible on light and on dark ground. Columns stand on top, answers at the bottom."""
    return write_svg(spec.name, spec.model.word, arrange(outline_of(spec)))


__all__ = ["draw_svg"]
